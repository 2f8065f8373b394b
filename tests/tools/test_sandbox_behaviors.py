"""Whatever is unknown about Toggl, the tools work: a whole session at each setting of each switch."""

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio


def list_behaviors() -> list[dict[str, Any]]:
    hints = get_type_hints(Behaviors)
    values = {name: get_args(hint) or ((False, True) if hint is bool else (255, 300)) for name, hint in hints.items()}
    return [{name: value} for name, options in values.items() for value in options]


@pytest.mark.parametrize("behavior", list_behaviors(), ids=str)
async def test_client_tools_work_with_each_sandbox_behavior(
    host: Host, sandbox: Sandbox, clock: Clock, behavior: dict[str, Any]
) -> None:
    sandbox.behaviors = dataclasses.replace(Behaviors(), **behavior)

    created = await host.call("create_client", name="Lighthouse")
    client_id = created["client"]["id"]
    edit_result = await host.call("edit_client", client=client_id, notes="No name is sent")
    duplicate = await host.fail("create_client", name="Lighthouse")
    await host.call("edit_client", client=client_id, archived=True)
    archived = await host.call("list_clients", status="archived", name="lighthouse")
    clock.now += 10
    restored = await host.call("edit_client", client=client_id, archived=False)
    plan_error = await host.fail("edit_client", client=64890401, archived=True, workspace=NIGHT_SCHOOL)
    workspace_error = await host.fail("list_clients", workspace=5)
    await host.call("delete_client", client=client_id)
    sandbox.quota.spend(NIGHT_SCHOOL)
    quota_error = await host.fail("list_clients", workspace=NIGHT_SCHOOL, refresh=True)

    assert (edit_result["client"]["name"], edit_result["client"]["notes"]) == ("Lighthouse", "No name is sent")
    assert duplicate["code"] == "duplicate_name"
    assert [client["id"] for client in archived["clients"]] == [client_id]
    assert restored["client"]["archived"] is False
    assert (plan_error["code"], plan_error["retry"]) in (("plan_required", "no"), ("forbidden", "no"))
    assert workspace_error["code"] == "forbidden"
    assert (quota_error["code"], quota_error["resets_in_seconds"]) == ("quota_spent", 3600)
