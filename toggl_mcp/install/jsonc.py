"""Edits to JSON with comments and trailing commas; whatever is not the item keeps its bytes, its comments included."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, cast

from toggl_mcp.install.document import Item, Place, UneditableDocument

_BLANK = re.compile(r"\ufeff?(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SPACE = " \t\r\n"


class _Value(NamedTuple):
    """A value, and where it stands in the text."""

    start: int
    end: int
    content: Any  # The JSON edge.
    members: "tuple[_Member, ...]" = ()


class _Member(NamedTuple):
    """A key with its value in an object, or a value in an array, and the position of the comma after it."""

    key: str | None
    start: int
    value: _Value
    comma: int | None


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def find_item(text: str, place: Place) -> Item | None:
    """Return the item at a place, or None."""
    member = _find_member(_find_container(_parse(_ensure_root(text)), place), place)
    if member is None:
        return None
    item: object = member.value.content
    if not isinstance(item, dict):
        message = f'"{place.name}" in "{place.container}" is no object'
        raise UneditableDocument(message)
    return cast("Item", item)


def put_item(text: str, place: Place, item: Item) -> str:
    """Return the text with the item at its place."""
    text = _ensure_root(text)
    root = _parse(text)
    container = _find_container(root, place)
    if container is None:
        return _append(text, root, root, place.container, [item] if place.is_list else {place.name: item})
    member = _find_member(container, place)
    if member is None:
        return _append(text, root, container, None if place.is_list else place.name, item)
    for key in dict.fromkeys((*item, *member.value.content)):
        text = _put_field(text, place, key, item)
    return text


def remove_item(text: str, place: Place) -> str:
    """Return the text without the item that is at a place."""
    container = _find_container(_parse(_ensure_root(text)), place)
    member = _find_member(container, place)
    return text if container is None or member is None else _remove(text, container, member)


def _put_field(text: str, place: Place, key: str, item: Item) -> str:
    """Return the text with a field of the item as it is there, or without it: comments in the item stay."""
    root = _parse(text)
    fields = cast("_Member", _find_member(_find_container(root, place), place)).value
    field = _find_member(fields, Place("", key))
    if field is None:
        return _append(text, root, fields, key, item[key])
    if key not in item:
        return _remove(text, fields, field)
    if field.value.content == item[key]:
        return text
    written = _layout(text, root).write(item[key], _line_indent(text, field.start))
    return _apply(text, [_Edit(field.value.start, field.value.end, written)])


def _remove(text: str, container: _Value, member: _Member) -> str:
    """Return the text without a member of an object or an array."""
    start = len(text[: member.start].rstrip(_SPACE))
    end = member.value.end if member.comma is None else member.comma + 1
    # The line break before the member stays where it also ends a comment, or where more stands on the member's line.
    is_alone = re.match(r"[ \t]*\r?\n", text[end:]) is not None
    if not is_alone and "\n" in text[start : member.start]:
        start = member.start
    edits = [_Edit(start, member.value.end, "")]
    index = container.members.index(member)
    if member.comma is not None:
        edits.append(_Edit(member.comma, member.comma + 1, ""))
    elif index and (comma := container.members[index - 1].comma) is not None:
        edits.append(_Edit(comma, comma + 1, ""))
    return _apply(text, edits)


def _ensure_root(text: str) -> str:
    """Return the text, with an object to put things into if it has nothing but space and comments."""
    if _skip_blank(text, 0) < len(text):
        return text
    return f"{text}{'' if not text.strip(_SPACE) or text.endswith(chr(10)) else _newline(text)}{{}}{_newline(text)}"


def _find_container(root: _Value, place: Place) -> _Value | None:
    if not isinstance(root.content, dict):
        message = "the document is no object"
        raise UneditableDocument(message)
    member = _find_member(root, Place("", place.container))
    if member is None:
        return None
    if not isinstance(member.value.content, list if place.is_list else dict):
        message = f'"{place.container}" is no {"array" if place.is_list else "object"}'
        raise UneditableDocument(message)
    return member.value


def _find_member(container: _Value | None, place: Place) -> _Member | None:
    members = [member for member in (container.members if container else ()) if _name(member, place) == place.name]
    if len(members) > 1:
        message = f'"{place.name}" is in it more than once'
        raise UneditableDocument(message)
    return members[0] if members else None


def _name(member: _Member, place: Place) -> object:
    if not place.is_list:
        return member.key
    content = member.value.content
    return cast("dict[str, object]", content).get("id") if isinstance(content, dict) else None


class _Layout(NamedTuple):
    """How a document is laid out: its line break, a step of its indentation, and whether it is one line."""

    newline: str
    indent: str
    is_one_line: bool

    def write(self, content: object, indent: str) -> str:
        """Return a value as JSON, its later lines indented."""
        if self.is_one_line:
            return json.dumps(content, ensure_ascii=False)
        lines = json.dumps(content, ensure_ascii=False, indent=self.indent).split("\n")
        return f"{self.newline}{indent}".join(lines)


def _layout(text: str, root: _Value) -> _Layout:
    first = root.members[0] if root.members else None
    indent = "  "
    if first is not None and _is_on_own_line(text, first):
        indent = _line_indent(text, first.start).removeprefix(_line_indent(text, root.start))
    is_one_line = first is not None and "\n" not in text.strip(_SPACE)
    return _Layout(_newline(text), indent, is_one_line)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _is_on_own_line(text: str, member: _Member) -> bool:
    return not text[text.rfind("\n", 0, member.start) + 1 : member.start].strip(" \t")


def _line_indent(text: str, position: int) -> str:
    """Return the space that the line of a position begins with."""
    line = text[text.rfind("\n", 0, position) + 1 : position].removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _append(text: str, root: _Value, container: _Value, key: str | None, content: object) -> str:
    """Return the text with a last member more in an object or an array."""
    layout = _layout(text, root)
    last = container.members[-1] if container.members else None
    outer = _line_indent(text, container.start)
    is_listed = last is not None and _is_on_own_line(text, last)
    indent = _line_indent(text, last.start) if last is not None and is_listed else outer + layout.indent
    prefix = "" if key is None else f"{json.dumps(key)}: "
    # After the last comment, so that each stays beside what it is about.
    position = len(text[: container.end - 1].rstrip(_SPACE))
    comma = "," if last is not None and last.comma is not None else ""
    if layout.is_one_line:
        space = "" if last is None else " "
        member = f"{space}{prefix}{layout.write(content, '')}{comma}"
    else:
        has_break = "\n" in text[position : container.end - 1]
        member = f"{layout.newline}{indent}{prefix}{layout.write(content, indent)}{comma}"
        member += "" if has_break else f"{layout.newline}{outer}"
    edits = [_Edit(position, position, member)]
    if last is not None and not comma:
        edits.append(_Edit(last.value.end, last.value.end, ","))
    return _apply(text, edits)


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    # The last first; of two at one position, the one that is given first ends up behind the other.
    for start, end, replacement in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise UneditableDocument(message)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _parse(text: str) -> _Value:
    try:
        return _parse_root(text)
    except ValueError as error:
        raise UneditableDocument(str(error)) from error


def _parse_root(text: str) -> _Value:
    root = _parse_value(text, _skip_blank(text, 0))
    end = _skip_blank(text, root.end)
    if end < len(text):
        message = "Extra data"
        raise json.JSONDecodeError(message, text, end)
    return root


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return position if match is None else match.end()


def _parse_value(text: str, start: int) -> _Value:
    if text[start : start + 1] in ("{", "["):
        return _parse_container(text, start)
    content, end = _DECODER.raw_decode(text, start)
    return _Value(start, end, content)


def _parse_container(text: str, start: int) -> _Value:
    is_object = text[start] == "{"
    members: list[_Member] = []
    position = _skip_blank(text, start + 1)
    while text[position : position + 1] != ("}" if is_object else "]"):
        if members and members[-1].comma is None:
            message = "Expecting ',' delimiter"
            raise json.JSONDecodeError(message, text, position)
        member_start = position
        key, position = _parse_key(text, position) if is_object else (None, position)
        value = _parse_value(text, position)
        position = _skip_blank(text, value.end)
        comma = position if text[position : position + 1] == "," else None
        position = position if comma is None else _skip_blank(text, comma + 1)
        members.append(_Member(key, member_start, value, comma))
    contents = [member.value.content for member in members]
    content = {member.key: member.value.content for member in members} if is_object else contents
    return _Value(start, position + 1, content, tuple(members))


def _parse_key(text: str, position: int) -> tuple[str, int]:
    """Return a key, and the position of its value."""
    if text[position : position + 1] != '"':
        message = "Expecting property name enclosed in double quotes"
        raise json.JSONDecodeError(message, text, position)
    key, end = _DECODER.raw_decode(text, position)
    colon = _skip_blank(text, end)
    if text[colon : colon + 1] != ":":
        message = "Expecting ':' delimiter"
        raise json.JSONDecodeError(message, text, colon)
    return key, _skip_blank(text, colon + 1)
