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

# Every user of a machine can read the arguments of its processes: no token among them, nor the address that it goes to.
_WITHOUT_FLAG = ("token", "api_url")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for a failed check, 2 for settings that cannot be used."""
    gc.disable()  # Imports make hundreds of thousands of objects, none of them garbage.
    flags = vars(_parser().parse_args(arguments))
    command = flags.pop("command")
    try:
        return _run(command, {name: value for name, value in flags.items() if value is not None})
    except KeyboardInterrupt:
        return 130


def _run(command: str, flags: dict[str, object]) -> int:
    if command == "demo":
        return _demo()
    from pydantic import ValidationError  # noqa: PLC0415 - start-up

    from toggl_mcp.settings import Settings  # noqa: PLC0415 - start-up

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
    from toggl_mcp.settings import Settings, describe_setting  # noqa: PLC0415 - start-up

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
    for name, field in Settings.model_fields.items():
        if name in _WITHOUT_FLAG:
            continue
        flag, text = f"--{name.replace('_', '-')}", describe_setting(field)
        if field.annotation is bool:
            parser.add_argument(flag, action="store_const", const=True, help=text)
        else:
            parser.add_argument(flag, help=text)
    return parser
