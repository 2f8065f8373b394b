import os

from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, AgentRunResult
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.models import Model


def connect(url: str | None) -> MCPToolset:
    if url:
        headers = {"Authorization": f"Bearer {os.environ['TOGGL_API_TOKEN']}"}
        return MCPToolset(url, headers=headers, tool_error_behavior="failed")
    args = ["--tools", "get_timer,create_time_entries,summarize_time"]
    return MCPToolset(StdioTransport("toggl-mcp", args, env=dict(os.environ)), tool_error_behavior="failed")


async def ask(model: Model, question: str, url: str | None = None) -> AgentRunResult[str]:
    agent = Agent(model, toolsets=[connect(url)])
    async with agent:  # One process for all calls.
        return await agent.run(question)
