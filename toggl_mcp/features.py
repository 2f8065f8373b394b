"""What a server offers besides tools: resources, prompts and completions, as far as the tools of a request go."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import anyio
from mcp.types import (
    CompleteRequestParams,
    CompleteResult,
    Completion,
    GetPromptResult,
    PromptReference,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from toggl_mcp.completions import Completer, find_completions
from toggl_mcp.errors import InvalidArguments, NotFound, TogglError
from toggl_mcp.prompts import PROMPTS
from toggl_mcp.prompts.support import COMPLETERS, PromptSpec
from toggl_mcp.resources import RESOURCES
from toggl_mcp.resources.support import JSON, SCHEME, ResourceItem, ResourceSpec, digest
from toggl_mcp.tools.support.define import CallContext, CallOpener
from toggl_mcp.tools.support.failures import MAX_CALL_SECONDS, as_protocol_errors
from toggl_mcp.tools.support.results import to_text
from toggl_mcp.toolsets import PROMPT_TOOLS, RESOURCE_TOOLS, current_tools

ValueT = TypeVar("ValueT")
_ListedItem = tuple[ResourceSpec, ResourceItem]
"""An item, and the template that has it."""

MAX_COMPLETIONS = 100
"""Values of a completion; the protocol allows no more."""


class ResourceMatch(NamedTuple):
    """The resource of an address, and the value of its variable there."""

    resource: ResourceSpec
    value: str


class ResourceList(NamedTuple):
    """The resources as hosts list them, and the etag of that list."""

    resources: list[Resource]
    etag: str


class _LastRead(NamedTuple):
    """A resource as it was read last: its etag, its bytes, and since when at the latest it is as it was."""

    etag: str
    size: int
    modified_at: datetime | None

    def describe(self, resource: Resource) -> Resource:
        """Return the resource with its size, and when it was modified, as hosts list it."""
        last_modified = self.modified_at and self.modified_at.isoformat(timespec="seconds")
        annotations = resource.annotations and resource.annotations.model_copy(update={"last_modified": last_modified})
        return resource.model_copy(update={"size": self.size, "annotations": annotations})


class Features:
    """The resources, prompts and completions of a server.

    Args:
        tool_names: The server's tools.
        open_call: Opens the account of the current request.
    """

    def __init__(self, tool_names: Collection[str], open_call: CallOpener) -> None:
        self._tool_names = tool_names
        self._open_call = open_call
        self._last_reads = WeakKeyDictionary[object, dict[str, _LastRead]]()
        """The listed resources that were read, by account and by their addresses."""

    async def describe_resources(self) -> ResourceList:
        """Return the resources of the current request as hosts list them, with sizes where they are known."""
        constant_resources = [item for spec in self.list_resources() for item in spec.list_constant_resources()]
        try:
            call = await self._open_call()
            items = await self._list_items(call)
            resources = [*constant_resources, *(spec.to_resource(item) for spec, item in items)]
            last_reads = self._last_reads.get(call.toggl, {})
            described_resources = [await self._describe(item, last_reads.get(item.uri)) for item in resources]
        except TogglError:
            return ResourceList(constant_resources, _make_list_etag(()))
        return ResourceList(described_resources, _make_list_etag(items))

    async def read_list_etag(self) -> str:
        """Return the etag of the list of resources, from the cache alone.

        Raises:
            TogglError: The cache cannot tell, or no account is open.
        """
        return _make_list_etag(await self._list_items(await self._open_call()))

    async def _list_items(self, call: CallContext) -> list[_ListedItem]:
        """Return what is listed besides the constant resources."""
        lists = [(spec, spec.list_items) for spec in self.list_resources()]
        return [(spec, item) for spec, list_items in lists if list_items for item in await list_items(call)]

    async def _describe(self, resource: Resource, last_read: _LastRead | None) -> Resource:
        if last_read is None or await self.read_etag(resource.uri) != last_read.etag:
            return resource
        return last_read.describe(resource)

    def list_resources(self) -> list[ResourceSpec]:
        """Return the resources of the current request."""
        tools = current_tools(self._tool_names)
        return [spec for spec in RESOURCES if RESOURCE_TOOLS[spec.name] in tools]

    def list_prompts(self) -> list[PromptSpec[Any]]:
        """Return the prompts of the current request."""
        tools = current_tools(self._tool_names)
        return [spec for spec in PROMPTS if PROMPT_TOOLS[spec.name] in tools]

    @staticmethod
    def has_scheme(uri: str) -> bool:
        """Tell whether an address is of these resources, and not of an extension's."""
        return uri.startswith(SCHEME)

    async def read(self, uri: str) -> ReadResourceResult:
        """Return what a resource has.

        Raises:
            MCPError: There is no such resource, or it cannot be read.
        """

        async def read_text(call: CallContext) -> str:
            match = self._match_resource(uri)
            result = await match.resource.read(match.value, call)
            text = to_text(result)
            if match.resource.may_list(match.value):
                await self._keep_read(uri, match, len(text.encode()), getattr(result, "as_of", None), call)
            return text

        text = await self._run(read_text, uri, uri)
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type=JSON, text=text)])

    async def _keep_read(
        self, uri: str, match: ResourceMatch, size: int, as_of: datetime | None, call: CallContext
    ) -> None:
        """Keep what a resource was when it was read, for lists.

        It was modified when Toggl sent it, or by the last change from here, at the latest.
        """
        etag = await match.resource.make_etag(match.value, call)
        last_reads = self._last_reads.setdefault(call.toggl, {})
        former = last_reads.get(uri)
        moments = [moment for moment in (as_of, await call.toggl.journal.last_made_at()) if moment is not None]
        is_same = former is not None and former.etag == etag
        modified_at = former.modified_at if former and is_same else max(moments, default=None)
        if etag is not None:
            last_reads[uri] = _LastRead(etag, size, modified_at)

    async def read_etag(self, uri: str) -> str | None:
        """Return the etag of a resource, from the cache alone; None where that cannot tell.

        Raises:
            NotFound, InvalidArguments: There is no such resource.
            NoToken, BadToken: No account is open.
        """
        match = self._match_resource(uri)
        return await match.resource.make_etag(match.value, await self._open_call())

    async def get_prompt(self, name: str, arguments: Mapping[str, str]) -> GetPromptResult:
        """Return the messages of a prompt.

        Raises:
            MCPError: There is no such prompt, or an argument is missing, unknown or invalid.
        """

        async def render(call: CallContext) -> GetPromptResult:
            return await self._find_prompt(name).render(arguments, current_tools(self._tool_names), call)

        return await self._run(render, name)

    async def complete(self, params: CompleteRequestParams) -> CompleteResult:
        """Return the values of an argument that have what was typed.

        Raises:
            MCPError: There is no such argument, or names could not be read.
        """

        async def list_values(call: CallContext) -> list[str]:
            completer = self._find_completer(params)
            return [] if completer is None else find_completions(params.argument.value, await completer(call))

        values = await self._run(list_values, params.argument.name)
        has_more = len(values) > MAX_COMPLETIONS
        return CompleteResult(
            completion=Completion(values=values[:MAX_COMPLETIONS], total=len(values), has_more=has_more)
        )

    async def _run(self, body: Callable[[CallContext], Awaitable[ValueT]], name: str, uri: str | None = None) -> ValueT:
        with as_protocol_errors(name, uri), anyio.fail_after(MAX_CALL_SECONDS):
            return await body(await self._open_call())

    def _match_resource(self, uri: str) -> ResourceMatch:
        resources = self.list_resources()
        for resource in resources:
            value = resource.match(uri)
            if value is not None:
                return ResourceMatch(resource, value)
        message = f"There is no resource {uri!r:.60}. {_enumerate('Resources', (item.uri for item in resources))}"
        raise NotFound(message)

    def _find_prompt(self, name: str) -> PromptSpec[Any]:
        prompts = {spec.name: spec for spec in self.list_prompts()}
        if name not in prompts:
            message = f"There is no prompt {name!r:.60}. {_enumerate('Prompts', prompts)}"
            raise NotFound(message)
        return prompts[name]

    def _find_completer(self, params: CompleteRequestParams) -> Completer | None:
        """Return what completes an argument; None if it is free text."""
        ref, argument = params.ref, params.argument.name
        if isinstance(ref, PromptReference):
            fields = self._find_prompt(ref.name).args_model.model_fields
            if argument not in fields:
                message = f"{argument!r:.60} is no argument of {ref.name}. {_enumerate('Arguments', fields)}"
                raise InvalidArguments(message)
            return COMPLETERS.get(argument)
        templates = {spec.uri: spec for spec in self.list_resources() if spec.is_template}
        if ref.uri not in templates or f"{{{argument}}}" not in ref.uri:
            message = f"There is no {argument!r:.60} in {ref.uri!r:.60}. {_enumerate('Templates', templates)}"
            raise NotFound(message)
        return templates[ref.uri].complete


def _make_list_etag(items: Iterable[_ListedItem]) -> str:
    """Return what changes with the items of a list, and what they are called: not with their order or sizes.

    It is made after each call of a tool, and so of items: their resources take three times as long.
    """
    return digest(*sorted("\0".join((spec.uri, *item)) for spec, item in items))


def _enumerate(subject: str, names: Iterable[str]) -> str:
    return f"{subject}: {', '.join(names) or 'none'}."
