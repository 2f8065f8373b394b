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
    """Return the text with the item as a table, where its table was or else at the end."""
    newline = _newline(text)
    table = newline.join([f"[{place.container}.{place.name}]", *(f"{key} = {_write(item[key])}" for key in item), ""])
    if find_item(text, place) is not None:
        span = _find_span(text, place)
        new_text = text[: span.start] + table + text[span.end :]
    else:
        end = "" if not text or text.endswith("\n") else newline
        new_text = f"{text}{end}{newline if text.strip() else ''}{table}"
    return _verify(text, new_text, place, item)


def remove_item(text: str, place: Place) -> str:
    """Return the text without the item's table, and without the blank line before it."""
    if find_item(text, place) is None:
        return text
    span = _find_span(text, place)
    head, tail = text[: span.start], text[span.end :]
    newline = _newline(text)
    return _verify(text, (head.removesuffix(newline) if head.endswith(newline * 2) else head) + tail, place, None)


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
