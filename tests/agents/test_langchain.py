"""LangChain's agent with the tools of langchain-mcp-adapters."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from conftest import CALLS, CREATION, QUESTION, STRICT_CALLS, Toggl
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools
from langchain_recipe import ask, connect

pytestmark = pytest.mark.anyio


class ScriptedModel(GenericFakeChatModel):
    """Calls tools as a script says."""

    tools: list[Any]

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> "ScriptedModel":
        self.tools[:] = tools
        return self


def script(calls: Sequence[tuple[str, dict[str, Any]]]) -> ScriptedModel:
    steps = [
        AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call-{number}"}])
        for number, (name, args) in enumerate(calls)
    ]
    return ScriptedModel(messages=iter([*steps, AIMessage("Done.")]), tools=[])


async def test_agent_reads_and_creates_once(toggl: Toggl, url: str | None) -> None:
    model = script(CALLS)
    messages = await ask(model, QUESTION, url)

    timer, creation = [message for message in messages if isinstance(message, ToolMessage)]
    assert "now" in timer.artifact["structured_content"]
    assert json.loads(creation.content[0]["text"]) == creation.artifact["structured_content"]
    assert creation.artifact["structured_content"]["entries"][0]["status"] == "created"
    assert (messages[-1].text, toggl.count_entries()) == ("Done.", 1)
    assert (len(model.tools) == 3) == (url is None)


async def test_same_call_twice_creates_once(toggl: Toggl, url: str | None) -> None:
    messages = await ask(script([CREATION, CREATION]), QUESTION, url)

    _, again = [message for message in messages if isinstance(message, ToolMessage)]
    assert again.artifact["structured_content"]["entries"][0]["status"] == "already_there"
    assert toggl.count_entries() == 1


async def test_null_and_empty_arguments_count_as_absent(toggl: Toggl, url: str | None) -> None:
    messages = await ask(script(STRICT_CALLS), QUESTION, url)

    (creation,) = [message for message in messages if isinstance(message, ToolMessage)]
    assert (creation.status, toggl.count_entries()) == ("success", 1)


async def test_failure_reaches_the_model_as_text(toggl: Toggl, url: str | None) -> None:
    messages = await ask(script([("create_time_entries", {"entries": [{"project": "Nowhere"}]})]), QUESTION, url)

    (failure,) = [message for message in messages if isinstance(message, ToolMessage)]
    assert (failure.status, toggl.count_entries()) == ("error", 0)
    assert "code" in json.loads(failure.content[0]["text"])


@pytest.mark.parametrize("slow_seconds", [8])
async def test_call_that_is_repeated_after_a_timeout_creates_once(toggl: Toggl, url: str | None) -> None:
    wait = {"session_kwargs": {"read_timeout_seconds": timedelta(seconds=5)}}
    client = MultiServerMCPClient({"toggl": connect(url) | wait})
    async with client.session("toggl") as session:
        again = ToolRetryMiddleware(max_retries=3, initial_delay=0.5)
        agent = create_agent(script([CREATION]), await load_mcp_tools(session), middleware=[again])
        messages = (await agent.ainvoke({"messages": QUESTION}))["messages"]

    (creation,) = [message for message in messages if isinstance(message, ToolMessage)]
    assert creation.artifact["structured_content"]["entries"][0]["status"] == "already_there"
    assert toggl.count_entries() == 1


async def test_tools_of_the_client_start_a_process_a_call(toggl: Toggl) -> None:
    tools = await MultiServerMCPClient({"toggl": connect(None)}).get_tools()
    messages = (await create_agent(script([CREATION, CREATION]), tools).ainvoke({"messages": QUESTION}))["messages"]

    _, again = [message for message in messages if isinstance(message, ToolMessage)]
    assert again.artifact["structured_content"]["entries"][0]["status"] == "already_there"
    assert toggl.count_entries() == 1


async def test_variables_reach_the_server_only_by_env(toggl: Toggl) -> None:
    connection = {**connect(None)}
    del connection["env"]
    async with MultiServerMCPClient({"toggl": connection}).session("toggl") as session:
        agent = create_agent(script([CREATION]), await load_mcp_tools(session))
        messages = (await agent.ainvoke({"messages": QUESTION}))["messages"]

    (failure,) = [message for message in messages if isinstance(message, ToolMessage)]
    assert json.loads(failure.content[0]["text"])["code"] == "no_token"
    assert toggl.count_entries() == 0


async def test_deletion_that_has_to_be_confirmed_is_declined(toggl: Toggl) -> None:
    connection = {**connect(None), "args": ["--confirm", "always"]}
    async with MultiServerMCPClient({"toggl": connection}).session("toggl") as session:
        deletion = ("delete_time_entries", {"ids": ["last"]})
        agent = create_agent(script([CREATION, deletion]), await load_mcp_tools(session))
        messages = (await agent.ainvoke({"messages": QUESTION}))["messages"]

    _, failure = [message for message in messages if isinstance(message, ToolMessage)]
    assert json.loads(failure.content[0]["text"])["code"] == "declined"
    assert toggl.count_entries() == 1
