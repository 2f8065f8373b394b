"""How the result of a tool becomes a resource: an address, a reader, and an etag that costs no request."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import NamedTuple

from mcp.shared.uri_template import UriTemplate
from mcp.types import Annotations, Resource, ResourceTemplate
from pydantic import BaseModel

from toggl_mcp.completions import Completer
from toggl_mcp.icons import draw_icon
from toggl_mcp.models.base import is_id
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import CallContext

JSON = "application/json"
SCHEME = "toggl://"
AUDIENCE = ("user", "assistant")
NO_VALUE = ""
"""What a resource without a variable is read with."""


class ResourceItem(NamedTuple):
    """A resource that a template lists: the value of its variable there, and what hosts show of it."""

    value: str
    title: str
    description: str


@dataclass(frozen=True)
class ResourceSpec:
    """A resource, or a template of one variable.

    Attributes:
        uri: Its address, or the template of it (RFC 6570).
        title: Its title for a person.
        icon: The path of its icon.
        priority: How important it is, 0 to 1.
        read: Returns what a tool returns, for a value of the variable; its docstring describes the resource.
        make_etag: Returns what changes with the body, from the cache alone; None where that cannot tell.
        examples: Values of the variable that are listed as resources, with their titles.
        list_items: Returns the items that are listed besides, from the cache alone; their values are ids.
        complete: Returns values of the variable.
    """

    uri: str
    title: str
    icon: str
    priority: float
    read: Callable[[str, CallContext], Awaitable[BaseModel]]
    make_etag: Callable[[str, CallContext], Awaitable[str | None]]
    examples: Mapping[str, str] = field(default_factory=dict[str, str])
    list_items: Callable[[CallContext], Awaitable[Sequence[ResourceItem]]] | None = None
    complete: Completer | None = None

    @cached_property
    def template(self) -> UriTemplate:
        """Its address as a template."""
        return UriTemplate.parse(self.uri)

    @property
    def name(self) -> str:
        """Its name."""
        return self.uri.removeprefix(SCHEME).partition("/")[0]

    @property
    def description(self) -> str:
        """What it has."""
        return (self.read.__doc__ or "").strip()

    @property
    def is_template(self) -> bool:
        """Whether its address has a variable."""
        return UriTemplate.is_template(self.uri)

    def match(self, uri: str) -> str | None:
        """Return the value of the variable in an address; None if the address is of another resource."""
        values = self.template.match(uri)
        return None if values is None else str(next(iter(values.values()), NO_VALUE))

    @property
    def constant_values(self) -> Mapping[str, str]:
        """The values of the variable that are always listed as resources, with their titles."""
        return self.examples if self.is_template else {NO_VALUE: self.title}

    def may_list(self, value: str) -> bool:
        """Tell whether lists may have the resource of a value."""
        return value in self.constant_values or (self.list_items is not None and is_id(value))

    def list_constant_resources(self) -> list[Resource]:
        """Return it as hosts list it, or its examples."""
        return [
            self.to_resource(ResourceItem(value, title, self.description), value or self.name)
            for value, title in self.constant_values.items()
        ]

    def to_resource(self, item: ResourceItem, name: str | None = None) -> Resource:
        """Return the resource of an item as hosts list it; its name is the title if it has no other."""
        return Resource(
            uri=self.template.expand(dict.fromkeys(self.template.variable_names, item.value)),
            name=name or item.title,
            title=item.title,
            description=item.description,
            mime_type=JSON,
            icons=[draw_icon(self.icon)],
            annotations=self._annotations,
        )

    def to_template(self) -> ResourceTemplate:
        """Return it as hosts list templates."""
        return ResourceTemplate(
            uri_template=self.uri,
            name=self.name,
            title=self.title,
            description=self.description,
            mime_type=JSON,
            icons=[draw_icon(self.icon)],
            annotations=self._annotations,
        )

    @property
    def _annotations(self) -> Annotations:
        return Annotations(audience=[*AUDIENCE], priority=self.priority)


def digest(*parts: str) -> str:
    """Return an etag of these texts."""
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


async def list_cached_entries(matches: Callable[[TimeEntry], bool], call: CallContext) -> list[TimeEntry] | None:
    """Return the cached entries that match, by id; None if none are cached."""
    collection = await call.toggl.entry_cache.any_age_or_none()
    return collection and [entry for _, entry in sorted(collection.items.items()) if matches(entry)]


def dump_models(models: Iterable[BaseModel]) -> list[str]:
    """Return models as texts, without when Toggl changed them, which nobody sees."""
    return [model.model_dump_json(exclude={"updated_at"}) for model in models]
