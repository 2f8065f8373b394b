"""What the SDK calls in place of its own reading of arguments, which would name none of them in our words."""

from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase
from mcp.types import CallToolResult
from pydantic import ConfigDict

from toggl_mcp.errors import Declined
from toggl_mcp.models.metrics import record_tool_call
from toggl_mcp.tools.support.results import to_error_result


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


class ElicitedTool(Tool):
    """A tool that asks the person first. The SDK raises ToolError when it cannot read what the person answered."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - the SDK's signature
        """Return the function's result, or that the person did not agree."""
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError:
            return decline(self.name, "The host did not say that the person agreed; nothing was changed.")


def decline(tool: str, message: str) -> CallToolResult:
    """Return that a call was not confirmed, and record it: it took a person's time, and none of the server's."""
    record_tool_call(tool, Declined.code, 0.0)
    return to_error_result(Declined(message))
