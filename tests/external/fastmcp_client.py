"""Drives a server with FastMCP's client in both eras: fastmcp_client.py COMMAND [ARGUMENT...], or one URL.

The server must serve the sandbox. It runs with `fastmcp`, which the project's own environment has not.
"""

import asyncio
import json
import sys

from fastmcp import Client
from fastmcp.client.elicitation import ElicitResult
from fastmcp.client.transports import StdioTransport
from mcp_types import PromptReference, ResourceTemplateReference
from python_values import VALUES, get_completion

ERAS = {"auto": "2026-07-28", "legacy": "2025-11-25"}
questions: list[str] = []


async def main(target: list[str]) -> None:
    over_http = target[0].startswith("http")
    for mode, version in ERAS.items():
        questions.clear()
        transport = target[0] if over_http else StdioTransport(target[0], target[1:], keep_alive=False)
        async with Client(transport, mode=mode, elicitation_handler=decline) as client:
            assert client.protocol_version == version
            assert client.server_info.name == "toggl-track"
            await check_resources(client)
            await check_prompts(client)
            await check_form(client, can_ask=not over_http or mode == "auto")
        print(f"ok      FastMCP's client {version} {'over HTTP' if over_http else 'over stdio'}")  # noqa: T201 - for who runs it


async def check_resources(client: Client) -> None:
    """Each is read, and read again without a request to Toggl."""
    templates = [template.uri_template for template in await client.list_resource_templates()]
    of_templates = [uri.format(**VALUES) for uri in templates]
    for uri in (*(str(resource.uri) for resource in await client.list_resources()), *of_templates):
        await client.read_resource(uri)
        (content,) = await client.read_resource(uri)
        assert json.loads(content.text).get("source") != "toggl"
    assert "Web shop" in [resource.title for resource in await client.list_resources()]
    for uri in templates:
        name = uri[uri.index("{") + 1 : -1]
        await check_completion(client, ResourceTemplateReference(uri=uri), name)


async def check_prompts(client: Client) -> None:
    prompts = await client.list_prompts()
    assert {"weekly_review", "standup"} <= {prompt.name for prompt in prompts}
    for prompt in prompts:
        required = {argument.name: "Aroha Bakery" for argument in prompt.arguments if argument.required}
        assert (await client.get_prompt(prompt.name, required)).messages
        for argument in prompt.arguments:
            await check_completion(client, PromptReference(name=prompt.name), argument.name)


async def check_completion(client: Client, reference: PromptReference | ResourceTemplateReference, name: str) -> None:
    part, expected = get_completion(name, getattr(reference, "uri", ""))
    values = (await client.complete(reference, {"name": name, "value": part})).values
    assert values[:1] == expected, (reference, name, values)


async def check_form(client: Client, *, can_ask: bool) -> None:
    """The client checks each result against the tool's output schema; who can be asked, declines a deletion."""
    created = await client.call_tool("create_client", {"name": "Kererū Kayaks"})
    assert created.structured_content["client"]["name"] == "Kererū Kayaks"
    result = await client.call_tool("delete_client", {"client": "Kererū Kayaks"}, raise_on_error=False)
    assert result.is_error == can_ask
    assert len(questions) == can_ask
    if can_ask:
        assert json.loads(result.content[0].text)["code"] == "declined"
        assert (await client.call_tool("undo", {})).structured_content["complete"]


async def decline(message: str, *_: object) -> ElicitResult:
    questions.append(message)
    return ElicitResult(action="decline")


asyncio.run(main(sys.argv[1:]))
