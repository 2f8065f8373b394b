import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec
from mcp import ClientSession, StdioServerParameters, stdio_client


@asynccontextmanager
async def connect(url: str | None) -> AsyncGenerator[ClientSession]:
    if url:
        headers = {"Authorization": f"Bearer {os.environ['TOGGL_API_TOKEN']}"}
        yield BasicMCPClient(url, headers=headers, timeout=60)
        return
    args = ["--tools", "get_timer,create_time_entries,summarize_time"]
    process = StdioServerParameters(command="toggl-mcp", args=args, env=dict(os.environ))
    # One process for all calls: BasicMCPClient("toggl-mcp", args) would start one for each.
    async with stdio_client(process) as streams, ClientSession(*streams, read_timeout_seconds=60) as session:
        await session.initialize()
        yield session


async def ask(llm: FunctionCallingLLM, question: str, url: str | None = None) -> AgentOutput:
    async with connect(url) as client:
        agent = FunctionAgent(tools=await McpToolSpec(client).to_tool_list_async(), llm=llm)
        return await agent.run(question)
