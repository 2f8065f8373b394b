"""`toggl-mcp install`: the server in the configurations of hosts."""

import os
from pathlib import Path

from toggl_mcp.cli.commands import COMMANDS, DRY_RUN, TOKEN_IN_FILE, UNINSTALL
from toggl_mcp.cli.parser import CommandLine, setting_flags
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.install.command import find_hosts, install
from toggl_mcp.install.hosts import Folders, find_system
from toggl_mcp.install.plan import Request
from toggl_mcp.install.server_command import find_server_command


def run(line: CommandLine) -> int:
    """Edit the configurations; the status is 1 if one of them was refused."""
    settings, folders = load_settings(line), Folders(find_system(), Path.home(), os.environ)
    request = Request(
        find_hosts(line.words, folders),
        find_server_command(),
        _write_options(line),
        token=settings.token.get_secret_value() if settings.token else None,
        is_sandbox="sandbox" in line.settings,
        is_dry_run=DRY_RUN.name in line.flags,
        is_uninstall=UNINSTALL.name in line.flags,
        has_token_in_file=TOKEN_IN_FILE.name in line.flags,
    )
    return 0 if install(request, folders, print) else 1


def _write_options(line: CommandLine) -> list[str]:
    """Return the command line's settings as the server takes them."""
    flags = setting_flags(COMMANDS[line.command])
    return [
        word
        for setting, value in line.settings.items()
        for word in ([flags[setting].name] if value is True else [flags[setting].name, str(value)])
    ]
