"""`toggl-mcp http`: MCP by streamable HTTP."""

from typing import cast

from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.http.serve import serve
from toggl_mcp.http.settings import HttpSettings


def run(line: CommandLine) -> int:
    """Serve until a signal comes."""
    settings = cast("HttpSettings", load_settings(line))
    enable_gc()
    serve(settings)
    return 0
