"""`toggl-mcp completion`: a script for a shell, with the commands, flags and tools that this version has."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

import anyio

from toggl_mcp.call import list_tools
from toggl_mcp.cli.commands import ARGUMENT, COMMANDS, DEFAULT_COMMAND, Flag
from toggl_mcp.cli.console import write_output
from toggl_mcp.cli.parser import COMMON_FLAGS, CommandLine, setting_flags
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.settings import Settings
from toggl_mcp.shell import Shell

PROGRAMS = ("toggl-mcp", "toggl-mcp-server")
# The bash of macOS, 3.2, has no compopt.
BASH = f"""\
_toggl_mcp() {{
  local word=${{COMP_WORDS[COMP_CWORD]}}
  COMPREPLY=($(compgen -W "$(_toggl_mcp_choices "$word" "${{COMP_WORDS[@]:1:COMP_CWORD-1}}")" -- "$word"))
  if [[ ${{COMPREPLY[0]-}} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}}
complete -o default -F _toggl_mcp {" ".join(PROGRAMS)}
"""
ZSH = f"""\
_toggl_mcp() {{
  local -a choices=(${{=$(_toggl_mcp_choices "$words[CURRENT]" "${{(@)words[2,CURRENT-1]}}")}})
  if [[ $choices[1] == *= ]]; then compadd -S '' -- $choices; else compadd -- $choices || _files; fi
}}
compdef _toggl_mcp {" ".join(PROGRAMS)}
"""
Arguments = Mapping[str, Sequence[str]]
"""The names of each tool's arguments, with an equals sign."""


def run(line: CommandLine) -> int:
    """Print the script of the shell, or of the one that the environment names."""
    shell = line.words[0] if line.words else _find_shell()
    if shell not in _WRITERS:
        message = f"There is no completion for {shell}; choose from {', '.join(_WRITERS)}: `toggl-mcp completion bash`."
        raise InvalidArguments(message)
    tools = anyio.run(list_tools, Settings.model_construct(toolsets="all"))
    arguments = {tool.name: [f"{name}=" for name in (*tool.required, *tool.optional)] for tool in tools}
    head = f"# Completion of toggl-mcp for {shell}, written by `toggl-mcp completion {shell}`."
    write_output("\n".join([head, *_WRITERS[shell](arguments)]))
    return 0


def _find_shell() -> str:
    """Return the name of the person's shell, whichever it is; bash or PowerShell where the environment has none."""
    return PurePath(os.environ.get("SHELL", "")).stem or Shell.of(os.environ, sys.platform).name


def _list_flags(name: str) -> list[Flag]:
    return [*setting_flags(COMMANDS[name]).values(), *COMMANDS[name].flags, *COMMON_FLAGS]


def _write_bash(arguments: Arguments) -> Iterator[str]:
    yield from _write_choices(arguments)
    yield BASH


def _write_zsh(arguments: Arguments) -> Iterator[str]:
    yield from _write_choices(arguments)
    yield ZSH


def _write_choices(arguments: Arguments) -> Iterator[str]:
    """Yield the function that bash and zsh share: given the word to complete and all before it, it writes choices."""
    words = {name: command.list_choices() for name, command in COMMANDS.items() if command.words}
    yield "_toggl_mcp_choices() {"
    yield "  local word=$1 item='' command='' first=''"
    yield "  shift"
    yield '  for item in "$@"; do'
    yield f"    case $command in '') case $item in {'|'.join(COMMANDS)}) command=$item ;; esac ;; esac"
    yield f"    case $command:$item in {'|'.join(_pairs(words))}) first=$item ;; esac"
    yield "  done"
    yield f"  case ${{command:-{DEFAULT_COMMAND}}}:$item in"
    yield f"    call:{ARGUMENT.name}) case $first in"
    yield from (f"      {tool}) echo '{' '.join(names)}' ;;" for tool, names in arguments.items())
    yield "    esac ;;"
    for choices, patterns in _group_values().items():
        yield f"    {'|'.join(patterns)}) echo '{choices}' ;;"
    yield f"    *) case ${{command:-{DEFAULT_COMMAND}}}:$first:$word in"
    yield from (
        f"      {name}:*:-*) echo '{' '.join(flag.name for flag in _list_flags(name))}' ;;" for name in COMMANDS
    )
    yield from (
        f"      {name}:{'*' if COMMANDS[name].takes_several else ''}:*) echo '{' '.join(choices)}' ;;"
        for name, choices in words.items()
    )
    yield f"      *) case $command in '') echo '{' '.join(COMMANDS)}' ;; esac ;;"
    yield "    esac ;;"
    yield "  esac"
    yield "}"


def _pairs(choices: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"{name}:{choice}" for name, items in choices.items() for choice in items]


def _group_values() -> dict[str, list[str]]:
    """Return the patterns of a flag that a value follows, by what that may be: nothing where it is free."""
    groups: dict[str, list[str]] = {}
    for name in COMMANDS:
        for flag in _list_flags(name):
            if flag.value and flag is not ARGUMENT:
                groups.setdefault(" ".join(flag.choices), []).append(f"{name}:{flag.name}")
    return groups


def _write_fish(arguments: Arguments) -> Iterator[str]:
    name, alias = PROGRAMS
    yield from (f"complete -c {name} {rule}" for rule in _fish_rules(arguments))
    yield f"complete -c {alias} -w {name}\n"


def _fish_rules(arguments: Arguments) -> Iterator[str]:
    yield f"-f -n 'not {_has_word(COMMANDS)}' -a '{' '.join(COMMANDS)}'"
    for name, command in COMMANDS.items():
        is_default = f"; or not {_has_word(COMMANDS)}" if name == DEFAULT_COMMAND else ""
        for flag in _list_flags(name):
            if flag is not ARGUMENT:
                yield _fish_flag(flag, f"{_has_word([name])}{is_default}", flag.choices)
        if choices := command.list_choices():
            is_first = "" if command.takes_several else f"; and not {_has_word(choices)}"
            yield f"-f -n '{_has_word([name])}{is_first}' -a '{' '.join(choices)}'"
    for tool, names in arguments.items():
        yield _fish_flag(ARGUMENT, f"{_has_word(['call'])}; and {_has_word([tool])}", names)


def _fish_flag(flag: Flag, condition: str, choices: Sequence[str]) -> str:
    meaning = flag.meaning.replace("\\", "\\\\").replace("'", "\\'")
    value = f" -x -a '{' '.join(choices)}'" if choices else " -r" if flag.value else ""
    return f"-n '{condition}' -l {flag.name.removeprefix('--')}{value} -d '{meaning}'"


def _has_word(words: Iterable[str]) -> str:
    return f"__fish_seen_subcommand_from {' '.join(words)}"


_WRITERS: Mapping[str, Callable[[Arguments], Iterator[str]]] = {
    "bash": _write_bash,
    "zsh": _write_zsh,
    "fish": _write_fish,
}
