"""Whatever is unknown about Toggl, the tools work: a whole session at each setting of each switch."""

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio


def settings() -> list[dict[str, Any]]:
    hints = get_type_hints(Behaviors)
    values = {name: get_args(hint) or ((False, True) if hint is bool else (255, 300)) for name, hint in hints.items()}
    return [{name: value} for name, options in values.items() for value in options]


@pytest.mark.parametrize("setting", settings(), ids=str)
async def test_client_tools_work_with_each_sandbox_behavior(
    host: Host, sandbox: Sandbox, clock: Clock, setting: dict[str, Any]
) -> None:
    sandbox.behaviors = dataclasses.replace(Behaviors(), **setting)

    created = await host.call("create_client", name="Lighthouse")
    client_id = created["client"]["id"]
    edited = await host.call("edit_client", client_id=client_id, notes="No name is sent")
    taken = await host.fail("create_client", name="Lighthouse")
    await host.call("archive_client", client_id=client_id)
    archived = await host.call("list_clients", status="archived", name="lighthouse")
    clock.now += 10
    restored = await host.call("restore_client", client_id=client_id)
    free = await host.fail("archive_client", client_id=64890401, workspace_id=NIGHT_SCHOOL)
    foreign = await host.fail("list_clients", workspace_id=5)
    await host.call("delete_client", client_id=client_id)
    sandbox.quota.spend(NIGHT_SCHOOL)
    spent = await host.fail("list_clients", workspace_id=NIGHT_SCHOOL, refresh=True)

    assert (edited["client"]["name"], edited["client"]["notes"]) == ("Lighthouse", "No name is sent")
    assert taken["code"] == "duplicate_name"
    assert [client["id"] for client in archived["clients"]] == [client_id]
    assert restored["client"]["archived"] is False
    assert free["code"] in ("plan_required", "forbidden")
    assert foreign["code"] == "forbidden"
    assert (spent["code"], spent["resets_in_seconds"]) == ("quota_spent", 3600)
