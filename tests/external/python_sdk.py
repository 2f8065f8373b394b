"""Drives a server with the Python SDK 1: python_sdk.py COMMAND [ARGUMENT...], or python_sdk.py URL.

The server must serve the sandbox. It runs with `mcp` 1.30, which the project's own environment has not.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import (
    ElicitRequestParams,
    ElicitResult,
    PromptReference,
    ResourceListChangedNotification,
    ResourceTemplateReference,
    ServerNotification,
)
from pydantic import AnyUrl
from python_values import VALUES, get_completion

questions: list[str] = []
list_changed = asyncio.Event()


async def main(target: list[str]) -> None:
    async with AsyncExitStack() as stack:
        over_http = target[0].startswith("http")
        transport = (
            streamable_http_client(target[0])
            if over_http
            else stdio_client(StdioServerParameters(command=target[0], args=target[1:]))
        )
        read, write, *_ = await stack.enter_async_context(transport)
        session = await stack.enter_async_context(
            ClientSession(read, write, elicitation_callback=decline, message_handler=keep_list_change)
        )
        initialized = await session.initialize()
        assert initialized.protocolVersion == "2025-11-25"
        assert initialized.serverInfo.name == "toggl-track"
        await check_lists(session)
        assert bool(initialized.capabilities.resources.listChanged) is not over_http
        await check_list_change(session, can_push=not over_http)
        await check_changes(session)
        await check_form(session, over_http=over_http)
    print(f"ok      Python SDK 1 {'over HTTP' if over_http else 'over stdio'}")  # noqa: T201 - for who runs it


async def check_lists(session: ClientSession) -> None:
    assert {"create_client", "undo"} <= {tool.name for tool in (await session.list_tools()).tools}
    templates = [template.uriTemplate for template in (await session.list_resource_templates()).resourceTemplates]
    of_templates = [uri.format(**VALUES) for uri in templates]
    for uri in (*(resource.uri for resource in (await session.list_resources()).resources), *of_templates):
        contents = (await session.read_resource(AnyUrl(str(uri)))).contents
        assert isinstance(json.loads(contents[0].text), dict)
    for uri in templates:
        name = uri[uri.index("{") + 1 : -1]
        await check_completion(session, ResourceTemplateReference(type="ref/resource", uri=uri), name)
    for prompt in (await session.list_prompts()).prompts:
        required = {argument.name: "Aroha Bakery" for argument in prompt.arguments if argument.required}
        assert (await session.get_prompt(prompt.name, required)).messages
        for argument in prompt.arguments:
            await check_completion(session, PromptReference(type="ref/prompt", name=prompt.name), argument.name)


async def check_list_change(session: ClientSession, *, can_push: bool) -> None:
    """Cached projects are listed; over stdio the client is told of a new one, stateless HTTP says that it cannot."""
    titles = [resource.title for resource in (await session.list_resources()).resources]
    assert "Web shop" in titles
    await succeed(session, "create_project", name="Paddles")
    if can_push:
        await asyncio.wait_for(list_changed.wait(), 30)
    assert list_changed.is_set() == can_push
    titles = [resource.title for resource in (await session.list_resources()).resources]
    assert "Paddles" in titles
    await succeed(session, "undo")


async def keep_list_change(message: object) -> None:
    if isinstance(message, ServerNotification) and isinstance(message.root, ResourceListChangedNotification):
        list_changed.set()


async def check_completion(
    session: ClientSession, reference: PromptReference | ResourceTemplateReference, name: str
) -> None:
    part, expected = get_completion(name, getattr(reference, "uri", ""))
    values = (await session.complete(reference, {"name": name, "value": part})).completion.values
    assert values[:1] == expected, (reference, name, values)


async def check_changes(session: ClientSession) -> None:
    """The SDK holds each result against the tool's output schema."""
    client = (await succeed(session, "create_client", name="Kererū Kayaks"))["client"]
    edited = (await succeed(session, "edit_client", client=client["id"], name="Kererū Canoes"))["client"]
    assert edited["name"] == "Kererū Canoes"
    await succeed(session, "undo")
    assert (await succeed(session, "get_client", client=client["id"]))["client"]["name"] == "Kererū Kayaks"
    await fail(session, "duplicate_name", "create_client", name="Kererū Kayaks")
    await fail(session, "invalid_arguments", "create_client")


async def check_form(session: ClientSession, *, over_http: bool) -> None:
    """Over stdio the person is asked and declines; stateless HTTP cannot ask a client of this revision."""
    if over_http:
        await succeed(session, "delete_client", client="Kererū Kayaks")
        assert questions == []
        return
    await fail(session, "declined", "delete_client", client="Kererū Kayaks")
    await succeed(session, "get_client", client="Kererū Kayaks")
    assert len(questions) == 1
    assert "Kererū Kayaks" in questions[0]


async def decline(_: object, params: ElicitRequestParams) -> ElicitResult:
    questions.append(params.message)
    return ElicitResult(action="decline")


async def succeed(session: ClientSession, tool: str, **arguments: object) -> dict[str, Any]:
    result = await session.call_tool(tool, arguments)
    assert not result.isError, result.content[0].text
    assert json.loads(result.content[0].text) == result.structuredContent
    return result.structuredContent


async def fail(session: ClientSession, code: str, tool: str, **arguments: object) -> None:
    result = await session.call_tool(tool, arguments)
    assert result.isError, result
    assert json.loads(result.content[0].text)["code"] == code, result.content[0].text


asyncio.run(main(sys.argv[1:]))
