"""What the SDK calls in place of its own reading of arguments, which would name none of them in our words."""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from pydantic import ConfigDict


class RawArguments(ArgModelBase):
    """Takes any arguments, unread, for a tool that asks the person first."""

    model_config = ConfigDict(extra="allow")

    def model_dump_one_level(self) -> dict[str, Any]:
        """Return them as one argument."""
        return {"raw": self.model_extra or {}}


class PlainTool(Tool):
    """A tool whose function reads its arguments, and returns every failure as a result."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401, ARG002, FBT001, FBT002 - the SDK's signature
        """Return the function's result."""
        return await self.fn(arguments, context)
