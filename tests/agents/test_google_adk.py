"""Google's Agent Development Kit with its McpToolset."""

import json
import os
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from conftest import CALLS, CREATION, QUESTION, STRICT_CALLS, Toggl
from google.adk.agents import LlmAgent
from google.adk.events import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.adk.tools.mcp_tool import McpToolset, StdioConnectionParams
from google.genai import types
from google_adk_recipe import ask
from mcp import StdioServerParameters

pytestmark = pytest.mark.anyio


class ScriptedModel(BaseLlm):
    """Calls tools as a script says."""

    model: str = "scripted"
    calls: list[tuple[str, dict[str, Any]]]
    tools: list[str]

    async def generate_content_async(self, llm_request: LlmRequest, *_: Any, **__: Any) -> AsyncGenerator[LlmResponse]:
        self.tools[:] = llm_request.tools_dict
        part = types.Part(text="Done.")
        if self.calls:
            name, args = self.calls.pop(0)
            part = types.Part(function_call=types.FunctionCall(name=name, args=args))
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


def script(calls: Sequence[tuple[str, dict[str, Any]]]) -> ScriptedModel:
    return ScriptedModel(calls=list(calls), tools=[])


def responses(events: Sequence[Event]) -> list[Any]:
    """Return what the model gets of each call."""
    return [response.response for event in events for response in event.get_function_responses()]


async def test_agent_reads_and_creates_once(toggl: Toggl, url: str | None) -> None:
    model = script(CALLS)
    events = await ask(model, QUESTION, url)

    timer, creation = responses(events)
    assert "now" in timer["structuredContent"]
    assert creation["structuredContent"]["entries"][0]["status"] == "created"
    assert json.loads(creation["content"][0]["text"]) == creation["structuredContent"]
    assert (events[-1].content.parts[0].text, toggl.count_entries()) == ("Done.", 1)
    assert (len(model.tools) == 3) == (url is None)


async def test_same_call_twice_creates_once(toggl: Toggl, url: str | None) -> None:
    _, again = responses(await ask(script([CREATION, CREATION]), QUESTION, url))

    assert (again["structuredContent"]["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


async def test_null_and_empty_arguments_count_as_absent(toggl: Toggl, url: str | None) -> None:
    (creation,) = responses(await ask(script(STRICT_CALLS), QUESTION, url))

    assert (creation["structuredContent"]["entries"][0]["status"], toggl.count_entries()) == ("created", 1)


async def test_failure_reaches_the_model_as_text(toggl: Toggl, url: str | None) -> None:
    (failure,) = responses(
        await ask(script([("create_time_entries", {"entries": [{"project": "No"}]})]), QUESTION, url)
    )

    assert (failure["isError"], toggl.count_entries()) == (True, 0)
    assert "code" in json.loads(failure["content"][0]["text"])


@pytest.mark.parametrize("slow_seconds", [8])
async def test_call_that_is_repeated_after_a_timeout_creates_once(toggl: Toggl) -> None:
    process = StdioServerParameters(command="toggl-mcp", args=[], env=dict(os.environ))
    toolset = McpToolset(connection_params=StdioConnectionParams(server_params=process, timeout=5))
    agent = LlmAgent(name="a", model=script([CREATION, CREATION, CREATION]), tools=[toolset])
    async with InMemoryRunner(agent=agent) as runner:
        results = responses(await runner.run_debug(QUESTION, quiet=True))

    assert "error" in results[0]
    assert results[-1]["structuredContent"]["entries"][0]["status"] == "already_there"
    assert toggl.count_entries() == 1
