import os

from google.adk.agents import LlmAgent
from google.adk.events import Event
from google.adk.models import BaseLlm
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams, StreamableHTTPConnectionParams
from mcp import StdioServerParameters


def connect(url: str | None) -> McpToolset:
    if url:
        headers = {"Authorization": f"Bearer {os.environ['TOGGL_API_TOKEN']}"}
        return McpToolset(connection_params=StreamableHTTPConnectionParams(url=url, headers=headers, timeout=60))
    args = ["--tools", "get_timer,create_time_entries,summarize_time"]
    process = StdioServerParameters(command="toggl-mcp", args=args, env=dict(os.environ))
    return McpToolset(connection_params=StdioConnectionParams(server_params=process, timeout=60))


async def ask(model: BaseLlm | str, question: str, url: str | None = None) -> list[Event]:
    agent = LlmAgent(name="bookkeeper", model=model, tools=[connect(url)])
    async with InMemoryRunner(agent=agent) as runner:  # One process for all calls.
        return await runner.run_debug(question, quiet=True)
