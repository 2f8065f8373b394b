"""JSON Schemas that every host understands: flat, inlined, without titles and nulls."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import from_json

from toggl_mcp.models.base import MAX_ID, Payload

Schema = dict[str, Any]
_OMITTED = (("default", None), ("default", False), ("maximum", MAX_ID))
"""Keywords that a model does not need: we check them all the same."""

# OpenAI's strict mode refuses the other keywords, or drops them as Gemini does.
_PLAIN_KEYWORDS = (
    *("type", "description", "enum", "minimum", "maximum", "items", "minItems", "maxItems"),
    *("properties", "required", "additionalProperties"),
)

PACKAGED_SCHEMAS = Path(__file__).with_name("schemas.json")
"""The schemas of every tool, by the names of the models: a host waits for the list of tools, not for 50 schemas."""


def input_schema(model: type[Payload]) -> Schema:
    """Return the schema of a tool's arguments, from the package if it is there."""
    return _read_packaged().get(schema_key(model)) or build_input_schema(model)


def output_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of a tool's result, from the package if it is there."""
    return _read_packaged().get(schema_key(model)) or build_output_schema(model)


def schema_key(model: type[BaseModel]) -> str:
    """Return the name under which a model's schema is packaged."""
    return f"{model.__module__}.{model.__name__}"


@cache  # For every server of a process, which share it and change nothing in it.
def _read_packaged() -> Mapping[str, Schema]:
    return from_json(PACKAGED_SCHEMAS.read_bytes())


def build_input_schema(model: type[Payload]) -> Schema:
    """Build the schema of a tool's arguments, of plain keywords; the descriptions have the defaults."""
    return _map_parts(_build_schema(model), _to_argument)


def build_output_schema(model: type[BaseModel]) -> Schema:
    """Build the schema of a tool's result, without `required`, to save tokens."""
    return _map_parts(_build_schema(model), _to_field)


def _build_schema(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(by_alias=False)
    schema = cast("Schema", _inline(schema, schema.get("$defs", {})))
    schema.pop("description", None)
    schema.setdefault("properties", {})
    return schema


def _inline(node: object, defs: Mapping[str, object]) -> object:
    """Return a schema with its references inlined, without titles and omitted keywords."""
    if isinstance(node, list):
        return [_inline(item, defs) for item in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    part = cast("Schema", node)
    if "$ref" in part:
        target = cast("Schema", defs[part["$ref"].removeprefix("#/$defs/")])
        return _inline({**_drop_key(target, "description"), **_drop_key(part, "$ref")}, defs)
    parts = {key: value for key, value in part.items() if not _is_omitted(key, value)}
    return {
        key: _properties(value, defs) if key == "properties" else _inline(value, defs) for key, value in parts.items()
    }


def _map_parts(part: Schema, convert: Callable[[Schema], Schema]) -> Schema:
    """Return a schema with each of its parts converted."""
    converted = convert(part)
    if "properties" in converted:
        converted["properties"] = {name: _map_parts(value, convert) for name, value in part["properties"].items()}
    if "items" in converted:
        converted["items"] = _map_parts(part["items"], convert)
    return converted


def _to_argument(part: Schema) -> Schema:
    """Return a part of plain keywords; its description has the default.

    It has no length of a text: who exceeds it, which is rare, learns it from the refusal.
    """
    plain = {key: value for key, value in part.items() if key in _PLAIN_KEYWORDS}
    if "const" in part:
        plain["enum"] = [part["const"]]
    if "description" in part:
        default = f"Default: {part['default']}." if "default" in part else ""
        plain["description"] = " ".join(filter(None, (part["description"], default)))
    return plain


def _to_field(part: Schema) -> Schema:
    """Return a part of plain keywords; a result has no limits that a host would have to check."""
    return {key: value for key, value in part.items() if key in _PLAIN_KEYWORDS and key != "required"}


def _properties(node: Schema, defs: Mapping[str, object]) -> Schema:
    return {name: _inline(part, defs) for name, part in node.items()}


def _is_omitted(key: str, value: object) -> bool:
    return key in ("title", "$defs") or any(
        key == name and value == noise and type(value) is type(noise) for name, noise in _OMITTED
    )


def _drop_key(part: Schema, key: str) -> Schema:
    return {name: value for name, value in part.items() if name != key}
