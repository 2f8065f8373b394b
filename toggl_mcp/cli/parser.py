"""What the command line says: the command, the words and flags after it, and settings."""

import argparse
import difflib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin

from toggl_mcp.cli.commands import COMMANDS, DEFAULT_COMMAND, Command, Flag

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from toggl_mcp.settings import Settings

# Every user of a machine can read the arguments of its processes: no secret among them, nor where it goes.
SETTINGS_WITHOUT_FLAG = ("token", "api_url", "secret_keys")
COMMON_FLAGS = (Flag("--version", "show the version"), Flag("--help", "show this text"))
USAGE = "toggl-mcp [command] [flags]"


class CommandLine(NamedTuple):
    """The command, the words after it, its own flags with their values (empty for a switch), and the settings."""

    command: str
    words: Sequence[str]
    flags: Mapping[str, Sequence[str]]
    settings: Mapping[str, object]


def parse_command_line(words: Sequence[str]) -> CommandLine:
    """Return what the command line says; end the process with status 2 where it says nothing that there is."""
    name = next((word for word in words if word in COMMANDS), DEFAULT_COMMAND)
    parser, values, rest = _read(words, name)
    if values["help"]:
        return CommandLine("help", (), {}, {})
    command = values["command"]
    if command in COMMANDS and command != name:  # That was the value of a flag.
        parser, values, rest = _read(words, command)
    _reject_unknown_flags(parser, command, rest)
    if command not in COMMANDS:
        parser.error(f"there is no command {command!r}{_nearest(command, COMMANDS)}")
    _reject_unknown_words(parser, command, rest)
    flags, settings = [flag.name for flag in COMMANDS[command].flags], setting_flags(COMMANDS[command])
    return CommandLine(command, rest, _select(values, flags), _select(values, settings))


def _select(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if values[name] is not None}


def find_settings_class(command: Command) -> "type[Settings]":
    """Return the class of a command's settings; those of HTTP are imported by its own commands only."""
    if command.has_http_settings:
        from toggl_mcp.http.settings import HttpSettings  # noqa: PLC0415 - start-up

        return HttpSettings
    from toggl_mcp.settings import Settings  # noqa: PLC0415 - start-up

    return Settings


def setting_flags(command: Command) -> dict[str, Flag]:
    """Return the flags of a command's settings, by setting."""
    return {
        name: Flag(_flag_name(name), field.description or "", *_describe_value(field))
        for name, field in find_settings_class(command).model_fields.items()
        if name not in SETTINGS_WITHOUT_FLAG
    }


def _describe_value(field: "FieldInfo") -> tuple[str, Sequence[str]]:
    """Return what follows the flag of a setting, and what it may be where that is one of a few."""
    if field.annotation is bool:
        return "", ()
    return "VALUE", get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def _read(words: Sequence[str], name: str) -> tuple[argparse.ArgumentParser, dict[str, Any], list[str]]:
    """Return what argparse reads, and what it does not know."""
    parser = argparse.ArgumentParser(prog="toggl-mcp", usage=USAGE, add_help=False, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('toggl-mcp-server')}")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("command", nargs="?", default=DEFAULT_COMMAND)
    command = COMMANDS[name]
    for setting, flag in setting_flags(command).items():
        if flag.value:
            parser.add_argument(flag.name, dest=setting)
        else:
            parser.add_argument(flag.name, dest=setting, action="store_const", const=True)
    for flag in command.flags:
        if flag.value:
            parser.add_argument(flag.name, dest=flag.name, action="append")
        else:
            parser.add_argument(flag.name, dest=flag.name, action="append_const", const="")
    namespace, rest = parser.parse_known_args(words)
    return parser, vars(namespace), rest


def _reject_unknown_flags(parser: argparse.ArgumentParser, command: str, rest: Sequence[str]) -> None:
    unknown = next((argument.partition("=")[0] for argument in rest if argument.startswith("-")), None)
    if unknown is None:
        return
    if unknown in ("--token", "--api-url"):
        variable = f"TOGGL_API_{unknown.rpartition('-')[2].upper()}"
        parser.error(f"{unknown} is no flag, because others can read arguments; set the variable {variable} instead")
    for name, owner in COMMANDS.items():
        if unknown in (flag.name for flag in owner.flags):
            parser.error(f"{unknown} is a flag of {name}: toggl-mcp {name} {unknown}")
    read_by = COMMANDS.get(command, COMMANDS[DEFAULT_COMMAND])
    flags = [*setting_flags(read_by).values(), *read_by.flags, *COMMON_FLAGS]
    parser.error(f"there is no flag {unknown}{_nearest(unknown, [flag.name for flag in flags])}")


def _reject_unknown_words(parser: argparse.ArgumentParser, name: str, words: Sequence[str]) -> None:
    command = COMMANDS[name]
    if len(words) > len(command.words) and not command.takes_several:
        word = words[len(command.words)]
        parser.error(f"{word!r} is one word too many: give one command only, and values after their flags")
    choices = command.list_choices()
    for word in words if command.takes_several else words[:1]:
        if word not in choices:
            parser.error(f"{name} takes no {word!r}; choose from {', '.join(choices)}")


def _nearest(word: str, choices: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the nearest one, and where all are listed."""
    matches = difflib.get_close_matches(word, [*choices], n=1)
    return f"{f'; do you mean {matches[0]}?' if matches else '.'} `toggl-mcp help` lists all."


def _flag_name(setting: str) -> str:
    return f"--{setting.replace('_', '-')}"
