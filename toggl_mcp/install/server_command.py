"""How a host starts this server: the command, its arguments, and whether an entry does that."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple, cast

from toggl_mcp.install.document import Item

DISTRIBUTION = "toggl-mcp-server"
_COMMANDS = ("toggl-mcp", DISTRIBUTION)
_UV_BUCKET = re.compile(r"(archive|builds|environments)-v\d+")
"""The folders of uv's cache that have the environments of `uvx` and `uv run --with` directly in them."""


class ServerCommand(NamedTuple):
    """A command that starts the server, and what to say of it."""

    command: str
    arguments: tuple[str, ...]
    description: str


def find_server_command() -> ServerCommand:
    """Return what starts this very installation; `uvx` is asked again where this one is in its cache."""
    bucket = Path(sys.prefix).parent
    if _UV_BUCKET.fullmatch(bucket.name) and (bucket.parent / "CACHEDIR.TAG").is_file():
        # Hosts that are started from a desktop often have another PATH, so the whole path.
        uvx = shutil.which("uvx") or "uvx"
        return ServerCommand(uvx, (DISTRIBUTION,), f"`uvx {DISTRIBUTION}`, as this command was started")
    script = shutil.which(sys.argv[0])
    if script is not None and Path(script).stem in _COMMANDS:
        return ServerCommand(os.path.abspath(script), (), "this installation")  # noqa: PTH100 - a link stays a link
    return ServerCommand(sys.executable, ("-m", "toggl_mcp"), "this installation")


def is_this_server(item: Item) -> bool:
    """Return whether an entry of a configuration starts this server, and not another one of the same name."""
    if isinstance(item.get("url"), str) or not isinstance(item.get("command"), str):
        return False
    command = Path(str(item["command"]).replace("\\", "/")).stem.lower()
    arguments = item.get("args", [])
    words = [str(word) for word in cast("list[object]", arguments)] if isinstance(arguments, list) else []
    if command in _COMMANDS or words[:2] == ["-m", "toggl_mcp"]:
        return True
    return (command == "uvx" and DISTRIBUTION in words) or (command == "uv" and not set(_COMMANDS).isdisjoint(words))
