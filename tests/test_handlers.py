"""What a server advertises: no empty list, no change of a list that stays, and nothing that its tools cannot read."""

from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceTemplateReference

from tests.chaos.faults import TickingClock
from tests.chaos.tokens import Accounts
from tests.http.support import serve as serve_http
from tests.sandbox.clock import Clock
from tests.test_subscriptions import subscribe_once
from tests.tools.host import Era, each_era, serve
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

TOKENS = ("a" * 32, "b" * 32)
PROJECT = ResourceTemplateReference(uri="toggl://project/{id}")
ALL = ["account", "day", "week", "project", "changes"]
OFFERS: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, ALL, ["weekly_review", "fill_my_week", "standup", "client_statement", "month_end"]),
    (
        {"access": "read"},
        ["account", "day", "week", "project"],
        ["weekly_review", "standup", "client_statement", "month_end"],
    ),
    ({"toolsets": "time_entries"}, ["day"], ["fill_my_week", "standup"]),
    ({"tools": "list_time_entries"}, ["day"], ["standup"]),
    ({"toolsets": "reports"}, ["week"], ["weekly_review", "client_statement", "month_end"]),
    ({"toolsets": "projects,undo"}, ["project", "changes"], []),
    ({"toolsets": "tags"}, [], []),
]


def describe_capability(resources: list[str]) -> dict[str, bool]:
    """Return what is advertised of resources: of these, only projects come and go."""
    return {"subscribe": True, **({"list_changed": True} if "project" in resources else {})}


async def list_offers(client: Client) -> tuple[list[str], list[str]]:
    """Return the kinds of resources, and the prompts, that a client sees."""
    uris = [item.uri for item in (await client.list_resources()).resources]
    uris += [item.uri_template for item in (await client.list_resource_templates()).resource_templates]
    kinds = {uri.removeprefix("toggl://").partition("/")[0] for uri in uris}
    return [kind for kind in ALL if kind in kinds], [item.name for item in (await client.list_prompts()).prompts]


@each_era
async def test_server_offers_what_its_tools_can_read(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    for settings, resources, prompts in OFFERS:
        async with Client(serve(sandbox, clock, **settings), mode=era) as client:
            capabilities = client.server_capabilities.model_dump(exclude={"extensions"}, exclude_none=True)

            assert await list_offers(client) == (resources, prompts)
            assert capabilities == {
                "tools": {},
                **({"resources": describe_capability(resources)} if resources else {}),
                **({"prompts": {}} if prompts else {}),
                **({"completions": {}} if resources or prompts else {}),
            }


async def test_server_hints_how_long_hosts_may_keep_what_it_sends(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        lists = [await client.list_prompts(), await client.list_resource_templates()]
        of_account = [await client.list_resources(), await client.read_resource("toggl://account")]

    assert {(item.ttl_ms, item.cache_scope) for item in lists} == {(3_600_000, "public")}
    assert {(item.ttl_ms, item.cache_scope) for item in of_account} == {(0, "private")}


@each_era
async def test_server_by_http_promises_no_push_and_serves_the_rest(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with serve_http(sandbox, clock) as web, web.connect(era=era) as host:
        client = host.client
        capabilities = client.server_capabilities.model_dump(exclude={"extensions"}, exclude_none=True)
        offers = await list_offers(client)
        account = await client.read_resource("toggl://account")
        prompt = await client.get_prompt("standup")
        with pytest.raises(MCPError, match="Method not found"):
            await subscribe_once(client, era, "toggl://account")

    assert capabilities == {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
    assert offers == (OFFERS[0][1], OFFERS[0][2])
    assert account.contents
    assert prompt.messages


async def test_request_by_http_is_restricted_by_its_headers(sandbox: Sandbox, clock: Clock) -> None:
    async with serve_http(sandbox, clock) as web:
        async with web.connect(X_Toggl_MCP_Toolsets="time_entries") as host:
            offers, instructions = await list_offers(host.client), host.client.instructions or ""
            with pytest.raises(MCPError, match=r"There is no resource 'toggl://account'\. Resources: toggl://day"):
                await host.client.read_resource("toggl://account")
            with pytest.raises(MCPError, match="There is no prompt 'month_end'"):
                await host.client.get_prompt("month_end")
        async with web.connect(X_Toggl_MCP_Read_Only="true") as host:
            read_offers = await list_offers(host.client)

    assert offers == (["day"], ["fill_my_week", "standup"])
    assert "summarize_time" not in instructions
    assert read_offers == (OFFERS[1][1], OFFERS[1][2])
    assert sandbox.calls == []


async def test_callers_by_http_read_and_complete_what_is_their_own() -> None:
    clock = TickingClock()
    accounts = Accounts(clock, TOKENS)
    for number, token in enumerate(TOKENS):
        next(iter(accounts.sandboxes[token].state.projects.values()))["name"] = f"Project of {number}"
    async with serve_http(accounts, clock, bring_your_own_token=True, token=None) as web:
        for number, token in enumerate(TOKENS):
            async with web.connect(token) as host:
                completion = (await host.client.complete(PROJECT, {"name": "id", "value": "project of"})).completion
                status = await host.client.read_resource(f"toggl://project/Project%20of%20{number}")

            assert completion.values == [f"Project of {number}"]
            assert status.contents
