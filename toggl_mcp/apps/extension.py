"""MCP's extension for apps: the resources that hosts read to show one.

The SDK's `Apps` takes 6 ms to import, at every start, and has no resource whose text is read late.
"""

from collections.abc import Iterable, Sequence
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
    """MCP Apps with these apps; the files of one are read when a host reads it."""

    identifier = "io.modelcontextprotocol/ui"

    def __init__(self, names: Iterable[AppName]) -> None:
        self._names = names

    def resources(self) -> Sequence[ResourceBinding]:
        """Return the resource of each app."""
        meta = {"ui": {"csp": _NOTHING_OUTSIDE, "prefersBorder": True}}
        return [
            ResourceBinding(
                FunctionResource(
                    uri=app_uri(name), name=name, mime_type=MIME_TYPE, meta=meta, fn=partial(compose_document, name)
                )
            )
            for name in self._names
        ]
