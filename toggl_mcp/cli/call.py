"""`toggl-mcp call`: one tool, called by hand as a model calls it."""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import TextWrapper
from typing import cast

import anyio
from pydantic import JsonValue

from toggl_mcp.call import Outcome, ToolSummary, call_tool_once, list_tools
from toggl_mcp.cli.commands import ARGUMENT, JSON_ARGUMENTS, RAW
from toggl_mcp.cli.console import MAX_WIDTH, Console, count_columns, write_output
from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.settings import load_settings
from toggl_mcp.errors import InvalidArguments

MARGIN = 5
"""Columns of the marks around a key, and of the comma after its value."""


def run(line: CommandLine) -> int:
    """Call the tool and print what comes of it, or list the tools; the status is 1 if the call fails."""
    settings, console = load_settings(line), Console.of(sys.stdout, os.environ)
    enable_gc()
    tools = anyio.run(list_tools, settings)
    if not line.words:
        write_output(console.fit(format_tools(tools)))
        return 0
    (name,) = line.words
    if name not in (tool.name for tool in tools):
        message = (
            f"These settings do not enable {name}. `toggl-mcp call` lists what they do; `--tools {name}` adds it, "
            "unless --access, --read-only or --exclude-tools forbids it."
        )
        raise InvalidArguments(message)
    outcome = anyio.run(call_tool_once, settings, name, parse_arguments(line.flags))
    text = f"{outcome.text}\n" if RAW.name in line.flags else format_outcome(outcome, console)
    write_output(console.fit_json(text))
    return 1 if outcome.is_error else 0


def parse_arguments(flags: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """Return a call's arguments: those of a JSON object, and over them single ones; a repeated one is a list.

    Raises:
        InvalidArguments: The text is no JSON object, or a single one has no name.
    """
    arguments = _parse_object(flags.get(JSON_ARGUMENTS.name, ["{}"])[-1])
    values: dict[str, list[str]] = {}
    for pair in flags.get(ARGUMENT.name, ()):
        name, separator, value = pair.partition("=")
        if not (name and separator):
            message = f"{ARGUMENT.name} {pair}: write the argument's name, an equals sign and its value."
            raise InvalidArguments(message)
        values.setdefault(name, []).append(value)
    return arguments | {name: items if len(items) > 1 else items[0] for name, items in values.items()}


def format_tools(tools: Sequence[ToolSummary]) -> str:
    """Return the tools and their arguments, for a person; an argument in brackets can be left out."""
    lines: list[str] = []
    wrapper = TextWrapper(MAX_WIDTH, initial_indent="    ", subsequent_indent="    ")
    for tool in tools:
        names = " ".join([*tool.required, *(f"[{name}]" for name in tool.optional)])
        lines += [tool.name, wrapper.fill(tool.description), wrapper.fill(names), ""]
    return "\n".join([*lines, "toggl-mcp call TOOL --arg NAME=VALUE; docs/tools.md has every argument.", ""])


def format_outcome(outcome: Outcome, console: Console) -> str:
    """Return the object that a model gets, as JSON for a person: what fits into a line is in one."""
    color = "red" if outcome.is_error else "cyan"
    return "".join(f"{line}\n" for line in _format_value(dict(outcome.content), console, color))


def _format_value(value: JsonValue, console: Console, color: str, indent: str = "", key: str = "") -> Iterator[str]:
    text = json.dumps(value, ensure_ascii=False)
    head = f"{indent}{console.color(json.dumps(key, ensure_ascii=False), color)}: " if key else indent
    if not isinstance(value, dict | list) or count_columns(f"{indent}{key}{text}") + MARGIN <= console.width:
        yield head + text
        return
    items = [*value.items()] if isinstance(value, dict) else [("", item) for item in value]
    yield head + text[0]
    for number, (name, item) in enumerate(items, 1):
        *lines, last = _format_value(item, console, color, f"{indent}  ", name)
        yield from lines
        yield last + ("," if number < len(items) else "")
    yield indent + text[-1]


def _parse_object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        message = f'{JSON_ARGUMENTS.name}: give one JSON object, such as \'{{"period": "today"}}\'.'
        raise InvalidArguments(message)
    return cast("dict[str, object]", value)
