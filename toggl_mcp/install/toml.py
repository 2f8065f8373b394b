"""Edits to TOML: a table of its own for the item; every edit is read again and must have changed nothing else."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from toggl_mcp.install.document import Item, Place, UneditableDocument


class _Span(NamedTuple):
    start: int
    end: int


def find_item(text: str, place: Place) -> Item | None:
    """Return the item at a place, or None."""
    item = _container(_parse(text), place).get(place.name)
    if item is not None and not isinstance(item, dict):
        message = f'"{place.container}.{place.name}" is no table'
        raise UneditableDocument(message)
    return cast("Item | None", item)


def put_item(text: str, place: Place, item: Item) -> str:
    """Return the text with the item as a table, where its table was or else at the end.

    The table's comments stay, unless a value in it takes several lines, or a table in it changes.
    """
    former, newline = find_item(text, place), _newline(text)
    header = f"[{place.container}.{place.name}]"
    if former is None:
        end = "" if not text or text.endswith("\n") else newline
        table = newline.join([header, *_write_pairs(item), ""])
        return _verify(text, f"{text}{end}{newline if text.strip() else ''}{table}", place, item)
    span = _find_span(text, place)

    def replace_table(lines: list[str]) -> str:
        return _verify(text, text[: span.start] + newline.join([*lines, ""]) + text[span.end :], place, item)

    try:
        return replace_table(_edit_table(text[span.start : span.end].splitlines(), former, item))
    except UneditableDocument:
        return replace_table([header, *_write_pairs(item)])


def remove_item(text: str, place: Place) -> str:
    """Return the text without the item's table, and without the blank line before it."""
    if find_item(text, place) is None:
        return text
    span = _find_span(text, place)
    head, tail = text[: span.start], text[span.end :]
    newline = _newline(text)
    return _verify(text, (head.removesuffix(newline) if head.endswith(newline * 2) else head) + tail, place, None)


def _edit_table(lines: list[str], former: Item, item: Item) -> list[str]:
    """Return the lines of a table with other values, and with what is new after the last of its own lines.

    Raises:
        UneditableDocument: A line is not a whole one.
    """
    own_lines, rest = lines[:1], lines[1:]
    count = next((number for number, line in enumerate(rest) if line.lstrip().startswith("[")), len(rest))
    values = dict(item)
    for line in rest[:count]:
        pair = _parse(line)
        if not pair:
            own_lines.append(line)  # A comment, or blank.
        own_lines += [_edit_line(line, pair, {key: values.pop(key)}) for key in pair if key in values]
    blank_lines: list[str] = []
    while own_lines and not own_lines[-1].strip():
        blank_lines.append(own_lines.pop())
    new_values = {key: value for key, value in values.items() if former.get(key) != value}
    return [*own_lines, *_write_pairs(new_values), *blank_lines, *rest[count:]]


def _edit_line(line: str, pair: Item, new_pair: Item) -> str:
    """Return a line with another value before its comment."""
    if pair == new_pair:
        return line
    starts = [start for start, character in enumerate(line) if character == "#" and _has_content(line[:start], pair)]
    comment = f" {line[starts[0] :]}" if starts else ""
    return "".join([*_write_pairs(new_pair), comment])


def _has_content(text: str, content: Item) -> bool:
    try:
        return _parse(text) == content
    except UneditableDocument:
        return False


def _write_pairs(item: Item) -> list[str]:
    return [f"{key} = {_write(item[key])}" for key in item]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise UneditableDocument(str(error)) from error


def _container(content: Mapping[str, Any], place: Place) -> Mapping[str, object]:
    container = content.get(place.container, {})
    if not isinstance(container, dict):
        message = f'"{place.container}" is no table'
        raise UneditableDocument(message)
    return cast("Mapping[str, object]", container)


def _find_span(text: str, place: Place) -> _Span:
    """Return where the item's table and the tables in it stand, without the space and comments after them."""
    name = re.escape(place.name)
    key = rf"""[ \t]*{re.escape(place.container)}[ \t]*\.[ \t]*(?:{name}|"{name}"|'{name}')[ \t]*"""
    header = re.compile(rf"^[ \t]*\[{key}(?:\.[^\n]*)?\]", re.MULTILINE)
    start = header.search(text)
    if start is None:
        return _Span(len(text), len(text))
    end = position = start.start()
    for line in text[position:].splitlines(keepends=True):
        if line.lstrip().startswith("[") and not header.match(line):
            break
        position += len(line)
        if line.strip() and not line.lstrip().startswith("#"):
            end = position
    return _Span(start.start(), end)


def _write(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_write, cast('list[object]', value)))}]"
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return f"{{ {', '.join(f'{json.dumps(key)} = {_write(members[key])}' for key in members)} }}"
    if not isinstance(value, str | int | float):
        message = f"it holds a {type(value).__name__}, which is not kept when the table is written again"
        raise UneditableDocument(message)
    return json.dumps(value, ensure_ascii=False)


def _verify(text: str, new_text: str, place: Place, item: Item | None) -> str:
    """Return the new text if it says what the text says, but for the item."""
    try:
        after = _parse(new_text)
    except UneditableDocument:
        after = None
    before = _parse(text)
    other_items = {name: value for name, value in _container(before, place).items() if name != place.name}
    container = other_items if item is None else {**other_items, place.name: item}
    expected = {**before, place.container: container}
    if after is None or {place.container: {}, **after} != expected:
        message = f'"{place.container}.{place.name}" is written in a form that cannot be edited here'
        raise UneditableDocument(message)
    return new_text
