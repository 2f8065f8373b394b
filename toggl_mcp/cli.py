"""The command `toggl-mcp`: serve (the default), demo, check."""

import argparse
import gc
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toggl_mcp.settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for a failed check, 2 for settings that cannot be used."""
    flags = vars(_parser().parse_args(arguments))
    command = flags.pop("command")
    gc.disable()  # Imports make hundreds of thousands of objects, none of them garbage.
    try:
        return _run(command, {name: value for name, value in flags.items() if value is not None})
    except KeyboardInterrupt:
        return 130


def _run(command: str, flags: dict[str, object]) -> int:
    if command == "demo":
        return _demo()
    from pydantic import ValidationError  # noqa: PLC0415 - `--help` needs none of it

    from toggl_mcp.settings import Settings  # noqa: PLC0415 - `--help` needs none of it

    try:
        settings = Settings(**flags)  # pyright: ignore[reportArgumentType] - argparse's values, validated here
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            name = ".".join(map(str, detail["loc"]))
            sys.stderr.write(f"toggl-mcp: {name}: {detail['msg']}. Correct it, or leave it out.\n")
        return 2
    logging.basicConfig(level=settings.log_level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    return _check(settings) if command == "check" else _serve(settings)


def _serve(settings: "Settings") -> int:
    import anyio  # noqa: PLC0415 - start-up

    from toggl_mcp.errors import InvalidArguments  # noqa: PLC0415 - start-up
    from toggl_mcp.server import build_server  # noqa: PLC0415 - start-up
    from toggl_mcp.stdio import serve  # noqa: PLC0415 - start-up

    try:
        server = build_server(settings)
    except InvalidArguments as error:
        sys.stderr.write(f"toggl-mcp: {error}\n")
        return 2
    _enable_gc()
    anyio.run(serve, server)
    return 0


def _demo() -> int:
    import anyio  # noqa: PLC0415 - start-up

    from toggl_mcp.demo import play  # noqa: PLC0415 - start-up

    _enable_gc()
    anyio.run(play, print)
    return 0


def _check(settings: "Settings") -> int:
    import anyio  # noqa: PLC0415 - start-up

    from toggl_mcp.check import check  # noqa: PLC0415 - start-up

    _enable_gc()
    return 0 if anyio.run(check, settings, print) else 1


def _enable_gc() -> None:
    """Collect garbage from now on, and never look at what start-up made."""
    gc.freeze()
    gc.enable()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="toggl-mcp",
        description="The Model Context Protocol server for Toggl Track. Settings come from the environment "
        "(TOGGL_API_TOKEN, …); flags that are given win.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('toggl-mcp-server')}")
    parser.add_argument(
        "command",
        nargs="?",
        choices=("serve", "demo", "check"),
        default="serve",
        help="serve MCP over stdio (the default); demo: play a session against the sandbox; "
        "check: tell whether tools, token, workspace, cache and network are in order",
    )
    parser.add_argument(
        "--sandbox", action="store_const", const=True, help="serve an embedded Toggl; no account needed"
    )
    parser.add_argument("--read-only", action="store_const", const=True, help="offer no tool that changes anything")
    parser.add_argument("--access", help="read, time-tracking (hours; nothing else is deleted), or full")
    parser.add_argument("--toolsets", help="those to offer, with commas; all: every one (default: all but tasks)")
    parser.add_argument("--tools", help="single tools to offer as well; alone: only these")
    parser.add_argument("--exclude-tools", help="tools not to offer, whatever else is said")
    parser.add_argument("--workspace-id", help="the workspace that is meant when none is named")
    parser.add_argument("--cache", help="the cache file's path, or: memory")
    parser.add_argument("--cache-ttl", help="seconds for which what is cached counts as fresh (default 3600)")
    parser.add_argument("--log-level", help="DEBUG, INFO, WARNING (the default) or ERROR; the log goes to stderr")
    return parser
