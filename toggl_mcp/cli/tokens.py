"""`toggl-mcp tokens`: the vault of Toggl tokens."""

from typing import cast

from toggl_mcp.cli.console import write_line
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.http.tokens import edit_tokens


def run(line: CommandLine) -> int:
    """Do what the words say."""
    edit_tokens(cast("HttpSettings", load_settings(line)), line.words, write_line)
    return 0
