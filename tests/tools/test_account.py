"""The account tool, and which workspace is meant."""

import json

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, TOKEN, Sandbox

pytestmark = pytest.mark.anyio

HOUR = 3600


async def test_get_account_returns_workspaces_plans_timezone_and_quotas(host: Host) -> None:
    account = await host.call("get_account")

    assert [(item["name"], item["plan"], item["default"]) for item in account["workspaces"]] == [
        ("Harbour Studio", "premium", True),
        ("Night School", "free", False),
    ]
    assert account["timezone"] == "Pacific/Auckland"
    assert account["week_begins_on"] == "Monday"
    assert account["access"] == "full"
    assert (account["source"], account["age_seconds"]) == ("toggl", 0)
    assert account["quotas"] == [{"bucket": "user", "remaining": 29, "resets_in_seconds": 3600}]


async def test_get_account_costs_one_request_an_hour(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("get_account")
    clock.now += 3599
    cached = await host.call("get_account")
    assert len(sandbox.calls) == 1

    clock.now += 2
    expired = await host.call("get_account")

    assert (cached["source"], cached["age_seconds"]) == ("cache", 3599)
    assert expired["source"] == "toggl"
    assert [call.path for call in sandbox.calls] == ["/me"] * 2


async def test_get_account_has_what_the_session_spent_and_when_the_last_cached_entry_ended(
    host: Host, sandbox: Sandbox
) -> None:
    cold = await host.call("get_account")
    await host.call("stop_timer")
    await host.call("list_clients")
    account = await host.call("get_account")

    assert (cold["session_requests"], "last_entry_at" in cold) == (1, False)
    assert account["session_requests"] == len(sandbox.calls) == 4
    assert account["last_entry_at"] == "2025-10-09T21:53:20"
    assert account["requests"] == 0


async def test_get_account_refresh_bypasses_the_cache(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("get_account")
    clock.now += 1
    sandbox.state.me["timezone"] = "Europe/Berlin"

    assert (await host.call("get_account", refresh=True))["timezone"] == "Europe/Berlin"


async def test_get_account_after_the_quota_reset_omits_quotas(host: Host, clock: Clock) -> None:
    await host.call("list_clients")
    clock.now += 3601

    assert [quota["bucket"] for quota in (await host.call("get_account"))["quotas"]] == ["user"]


async def test_get_account_and_list_clients_omit_account_secrets(host: Host) -> None:
    text = json.dumps([await host.call("get_account"), await host.call("list_clients")])

    assert TOKEN not in text
    assert "5ec4e7" not in text
    assert "@" not in text


async def test_default_workspace_is_fetched_once_and_never_if_configured(sandbox: Sandbox, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    async with Client(serve(sandbox, clock, store=store)) as client:
        default = await Host(client).call("list_clients")
        await Host(client).call("get_client", client="Aroha Bakery")
    by_default = [call.path for call in sandbox.calls]
    sandbox.calls.clear()
    async with Client(serve(sandbox, clock, workspace_id=NIGHT_SCHOOL)) as client:
        configured = await Host(client).call("list_clients")

    assert by_default == ["/me", f"/workspaces/{HARBOUR_STUDIO}/clients"]
    assert default["workspace_id"] == HARBOUR_STUDIO
    assert [call.path for call in sandbox.calls] == [f"/workspaces/{NIGHT_SCHOOL}/clients"]
    assert configured["workspace_id"] == NIGHT_SCHOOL


async def test_default_workspace_absent_error_asks_for_workspace(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.me["default_workspace_id"] = None

    error = await host.fail("list_clients")

    assert error["code"] == "invalid_arguments"
    assert "Give workspace;" in error["message"]


async def test_get_account_configured_workspace_is_default_even_if_unknown(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, workspace_id=NIGHT_SCHOOL)) as client:
        accessible = await Host(client).call("get_account")
    async with Client(serve(sandbox, clock, workspace_id=999)) as client:
        unknown = await Host(client).call("get_account")

    assert (accessible["default_workspace_id"], accessible["workspaces"][1]["default"]) == (NIGHT_SCHOOL, True)
    assert unknown["default_workspace_id"] == 999
    assert not any(workspace["default"] for workspace in unknown["workspaces"])
