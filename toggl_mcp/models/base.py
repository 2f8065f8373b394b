"""What Toggl's entities have in common, and what request bodies and arguments have."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeVar

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.models.text import clean_text, require_one_line

MAX_ID = 2**53 - 1
"""The largest number that every JSON reader keeps exact."""

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
Name = Annotated[
    str, Field(min_length=1, max_length=255), BeforeValidator(clean_text), AfterValidator(require_one_line)
]
Text = Annotated[str, Field(max_length=2000), BeforeValidator(clean_text)]
REF_NONE = "0"
"""The `Ref` that means none."""
ResourceKind = Literal["client", "project", "task", "tag"]
RESOURCE_KINDS: tuple[ResourceKind, ...] = ("client", "project", "task", "tag")
"""What an entry can refer to."""
Source = Literal["toggl", "cache", "mixed", "stale"]
"""Where data was read from; stale: from the cache after its time, because Toggl could not be read."""
Status = Literal["active", "archived", "both"]
"""Which of the clients, projects or tasks a list has."""
Absent = SkipJsonSchema[None]
"""The type of an omitted value: null counts as omitted, and the schema has no null."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def parse_stored(model: type[ModelT], text: str | None) -> ModelT | None:
    """Return the model of a stored text; None if there is none, or another version has written it in another form."""
    try:
        return None if text is None else model.model_validate_json(text)
    except ValidationError:
        return None


@cache
def _list_fields(model: type[BaseModel]) -> set[str]:
    """Return the names of a model's fields, in the type that pydantic has for those that were given."""
    return {*model.model_fields}


class Position(NamedTuple):
    """A place in an order of names (folded) or of starts; the id orders equal ones."""

    name: str
    item_id: int


class WorkspaceResource(BaseModel, frozen=True):
    """An entity of a workspace, with these fields and no others: Toggl sends secrets in some."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True, defer_build=True)

    FIELDS_OF_TOGGL: ClassVar[frozenset[str]] = frozenset(("id", "workspace_id", "updated_at"))
    """The fields that no change can give it."""

    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    workspace_id: int = Field(ge=0, le=MAX_ID, validation_alias=AliasChoices("workspace_id", "wid"))

    def model_post_init(self, context: object, /) -> None:
        """Count every field as given, in a set that all share: one of its own takes more memory than the fields."""
        del context
        object.__setattr__(self, "__pydantic_fields_set__", _list_fields(type(self)))

    def content(self) -> dict[str, Any]:
        """Return what a change can give it; a value that is empty counts as none."""
        names = type(self).model_fields.keys() - self.FIELDS_OF_TOGGL
        return {name: getattr(self, name) or None for name in names}

    def find_differences(self, expected: Self) -> dict[str, Any]:
        """Return the fields, with this one's values, in which it differs from another."""
        expected_content = expected.content()
        return {name: getattr(self, name) for name, value in self.content().items() if value != expected_content[name]}

    def has_values(self, fields: Mapping[str, Any]) -> bool:
        """Return whether its fields have these values."""
        return not self.find_differences(self.model_copy(update=dict(fields)))


class NamedResource(WorkspaceResource, frozen=True):
    """An entity that has a name. `updated_at` is when Toggl last changed it; None if that is not known."""

    name: str
    updated_at: datetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))


def matches_status(status: Status, *, archived: bool) -> bool:
    """Return whether a list of a status has what is archived, or what is not."""
    return status == "both" or archived is (status == "archived")


def is_id(ref: str) -> bool:
    """Tell whether a reference may be an id: 007 is a name."""
    return ref.isdecimal() and ref == str(int(ref)) and 0 < int(ref) <= MAX_ID


class Payload(BaseModel, frozen=True):
    """The strict base of request bodies and arguments: trimmed, bounded, without unknown fields."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, defer_build=True)
