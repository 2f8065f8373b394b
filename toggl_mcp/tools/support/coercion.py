"""Arguments as hosts and models send them, read where they can mean one thing only."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic_core import from_json

from toggl_mcp.models.text import strip_invisible
from toggl_mcp.tools.support.schema import Schema

HOST_ARGUMENTS = frozenset(
    (
        # n8n's MCP Client Tool: github.com/n8n-io/n8n issues 21500 and 22787
        *("toolCallId", "sessionId", "action", "chatInput", "tool"),
        "task_progress",  # Cline: github.com/cline/cline issues 8256 and 9684
        "_meta",  # LangChain's MCP adapters: github.com/langchain-ai/langchain-mcp-adapters pull request 412
        "_placeholder",  # opencode with Antigravity: github.com/code-yeongyu/oh-my-openagent issue 639
        "random_string",  # Cursor, for tools without arguments
    )
)
"""Arguments that hosts add to every tool's own."""

_WHOLE_NUMBER = re.compile(r"([+-]?[0-9]{1,20})(\.0+)?")
_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_BOOLEANS = {"true": True, "false": False}
_NULLS = ("null", "none", "undefined")


def coerce_arguments(raw: Mapping[str, object], schema: Schema) -> dict[str, object]:
    """Return the arguments that are present, in the types of the schema where they can mean one thing only."""
    properties = cast("Mapping[str, Schema]", schema["properties"])
    return {
        name: coerced
        for name, value in raw.items()
        if (name in properties or name not in HOST_ARGUMENTS)
        and not _is_empty(coerced := _coerce(value, properties.get(name, {})))
    }


def _is_empty(value: object) -> bool:
    """Tell whether a value counts as absent: null, a blank, or a list or an object that is empty."""
    return value in (None, [], {}) or (isinstance(value, str) and not strip_invisible(value).strip())


def _coerce(value: object, schema: Schema) -> object:
    match None if value is None else schema.get("type"):
        case "array":
            return _coerce_list(value, schema)
        case "object":
            return _coerce_object(value, schema)
        case "boolean" | "integer" | "number" if isinstance(value, str) and value.strip().lower() in _NULLS:
            value = None
        case "integer":
            return _coerce_integer(value)
        case "number":
            return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else value
        case "boolean" if isinstance(value, str):
            value = _BOOLEANS.get(value.strip().lower(), value)
        case "string" if isinstance(value, str) or _is_finite(value):
            value = value.strip() if isinstance(value, str) else str(_coerce_integer(value))
            value = _match_choice(value, schema["enum"]) if "enum" in schema else value
        case _:
            pass
    return value


def _is_finite(value: object) -> bool:
    """Tell whether a value is a number with an end, which a text can have."""
    return type(value) is int or (isinstance(value, float) and math.isfinite(value))


def _match_choice(text: str, choices: Sequence[str]) -> str:
    """Return the choice that a text is, but for case, spaces and a plural; any other text unchanged."""
    word = re.sub("[ -]+", "_", text.lower())
    return next((choice for choice in (word, word.removesuffix("s")) if choice in choices), text)


def _coerce_object(value: object, schema: Schema) -> object:
    """Return an object with its members read, also of one as JSON text."""
    members = _parse_json(value, dict)
    return coerce_arguments(cast("dict[str, object]", members), schema) if isinstance(members, dict) else value


def _coerce_list(value: object, schema: Schema) -> object:
    """Return a list, also of one as JSON text, of a bare item, or of several in one text; blank items are left out."""
    parsed = _parse_json(value, list)
    items = cast("list[object]", parsed) if isinstance(parsed, list) else [parsed]
    if "enum" in schema["items"] or schema["items"]["type"] == "number":  # No choice has a comma, and no number.
        items = [part for item in items for part in (re.split("[,;]", item) if isinstance(item, str) else [item])]
    return [_coerce(item, schema["items"]) for item in items if not _is_empty(item)]


def _coerce_integer(value: object) -> object:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    match = _WHOLE_NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    return value if match is None else int(match[1])


def _parse_json(value: object, kind: type[Any]) -> object:
    """Return the list or object that a JSON text holds; anything else unchanged."""
    if not isinstance(value, str):
        return value
    try:
        parsed = from_json(value)
    except ValueError:
        return value
    return cast("object", parsed) if isinstance(parsed, kind) else value
