"""The hosts: where each one's configuration is, what a server looks like in it, and where its token comes from.

The sources of all this are linked in docs/install.md, at the host's name.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from toggl_mcp.install import jsonc, toml
from toggl_mcp.install.document import Document, Item, Place

System = Literal["linux", "macos", "windows"]
NAME = "toggl"
TOKEN_VARIABLE = "TOGGL_API_TOKEN"  # noqa: S105 - a variable's name
INPUT = "toggl-api-token"


def find_system() -> System:
    """Return the system that this is."""
    systems: Mapping[str, System] = {"darwin": "macos", "win32": "windows"}
    return systems.get(sys.platform, "linux")


class Folders(NamedTuple):
    """Where a person's files are: by system, home folder and environment."""

    system: System
    home: Path
    environment: Mapping[str, str]

    def variable(self, name: str, default: Path) -> Path:
        """Return the folder that a variable names, or else the default."""
        return Path(self.environment.get(name) or default)

    @property
    def applications(self) -> Path:
        """Where desktop applications keep their settings."""
        if self.system == "windows":
            return self.variable("APPDATA", self.home / "AppData" / "Roaming")
        if self.system == "macos":
            return self.home / "Library" / "Application Support"
        return self.variable("XDG_CONFIG_HOME", self.home / ".config")


@dataclass(frozen=True)
class Host:
    """An MCP host."""

    name: str
    title: str
    file: Callable[[Folders], Path]
    """Return the configuration that holds for all projects."""
    container: str
    document: Document = jsonc
    fields: Item = field(default_factory=dict[str, object])
    """What every server of this host has besides `command` and `args`."""
    token: Item = field(default_factory=dict[str, object])
    """The fields by which the host passes the token; a host without them keeps the token in its file."""
    inputs: Mapping[Place, Item] = field(default_factory=dict[Place, Item])
    """What the host asks the person for."""
    origin: str = ""
    """Where the host takes the token from, or why it is in the file."""

    @property
    def place(self) -> Place:
        """Where this server is in the configuration."""
        return Place(self.container, NAME)


def _find_claude_desktop(folders: Folders) -> Path:
    """Return its file; Windows shows a packaged application another folder than it shows to others."""
    folder = folders.applications / "Claude"
    if folders.system == "windows":
        packages = folders.variable("LOCALAPPDATA", folders.home / "AppData" / "Local") / "Packages"
        folder = min(packages.glob("Claude_*/LocalCache/Roaming/Claude"), default=folder)
    return folder / "claude_desktop_config.json"


def _find_zed(folders: Folders) -> Path:
    folder = folders.home / ".config" if folders.system == "macos" else folders.applications
    return folder / ("Zed" if folders.system == "windows" else "zed") / "settings.json"


def _reference(text: str) -> Item:
    return {"env": {TOKEN_VARIABLE: text}}


def _describe_variable(title: str) -> str:
    return f"{title} takes it from {TOKEN_VARIABLE} in the environment that it is started in"


_ALL: tuple[Host, ...] = (
    Host(
        "claude-desktop",
        "Claude Desktop",
        _find_claude_desktop,
        "mcpServers",
        origin="Claude Desktop keeps the token of its bundle in the system's secret store (docs/install.md), "
        "but none of this file's",
    ),
    Host(
        "claude-code",
        "Claude Code",
        lambda folders: folders.variable("CLAUDE_CONFIG_DIR", folders.home) / ".claude.json",
        "mcpServers",
        fields={"type": "stdio"},
        token=_reference(f"${{{TOKEN_VARIABLE}}}"),
        origin=_describe_variable("Claude Code"),
    ),
    Host(
        "cursor",
        "Cursor",
        lambda folders: folders.home / ".cursor" / "mcp.json",
        "mcpServers",
        token=_reference(f"${{env:{TOKEN_VARIABLE}}}"),
        origin=_describe_variable("Cursor"),
    ),
    Host(
        "vscode",
        "VS Code",
        lambda folders: folders.applications / "Code" / "User" / "mcp.json",
        "servers",
        fields={"type": "stdio"},
        token=_reference(f"${{input:{INPUT}}}"),
        inputs={
            Place("inputs", INPUT, is_list=True): {
                "id": INPUT,
                "type": "promptString",
                "description": "Toggl API token, from the end of https://track.toggl.com/profile",
                "password": True,
            }
        },
        origin="VS Code asks for it once and keeps it in its secret store",
    ),
    Host(
        "windsurf",
        "Windsurf",
        lambda folders: folders.home / ".codeium" / "windsurf" / "mcp_config.json",
        "mcpServers",
        token=_reference(f"${{env:{TOKEN_VARIABLE}}}"),
        origin=_describe_variable("Windsurf"),
    ),
    Host(
        "zed",
        "Zed",
        _find_zed,
        "context_servers",
        origin="Zed has no secret store for the servers in this file",
    ),
    Host(
        "gemini-cli",
        "Gemini CLI",
        lambda folders: folders.variable("GEMINI_CLI_HOME", folders.home) / ".gemini" / "settings.json",
        "mcpServers",
        token=_reference(f"${{{TOKEN_VARIABLE}}}"),
        origin=_describe_variable("Gemini CLI"),
    ),
    Host(
        "codex",
        "Codex",
        lambda folders: folders.variable("CODEX_HOME", folders.home / ".codex") / "config.toml",
        "mcp_servers",
        document=toml,
        fields={"startup_timeout_sec": 60},  # Its 10 s do not last for a first start, which downloads.
        token={"env_vars": [TOKEN_VARIABLE]},
        origin=_describe_variable("Codex"),
    ),
)
HOSTS = {host.name: host for host in _ALL}


def is_present(host: Host, folders: Folders) -> bool:
    """Return whether a host has been used here: it has a configuration, or a folder for one."""
    file = host.file(folders)
    return file.exists() or (file.parent != folders.home and file.parent.is_dir())
