import os

from agents import Agent, Model, Runner, RunResult
from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp


def connect(url: str | None) -> MCPServer:
    if url:
        headers = {"Authorization": f"Bearer {os.environ['TOGGL_API_TOKEN']}"}
        return MCPServerStreamableHttp({"url": url, "headers": headers}, client_session_timeout_seconds=60)
    args = ["--tools", "get_timer,create_time_entries,summarize_time"]
    params = {"command": "toggl-mcp", "args": args, "env": dict(os.environ)}
    return MCPServerStdio(params, cache_tools_list=True, client_session_timeout_seconds=60)


async def ask(model: Model, question: str, url: str | None = None) -> RunResult:
    async with connect(url) as server:  # One process for all calls.
        return await Runner.run(Agent("Bookkeeper", model=model, mcp_servers=[server]), question)
