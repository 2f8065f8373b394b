"""`toggl-mcp demo`: a session with the embedded Toggl."""

import sys

import anyio

from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.demo import format_json, format_text, play


def run(line: CommandLine) -> int:
    """Play the session and print it."""
    enable_gc()
    session = anyio.run(play)
    sys.stdout.write(format_json(session) if "--json" in line.flags else format_text(session))
    return 0
