"""`toggl-mcp check`: what is in order, and what is not."""

import os
import sys

import anyio

from toggl_mcp.check import check
from toggl_mcp.cli.console import write_line
from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.shell import Shell


def run(line: CommandLine) -> int:
    """Print the report; the status is 1 if anything is not in order."""
    settings = load_settings(line)
    enable_gc()
    return 0 if anyio.run(check, settings, write_line, Shell.of(os.environ, sys.platform)) else 1
