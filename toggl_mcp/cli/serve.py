"""`toggl-mcp serve`, the default: MCP on standard input and output."""

import sys

import anyio

from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.server import build_server
from toggl_mcp.stdio import serve

TERMINAL_HINT = """\
This is toggl-mcp, the Model Context Protocol server for Toggl Track. It waits for JSON messages of a host, such as
Claude Desktop or VS Code; docs/install.md says how to add it to one. Press Ctrl+C, and then type

  toggl-mcp demo     to see what it does, without an account
  toggl-mcp check    to see whether token, network and cache are in order
  toggl-mcp help     for all settings

"""


def run(line: CommandLine) -> int:
    """Serve until the host closes standard input."""
    server = build_server(load_settings(line))
    if sys.stdin.isatty():
        sys.stderr.write(TERMINAL_HINT)
    enable_gc()
    anyio.run(serve, server)
    return 0
