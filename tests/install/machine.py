"""A home folder on one of three systems, and the command on it."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from toggl_mcp.install.command import find_hosts, install
from toggl_mcp.install.hosts import HOSTS, Folders, System
from toggl_mcp.install.plan import Request
from toggl_mcp.install.server_command import ServerCommand

posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has other rights than modes, and other files")
TOKEN = "0123456789abcdef0123456789abcdef"
SERVER = ServerCommand("/opt/toggl/toggl-mcp", (), "this installation")
SYSTEMS: tuple[System, ...] = ("linux", "macos", "windows")
FILES = {
    "claude-desktop": {
        "linux": ".config/Claude/claude_desktop_config.json",
        "macos": "Library/Application Support/Claude/claude_desktop_config.json",
        "windows": "AppData/Roaming/Claude/claude_desktop_config.json",
    },
    "claude-code": dict.fromkeys(SYSTEMS, ".claude.json"),
    "cursor": dict.fromkeys(SYSTEMS, ".cursor/mcp.json"),
    "vscode": {
        "linux": ".config/Code/User/mcp.json",
        "macos": "Library/Application Support/Code/User/mcp.json",
        "windows": "AppData/Roaming/Code/User/mcp.json",
    },
    "windsurf": dict.fromkeys(SYSTEMS, ".codeium/windsurf/mcp_config.json"),
    "zed": {
        "linux": ".config/zed/settings.json",
        "macos": ".config/zed/settings.json",
        "windows": "AppData/Roaming/Zed/settings.json",
    },
    "gemini-cli": dict.fromkeys(SYSTEMS, ".gemini/settings.json"),
    "codex": dict.fromkeys(SYSTEMS, ".codex/config.toml"),
}
"""Where each host's documentation says that its configuration is, below the home folder."""


class Result(NamedTuple):
    """Whether no host refused, and what was printed."""

    is_ok: bool
    output: str


class Machine(NamedTuple):
    """A home folder with one host's configuration."""

    home: Path
    host: str = "cursor"
    system: System = "linux"
    environment: Mapping[str, str] = {}

    @property
    def file(self) -> Path:
        return self.home / FILES[self.host][self.system]

    def write(self, content: bytes, mode: int = 0o644) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(content)
        self.file.chmod(mode)

    def install(
        self,
        *options: str,
        token: str | None = TOKEN,
        server: ServerCommand = SERVER,
        is_sandbox: bool = False,
        is_dry_run: bool = False,
        is_uninstall: bool = False,
        has_token_in_file: bool | None = None,
    ) -> Result:
        """Run the command; hosts without a secret store get the token into their file."""
        if has_token_in_file is None:
            has_token_in_file = not HOSTS[self.host].token
        folders = Folders(self.system, self.home, self.environment)
        request = Request(
            find_hosts([self.host], folders),
            server,
            options,
            token,
            is_sandbox=is_sandbox,
            is_dry_run=is_dry_run,
            is_uninstall=is_uninstall,
            has_token_in_file=has_token_in_file,
        )
        lines: list[str] = []
        is_ok = install(request, folders, lines.append)
        return Result(is_ok, "\n".join(lines))

    def uninstall(self) -> Result:
        return self.install(is_uninstall=True)

    def has_mode(self, mode: int) -> bool:
        """Tell whether the file has a mode; on Windows, which has none, it has every one."""
        return os.name != "posix" or stat.S_IMODE(self.file.stat().st_mode) == mode

    def list_files(self) -> dict[str, bytes]:
        """Return the content of every file below the home folder."""
        files = (path for path in self.home.rglob("*") if path.is_file() and not path.is_symlink())
        return {path.relative_to(self.home).as_posix(): path.read_bytes() for path in files}
