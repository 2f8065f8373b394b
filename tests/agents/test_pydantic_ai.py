"""Pydantic AI with its MCPToolset, which is FastMCP's client."""

import json
import os
from collections.abc import Sequence
from typing import Any

import pytest
from conftest import CALLS, CREATION, HEADERS, QUESTION, STRICT_CALLS, Toggl
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from pydantic_ai import Agent, AgentRunResult, UnexpectedModelBehavior
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai_recipe import ask

pytestmark = pytest.mark.anyio
BAD_CALL = ("create_time_entries", {"entries": [{"project": "No"}]})


def script(calls: Sequence[tuple[str, dict[str, Any]]], tools: list[Any] | None = None) -> FunctionModel:
    """Return a model that calls tools as a script says."""
    steps = list(calls)

    def step(_: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if tools is not None:
            tools[:] = info.function_tools
        return ModelResponse([ToolCallPart(*steps.pop(0)) if steps else TextPart("Done.")])

    return FunctionModel(step)


def returns(result: AgentRunResult[str]) -> list[Any]:
    """Return what the model gets of each call."""
    parts = [part for message in result.all_messages() for part in message.parts]
    return [part.content for part in parts if isinstance(part, ToolReturnPart)]


async def test_agent_reads_and_creates_once(toggl: Toggl, url: str | None) -> None:
    tools: list[Any] = []
    result = await ask(script(CALLS, tools), QUESTION, url)

    timer, creation = returns(result)
    assert "now" in timer
    assert creation["entries"][0]["status"] == "created"
    assert (result.output, toggl.count_entries()) == ("Done.", 1)
    assert (len(tools) == 3) == (url is None)


async def test_same_call_twice_creates_once(toggl: Toggl, url: str | None) -> None:
    _, again = returns(await ask(script([CREATION, CREATION]), QUESTION, url))

    assert (again["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


async def test_null_and_empty_arguments_count_as_absent(toggl: Toggl, url: str | None) -> None:
    (creation,) = returns(await ask(script(STRICT_CALLS), QUESTION, url))

    assert (creation["entries"][0]["status"], toggl.count_entries()) == ("created", 1)


async def test_failure_reaches_the_model_as_text(toggl: Toggl, url: str | None) -> None:
    (failure,) = returns(await ask(script([BAD_CALL]), QUESTION, url))

    assert ("code" in json.loads(failure), toggl.count_entries()) == (True, 0)


async def test_failures_count_as_retries_by_default(toggl: Toggl) -> None:
    agent = Agent(
        script([BAD_CALL, BAD_CALL]), toolsets=[MCPToolset(StdioTransport("toggl-mcp", [], dict(os.environ)))]
    )
    async with agent:
        with pytest.raises(UnexpectedModelBehavior, match="exceeded max retries"):
            await agent.run(QUESTION)
    assert toggl.count_entries() == 0


@pytest.mark.parametrize("slow_seconds", [8])
async def test_call_that_is_repeated_after_a_timeout_creates_once(toggl: Toggl, url: str | None) -> None:
    client, options = (url, {"headers": HEADERS}) if url else (StdioTransport("toggl-mcp", [], dict(os.environ)), {})
    toolset = MCPToolset(client, read_timeout=5, max_retries=3, **options)
    agent = Agent(script([CREATION, CREATION, CREATION]), toolsets=[toolset])
    async with agent:
        timed_out, *_, again = returns(await agent.run(QUESTION))

    assert "timed out" in timed_out
    assert (again["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


async def test_deletion_that_has_to_be_confirmed_asks_the_elicitation_handler(
    toggl: Toggl,  # noqa: ARG001 - it sets the environment
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def accept(message: str, *_: Any) -> ElicitResult[dict[str, bool]]:
        questions.append(message)
        return ElicitResult(action="accept", content={"delete": True})

    questions: list[str] = []
    monkeypatch.setenv("TOGGL_MCP_CONFIRM", "always")
    client = StdioTransport("toggl-mcp", [], dict(os.environ))
    calls = [CREATION, ("delete_time_entries", {"ids": ["last"]})]
    agent = Agent(script(calls), toolsets=[MCPToolset(client, elicitation_handler=accept)])
    async with agent:
        _, deletion = returns(await agent.run(QUESTION))

    assert (len(questions), len(deletion["deleted_ids"])) == (1, 1)
