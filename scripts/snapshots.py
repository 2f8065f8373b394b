"""Write the tools' schemas and snapshots anew, for a person to read the difference."""

import json
from collections.abc import Iterator
from pathlib import Path

import anyio
from mcp import Client
from pydantic_core import to_json

from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings
from toggl_mcp.tools.support.schema import (
    PACKAGED_SCHEMAS,
    Schema,
    build_input_schema,
    build_output_schema,
    schema_key,
)
from toggl_mcp.toolsets import all_tools

FOLDER = Path(__file__).parent.parent / "tests" / "tools" / "snapshots"


def build_schemas() -> Iterator[tuple[str, Schema]]:
    """Yield the schema of each model that a tool takes or returns, with the name under which it is packaged."""
    for tool in all_tools():
        for model in filter(None, (tool.input_model, tool.restricted_input)):
            yield schema_key(model), build_input_schema(model)
        yield schema_key(tool.output_model), build_output_schema(tool.output_model)


async def main() -> None:
    """Write the packaged schemas and one file a tool, and remove the files of tools that are gone."""
    lines = [f"{to_json(key).decode()}:{to_json(schema).decode()}" for key, schema in dict(build_schemas()).items()]
    PACKAGED_SCHEMAS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    async with Client(build_server(Settings.model_construct()), mode="legacy") as client:
        tools = (await client.list_tools()).tools
    for path in FOLDER.glob("*.json"):
        path.unlink()
    for tool in tools:
        wire = tool.model_dump(by_alias=True, mode="json", exclude_none=True)
        text = json.dumps(wire, indent=2, ensure_ascii=False)
        FOLDER.joinpath(f"{tool.name}.json").write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    anyio.run(main)
