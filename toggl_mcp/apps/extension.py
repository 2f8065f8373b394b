"""MCP's extension for apps: the resources that hosts read to show one.

The SDK's `Apps` takes 6 ms to import, at every start, and has no resource whose text is read late.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from mcp.server.extension import Extension, ResourceBinding
from mcp.server.mcpserver.resources import FunctionResource

from toggl_mcp.apps.documents import AppName, app_uri, compose_document

MIME_TYPE = "text/html;profile=mcp-app"
_NOTHING_OUTSIDE: dict[str, list[str]] = {
    "connectDomains": [],
    "resourceDomains": [],
    "frameDomains": [],
    "baseUriDomains": [],
}


class AppsExtension(Extension):
    """MCP Apps; the files of an app are read when a host reads it.

    Args:
        names: The apps.
        list_tools: Returns the names of the tools that the current request may use.
    """

    identifier = "io.modelcontextprotocol/ui"

    def __init__(self, names: Iterable[AppName], list_tools: Callable[[], Collection[str]]) -> None:
        self._names = names
        self._list_tools = list_tools

    def resources(self) -> Sequence[ResourceBinding]:
        """Return the resource of each app."""
        meta = {"ui": {"csp": _NOTHING_OUTSIDE, "prefersBorder": True}}
        return [
            ResourceBinding(
                FunctionResource(
                    uri=app_uri(name), name=name, mime_type=MIME_TYPE, meta=meta, fn=partial(self._compose, name)
                )
            )
            for name in self._names
        ]

    def _compose(self, name: AppName) -> str:
        return compose_document(name, self._list_tools())
