"""The Agents SDK of OpenAI with its own MCP servers."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from agents import Agent, Model, ModelResponse, Runner, RunResult, Usage, set_tracing_disabled
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from conftest import CALLS, CREATION, HEADERS, QUESTION, STRICT_CALLS, Toggl
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText
from openai_agents_recipe import ask

pytestmark = pytest.mark.anyio
set_tracing_disabled(disabled=True)


class ScriptedModel(Model):
    """Calls tools as a script says."""

    def __init__(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self._calls = list(enumerate(calls))
        self.tools: list[Any] = []

    async def get_response(self, *args: Any, **options: Any) -> ModelResponse:
        self.tools = options["tools"] if "tools" in options else args[3]
        if self._calls:
            number, (name, arguments) = self._calls.pop(0)
            item: Any = ResponseFunctionToolCall(
                type="function_call", name=name, arguments=json.dumps(arguments), call_id=f"call-{number}"
            )
        else:
            text = ResponseOutputText(type="output_text", text="Done.", annotations=[])
            item = ResponseOutputMessage(
                id="last", type="message", role="assistant", status="completed", content=[text]
            )
        return ModelResponse(output=[item], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError  # The framework demands the method; no run here streams.


def outputs(result: RunResult) -> list[str]:
    """Return what the model gets of each call."""
    values = [item.output for item in result.new_items if item.type == "tool_call_output_item"]
    return [value["text"] if isinstance(value, dict) else value for value in values]


async def test_agent_reads_and_creates_once(toggl: Toggl, url: str | None) -> None:
    model = ScriptedModel(CALLS)
    result = await ask(model, QUESTION, url)

    timer, creation = outputs(result)
    assert "now" in json.loads(timer)
    assert json.loads(creation)["entries"][0]["status"] == "created"
    assert (result.final_output, toggl.count_entries()) == ("Done.", 1)
    assert (len(model.tools) == 3) == (url is None)


async def test_same_call_twice_creates_once(toggl: Toggl, url: str | None) -> None:
    _, again = outputs(await ask(ScriptedModel([CREATION, CREATION]), QUESTION, url))

    assert (json.loads(again)["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)


async def test_null_and_empty_arguments_count_as_absent(toggl: Toggl, url: str | None) -> None:
    (creation,) = outputs(await ask(ScriptedModel(STRICT_CALLS), QUESTION, url))

    assert (json.loads(creation)["entries"][0]["status"], toggl.count_entries()) == ("created", 1)


async def test_strict_schemas_require_every_argument(toggl: Toggl) -> None:
    model = ScriptedModel(STRICT_CALLS)
    params: Any = {"command": "toggl-mcp", "env": dict(os.environ)}
    async with MCPServerStdio(params, client_session_timeout_seconds=60) as server:
        config: Any = {"convert_schemas_to_strict": True}
        result = await Runner.run(Agent("A", model=model, mcp_servers=[server], mcp_config=config), QUESTION)

    assert [tool.name for tool in model.tools if not tool.strict_json_schema] == []
    schema = next(tool.params_json_schema for tool in model.tools if tool.name == "create_time_entries")
    assert {*schema["required"]} == {*schema["properties"]}
    assert (json.loads(outputs(result)[0])["entries"][0]["status"], toggl.count_entries()) == ("created", 1)


async def test_failure_reaches_the_model_as_text(toggl: Toggl, url: str | None) -> None:
    (failure,) = outputs(
        await ask(ScriptedModel([("create_time_entries", {"entries": [{"project": "No"}]})]), QUESTION, url)
    )

    assert ("code" in json.loads(failure), toggl.count_entries()) == (True, 0)


@pytest.mark.parametrize("slow_seconds", [8])
async def test_call_that_is_repeated_after_a_timeout_creates_once(toggl: Toggl, url: str | None) -> None:
    params: Any = {"url": url, "headers": HEADERS} if url else {"command": "toggl-mcp", "env": dict(os.environ)}
    options: Any = {"client_session_timeout_seconds": 5, "max_retry_attempts": 3, "retry_backoff_seconds_base": 0.5}
    server = MCPServerStreamableHttp(params, **options) if url else MCPServerStdio(params, **options)
    async with server:
        result = await Runner.run(Agent("A", model=ScriptedModel([CREATION]), mcp_servers=[server]), QUESTION)

    (creation,) = outputs(result)
    assert (json.loads(creation)["entries"][0]["status"], toggl.count_entries()) == ("already_there", 1)
