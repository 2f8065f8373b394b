import os
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AnyMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools


def connect(url: str | None) -> dict[str, Any]:
    if url:
        headers = {"Authorization": f"Bearer {os.environ['TOGGL_API_TOKEN']}"}
        return {"transport": "http", "url": url, "headers": headers}
    args = ["--tools", "get_timer,create_time_entries,summarize_time"]
    return {"transport": "stdio", "command": "toggl-mcp", "args": args, "env": dict(os.environ)}


async def ask(model: BaseChatModel, question: str, url: str | None = None) -> list[AnyMessage]:
    client = MultiServerMCPClient({"toggl": connect(url)})
    async with client.session("toggl") as session:  # One process for all calls.
        agent = create_agent(model, await load_mcp_tools(session))
        return (await agent.ainvoke({"messages": question}))["messages"]
