"""The command `toggl-mcp`: serve (the default), http, tokens, demo, check, help."""

import argparse
import difflib
import gc
import os
import sys
import textwrap
from collections.abc import Sequence
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from toggl_mcp.http.settings import HttpSettings
    from toggl_mcp.settings import Settings

# Every user of a machine can read the arguments of its processes: no secret among them, nor where it goes.
SETTINGS_WITHOUT_FLAG = ("token", "api_url", "secret_keys")
_COMMANDS = {
    "serve": "serve the Model Context Protocol on standard input and output (the default)",
    "http": "serve it by streamable HTTP, for agents and teams (docs/deployment.md)",
    "tokens": "edit the vault of Toggl tokens: add|remove SUBJECT, list, new-key, encrypt-again",
    "demo": "play a session with an embedded Toggl; no account needed",
    "check": "tell whether settings, tools, network, token, workspace and cache are in order",
    "help": "show this text",
}
_GROUPS = {
    "Account": ("token", "workspace_id", "api_url"),
    "Tools": ("toolsets", "tools", "exclude_tools", "access", "read_only"),
    "Cache": ("cache", "cache_ttl"),
    "Running": ("sandbox", "log_level", "log_format", "audit"),
    "HTTP": ("host", "port", "path", "public_url", "allowed_origins", "max_calls"),
    "Callers, with http": (
        "tokens",
        "bring_your_own_token",
        "oauth_issuer",
        "oauth_jwks_url",
        "vault",
        "secret_keys",
    ),
}
_HTTP_COMMANDS = ("http", "tokens")
_EXAMPLES = """Examples:
  toggl-mcp demo                                  what it does, without an account
  TOGGL_API_TOKEN=... toggl-mcp check             whether all is in order
  toggl-mcp --sandbox                             what a host runs to try it
  toggl-mcp --toolsets time_entries,reports       fewer tools, fewer tokens
  toggl-mcp --access time-tracking --cache memory
  toggl-mcp http --sandbox                        by HTTP, on this machine

How to add it to Claude, VS Code, Cursor and other hosts: docs/install.md
"""
_TERMINAL_HINT = """\
This is toggl-mcp, the Model Context Protocol server for Toggl Track. It waits for JSON messages of a host, such as
Claude Desktop or VS Code; docs/install.md says how to add it to one. Press Ctrl+C, and then type

  toggl-mcp demo     to see what it does, without an account
  toggl-mcp check    to see whether token, network and cache are in order
  toggl-mcp help     for all settings

"""


