"""`toggl-mcp install`: the server in the configurations of hosts."""

import os
from pathlib import Path

from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cli.commands import COMMANDS, DRY_RUN, TOKEN_IN_FILE, UNINSTALL
from toggl_mcp.cli.console import write_line
from toggl_mcp.cli.parser import CommandLine, setting_flags
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.install.command import find_hosts, install
from toggl_mcp.install.hosts import Folders, find_system
from toggl_mcp.install.plan import Request
from toggl_mcp.install.server_command import find_server_command
from toggl_mcp.settings import Settings, is_memory

TOOL_SETTINGS = frozenset({"toolsets", "tools", "exclude_tools"})


def run(line: CommandLine) -> int:
    """Edit the configurations; the status is 1 if one of them was refused."""
    settings, folders = load_settings(line), Folders(find_system(), Path.home(), os.environ)
    _check_tools(line, settings)
    request = Request(
        find_hosts(line.words, folders),
        find_server_command(),
        _write_options(line, settings),
        token=settings.token.get_secret_value() if settings.token else None,
        is_sandbox="sandbox" in line.settings,
        is_dry_run=DRY_RUN.name in line.flags,
        is_uninstall=UNINSTALL.name in line.flags,
        has_token_in_file=TOKEN_IN_FILE.name in line.flags,
    )
    return 0 if install(request, folders, write_line) else 1


def _check_tools(line: CommandLine, settings: Settings) -> None:
    """Refuse a choice of tools with which the server would not start."""
    if TOOL_SETTINGS.isdisjoint(line.settings):
        return
    from toggl_mcp.toolsets import enabled_tools  # noqa: PLC0415 - it imports every tool

    enabled_tools(settings)


def _write_options(line: CommandLine, settings: Settings) -> list[str]:
    """Return the command line's settings as the server takes them, which starts in another folder.

    Raises:
        InvalidArguments: One holds a password.
    """
    if "cache" in line.settings and isinstance(settings.cache, RedisAddress) and settings.cache.password:
        message = (
            "--cache: every user of a machine can read the arguments of a server, and the URL has a password. Install "
            "without --cache, and write TOGGL_MCP_CACHE into the `env` of the entry, where it stays."
        )
        raise InvalidArguments(message)
    flags, words = setting_flags(COMMANDS[line.command]), list[str]()
    for setting, value in line.settings.items():
        words.append(flags[setting].name)
        if setting == "cache" and isinstance(settings.cache, Path) and not is_memory(settings.cache):
            words.append(str(settings.cache.absolute()))
        elif value is not True:
            words.append(str(value))
    return words
