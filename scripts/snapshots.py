"""Write the tools' snapshots anew, for a person to read the difference."""

import json
from pathlib import Path

import anyio
from mcp import Client

from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

FOLDER = Path(__file__).parent.parent / "tests" / "tools" / "snapshots"


async def main() -> None:
    """Write one file a tool, and remove those of tools that are gone."""
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