class _Flags(NamedTuple):
    """What the command line says: the command, the words after it, and the settings."""

    command: str
    words: Sequence[str]
    is_json: bool
    settings: dict[str, object]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for a failed check, 2 for settings that cannot be used."""
    gc.disable()  # Imports make hundreds of thousands of objects, none of them garbage.
    is_closed = sys.stdin is None or sys.stdout is None
    # What is opened next would get the number of a closed stream, and what libraries write to it.
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115 - open until the end
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    # The console may not be UTF-8: it shows `?` for what it does not have.
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="replace")
    try:
        flags = _parse(arguments)
        if is_closed and flags.command != "http":  # Services are started with both closed.
            sys.stderr.write("toggl-mcp: standard input or output is closed; start it with both open, as hosts do.\n")
            return 2
        status = _run(flags)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `toggl-mcp demo | head`: nobody reads the rest, nor what the interpreter flushes last.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(flags: _Flags) -> int:
    if flags.command == "help":
        _parser(has_http=True).print_help()
        return 0
    if flags.command == "demo":
        return _demo(is_json=flags.is_json)
    from pydantic import ValidationError  # noqa: PLC0415 - start-up

    from toggl_mcp.logs import configure_logs  # noqa: PLC0415 - start-up
    from toggl_mcp.settings import variable_name  # noqa: PLC0415 - start-up

    settings_class = _find_settings_class(has_http=flags.command in _HTTP_COMMANDS)
    try:
        settings = settings_class(**flags.settings)  # pyright: ignore[reportArgumentType] - validated here
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            name = variable_name(".".join(map(str, detail["loc"])), settings_class)
            sys.stderr.write(f"toggl-mcp: {name}: {detail['msg']}. Correct it, or leave it out.\n")
        return 2
    configure_logs(settings)
    if flags.command in _HTTP_COMMANDS:
        return _run_http(cast("HttpSettings", settings), flags)
    return _check(settings) if flags.command == "check" else _serve(settings)


def _run_http(settings: "HttpSettings", flags: _Flags) -> int:
    from toggl_mcp.errors import TogglError  # noqa: PLC0415 - start-up
    from toggl_mcp.logs import NOTICES  # noqa: PLC0415 - start-up

    try:
        if flags.command == "tokens":
            from toggl_mcp.http.tokens import edit_tokens  # noqa: PLC0415 - start-up

            edit_tokens(settings, flags.words, print)
        else:
            from toggl_mcp.http.serve import serve  # noqa: PLC0415 - start-up

            _enable_gc()
            serve(settings)
    except TogglError as error:
        NOTICES.error("%s", error)
        return 2
    return 0


def _find_settings_class(*, has_http: bool) -> "type[Settings]":
    """Return the class of the settings; those of HTTP are not imported by other commands, which start sooner."""
    if has_http:
        from toggl_mcp.http.settings import HttpSettings  # noqa: PLC0415 - start-up

        return HttpSettings
    from toggl_mcp.settings import Settings  # noqa: PLC0415 - start-up

    return Settings


def _serve(settings: "Settings") -> int:
    import anyio  # noqa: PLC0415 - start-up

    from toggl_mcp.errors import InvalidArguments  # noqa: PLC0415 - start-up
    from toggl_mcp.logs import NOTICES  # noqa: PLC0415 - start-up
    from toggl_mcp.server import build_server  # noqa: PLC0415 - start-up
    from toggl_mcp.settings import describe_placeholder  # noqa: PLC0415 - start-up
    from toggl_mcp.stdio import serve  # noqa: PLC0415 - start-up

    try:
        server = build_server(settings)
    except InvalidArguments as error:
        NOTICES.error("%s", error)
        return 2
    for variable in settings.placeholders:
        NOTICES.warning("%s", describe_placeholder(variable))
    if sys.stdin.isatty():
        sys.stderr.write(_TERMINAL_HINT)
    _enable_gc()
    anyio.run(serve, server)
    return 0


def _demo(*, is_json: bool) -> int:
    import anyio  # noqa: PLC0415 - start-up

    from toggl_mcp.demo import format_json, format_text, play  # noqa: PLC0415 - start-up

    _enable_gc()
    session = anyio.run(play)
    sys.stdout.write(format_json(session) if is_json else format_text(session))
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


def _parse(arguments: Sequence[str] | None) -> _Flags:
    """Return what the command line says; end the process with status 2 where it says nothing that there is."""
    words = sys.argv[1:] if arguments is None else arguments
    parser = _parser(has_http=not {*_HTTP_COMMANDS, "help", "-h", "--help"}.isdisjoint(words))
    namespace, rest = parser.parse_known_args(words)
    unknown = next((argument.partition("=")[0] for argument in rest if argument.startswith("-")), "")
    values = vars(namespace)
    command, is_json = values.pop("command"), values.pop("json")
    if unknown in ("--token", "--api-url"):
        variable = f"TOGGL_API_{unknown.rpartition('-')[2].upper()}"
        parser.error(f"{unknown} is no flag, because others can read arguments; set the variable {variable} instead")
    if unknown:
        parser.error(f"there is no flag {unknown}{_nearest(unknown, [*map(_flag, values), '--json', '--version'])}")
    if command not in _COMMANDS:
        parser.error(f"there is no command {command!r}{_nearest(command, [*_COMMANDS])}")
    if rest and command != "tokens":
        parser.error(f"{rest[0]!r} is one word too many: give one command only, and values after their flags")
    if is_json and command != "demo":
        parser.error("--json is a flag of demo: toggl-mcp demo --json")
    return _Flags(command, rest, is_json, {name: value for name, value in values.items() if value is not None})


def _nearest(word: str, choices: Sequence[str]) -> str:
    """Return the end of a message about an unknown word: the nearest one, and where all are listed."""
    matches = difflib.get_close_matches(word, choices, n=1)
    return f"{f'; do you mean {matches[0]}?' if matches else '.'} `toggl-mcp help` lists all."


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


class _Parser(argparse.ArgumentParser):
    """Reads flags; its help also has the variables that have none."""

    def format_help(self) -> str:
        """Return all commands, settings and examples."""
        from toggl_mcp.settings import describe_setting, variable_name  # noqa: PLC0415 - start-up

        settings_class = _find_settings_class(has_http=True)
        lines = [self.format_usage(), "The Model Context Protocol server for Toggl Track.", "", "Commands:"]
        lines += [f"  {name:<10}{text}" for name, text in _COMMANDS.items()]
        lines += ["", "Each setting is an environment variable; a flag wins over its variable."]
        for title, names in _GROUPS.items():
            lines += ["", f"{title}:"]
            for name in names:
                field, variable = settings_class.model_fields[name], variable_name(name, settings_class)
                flag = "" if name in SETTINGS_WITHOUT_FLAG else _flag(name)
                usage = f"{flag} VALUE" if flag and field.annotation is not bool else flag
                text = textwrap.wrap(describe_setting(field), 70, break_on_hyphens=False)
                lines += [
                    f"  {usage:<30}{variable}" if usage else f"  {variable}",
                    *(f"      {line}" for line in text),
                ]
        lines += ["", "Others:", "  --json      with demo: every call and result as JSON, a line each"]
        lines += ["  --version   show the version", "  --help      show this text", "", _EXAMPLES]
        return "\n".join(lines)


def _parser(*, has_http: bool) -> _Parser:
    parser = _Parser(prog="toggl-mcp", usage="toggl-mcp [command] [flags]", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('toggl-mcp-server')}")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("command", nargs="?", default="serve")
    for name, field in _find_settings_class(has_http=has_http).model_fields.items():
        if field.annotation is bool:
            parser.add_argument(_flag(name), action="store_const", const=True)
        elif name not in SETTINGS_WITHOUT_FLAG:
            parser.add_argument(_flag(name))
    return parser
