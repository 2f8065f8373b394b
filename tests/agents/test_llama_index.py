"""LlamaIndex's FunctionAgent with llama-index-tools-mcp."""

import os
from collections.abc import Sequence
from typing import Any

import pytest
from conftest import CALLS, CREATION, HEADERS, QUESTION, STRICT_CALLS, Toggl
from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.llms import ChatMessage, MockFunctionCallingLLM
from llama_index.core.llms.mock import ToolCallBlock
from llama_index.tools.mcp import BasicMCPClient, McpToolSpec
from llama_index_recipe import ask

pytestmark = pytest.mark.anyio


def script(calls: Sequence[tuple[str, dict[str, Any]]], tools: list[Any] | None = None) -> MockFunctionCallingLLM:
    """Return a model that calls tools as a script says."""
    steps = list(enumerate(calls))

    def step(_: Sequence[ChatMessage], **options: Any) -> ChatMessage:
        if tools is not None:
            tools[:] = options["tools"]
        if not steps:
            return ChatMessage(role="assistant", content="Done.")
        number, (name, arguments) = steps.pop(0)
        return ChatMessage(
            role="assistant", blocks=[ToolCallBlock(tool_call_id=f"{number}", tool_name=name, tool_kwargs=arguments)]
        )

    return MockFunctionCallingLLM(response_generator=step)


def results(output: AgentOutput) -> list[Any]:
    """Return the MCP result of each call."""
    return [call.tool_output.raw_output for call in output.tool_calls]


async def test_agent_reads_and_creates_once(toggl: Toggl, url: str | None) -> None:
    tools: list[Any] = []
    output = await ask(script(CALLS, tools), QUESTION, url)

    timer, creation = results(output)
    assert "now" in timer.structured_content
    assert creation.structured_content["entries"][0]["status"] == "created"
    assert (output.response.content, toggl.count_entries()) == ("Done.", 1)
    assert (len(tools) == 3) == (url is None)


async def test_model_gets_the_text_and_the_structured_content(toggl: Toggl, url: str | None) -> None:
    (call,) = (await ask(script([CREATION]), QUESTION, url)).tool_calls

    assert call.tool_output.content.count("Ferry plan") == 2
    assert toggl.count_entries() == 1


async def test_same_call_twice_creates_once(toggl: Toggl, url: str | None) -> None:
    _, again = results(await ask(script([CREATION, CREATION]), QUESTION, url))

    assert (again.structured_content["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


async def test_null_and_empty_arguments_count_as_absent(toggl: Toggl, url: str | None) -> None:
    (creation,) = results(await ask(script(STRICT_CALLS), QUESTION, url))

    assert (creation.structured_content["entries"][0]["status"], toggl.count_entries()) == ("created", 1)


async def test_failure_reaches_the_model_as_text_that_is_no_error(toggl: Toggl, url: str | None) -> None:
    (call,) = (await ask(script([("create_time_entries", {"entries": [{"project": "No"}]})]), QUESTION, url)).tool_calls

    assert (call.tool_output.raw_output.is_error, call.tool_output.is_error) == (True, False)
    assert ('"code"' in call.tool_output.content, toggl.count_entries()) == (True, 0)


async def test_basic_client_starts_a_process_a_call(toggl: Toggl) -> None:
    client = BasicMCPClient("toggl-mcp", env=dict(os.environ), timeout=60)
    agent = FunctionAgent(tools=await McpToolSpec(client).to_tool_list_async(), llm=script([CREATION, CREATION]))
    _, again = results(await agent.run(QUESTION))

    assert (again.structured_content["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


@pytest.mark.parametrize("slow_seconds", [8])
async def test_call_that_is_repeated_after_a_timeout_creates_once(toggl: Toggl, url: str | None) -> None:
    client = BasicMCPClient(url or "toggl-mcp", env=dict(os.environ), headers=HEADERS, timeout=5)
    agent = FunctionAgent(
        tools=await McpToolSpec(client).to_tool_list_async(), llm=script([CREATION, CREATION, CREATION])
    )
    calls = (await agent.run(QUESTION)).tool_calls

    assert calls[0].tool_output.is_error
    assert calls[-1].tool_output.raw_output.structured_content["entries"][0]["status"] == "already_there"
    assert toggl.count_entries() == 1
