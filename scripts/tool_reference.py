"""docs/tools.md: the definition of each tool."""

from collections.abc import Iterator, Mapping
from typing import Any

import anyio
from mcp.types import Tool

from scripts.markdown import NOTE, format_names, table
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings
from toggl_mcp.toolsets import TOOLSETS, all_tools

TOOLSET_NAMES = tuple(TOOLSETS)


def list_tools(**settings: object) -> list[Tool]:
    """Return the tools that a server with these settings lists."""
    return anyio.run(build_server(Settings.model_construct(**settings)).list_tools)  # pyright: ignore[reportArgumentType] - fields


def tool_names(**settings: object) -> list[str]:
    """Return the names of these tools."""
    return [tool.name for tool in list_tools(**settings)]


def tools_page() -> str:
    """Return docs/tools.md."""
    head = f"""{NOTE}

# Tools

The definition of each tool: description, arguments and result. A required argument or field is marked with \\*;
other result fields are left out when they are empty. `a.b` is a field of an object, `a[].b` of each item of an array.
Failures have `isError` and a text of JSON with `code` and `message`; [python-api.md](python-api.md#errors) lists the
codes.
"""
    return "\n".join([head, *(part for name in TOOLSET_NAMES for part in _toolset_section(name))])


def _toolset_section(name: str) -> Iterator[str]:
    yield f"## Toolset `{name}`\n"
    former_toolsets = TOOLSET_NAMES[: TOOLSET_NAMES.index(name)]
    described_names = {tool.name for toolset in former_toolsets for tool in TOOLSETS[toolset]}
    for tool in list_tools(toolsets=name):
        if tool.name in described_names:
            yield f"### {tool.name}\n\nAs above.\n"
            continue
        yield f"### {tool.name}\n\n{tool.description}\n\n{_annotations(tool)}\n"
        if arguments := list(_rows(tool.input_schema)):
            yield table(("argument", "type", "meaning"), arguments) + "\n"
        yield table(("result", "type", "meaning"), _rows(tool.output_schema or {})) + "\n"
        if names := _list_undeclared_fields(tool):
            yield f"Also returned, though the schema leaves it out to save tokens: {format_names(names)}.\n"


def _list_undeclared_fields(tool: Tool) -> list[str]:
    """Return the fields of a tool's result that its schema leaves out."""
    (spec,) = (spec for spec in all_tools() if spec.name == tool.name)
    declared_fields = (tool.output_schema or {})["properties"]
    fields = spec.output_model.model_fields.items()
    return [name for name, info in fields if name not in declared_fields and not info.exclude]


def _annotations(tool: Tool) -> str:
    hints = tool.annotations
    if hints is None or hints.read_only_hint:
        return "Read-only."
    effect = "Destructive" if hints.destructive_hint else "Additive"
    return f"{effect}, {'idempotent' if hints.idempotent_hint else 'not idempotent'}."


def _rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield a row for each field of an object, its objects' fields below it."""
    for name, field in schema.get("properties", {}).items():
        star = r"\*" if name in schema.get("required", ()) else ""
        yield f"`{prefix}{name}`{star}", _type(field), field.get("description", "")
        yield from _rows(field, f"{prefix}{name}.")
        yield from _rows(field.get("items", {}), f"{prefix}{name}[].")


def _type(field: Mapping[str, Any]) -> str:
    """Return a field's type with its bounds, for a reader."""
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    name = f"array of {_type(field['items'])}" if "items" in field else field.get("format", field.get("type", "any"))
    return f"{name}{_bounds(field)}"


def _bounds(field: Mapping[str, Any]) -> str:
    """Return the bounds of a number or of an array's length."""
    lower = field.get("minimum", field.get("minItems"))
    upper = field.get("maximum", field.get("maxItems"))
    if upper is None:
        return "" if lower is None else f", at least {lower}"
    return f", at most {upper}" if lower is None else f", {lower} to {upper}"
