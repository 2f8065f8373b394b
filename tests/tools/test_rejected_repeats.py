"""Changes that Toggl has made without a response that arrives, and whose repeat or lookup it rejects."""

from collections.abc import Callable
from typing import Any, Literal

import pytest

from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("rejection", [400, 404])]

AROHA, ARCHIVED = 64890301, 64890304
Rejection = Literal[400, 404]


def lost_then_rejected(rejection: Rejection) -> Callable[[Call], Fault | None]:
    """Return faults: the first change loses its response, and the request after it is rejected."""
    faults = iter([Fault("lost after"), Fault("rejected", rejection=rejection)])
    has_begun = False

    def fault(call: Call) -> Fault | None:
        nonlocal has_begun
        has_begun = has_begun or call.method != "GET"
        return next(faults, None) if has_begun else None

    return fault


def own_entry_ids(sandbox: Sandbox) -> list[int]:
    rows = [row for row in sandbox.state.entries.values() if row["user_id"] == sandbox.state.me["id"]]
    rows = [row for row in rows if row["workspace_id"] == HARBOUR_STUDIO and row["duration"] >= 0]
    return [row["id"] for row in sorted(rows, key=lambda row: row["start"])[-2:]]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    "change", [{"description": "Moved"}, {"tags": ["design"], "tag_action": "add"}, {"project": "Web shop"}], ids=str
)
async def test_edit_time_entries_rejected_repeat_returns_what_toggl_has(
    host: Host, sandbox: Sandbox, rejection: Rejection, count: int, change: dict[str, Any]
) -> None:
    ids = own_entry_ids(sandbox)[:count]
    await host.call("list_time_entries")
    sandbox.fault = lost_then_rejected(rejection)

    if count == 1 and "tags" in change:  # What tags remain after `add` is for Toggl to say.
        assert (await host.fail("edit_time_entries", ids=ids, **change))["code"] == "outcome_unknown"
    else:
        assert (await host.call("edit_time_entries", ids=ids, **change))["edited_ids"] == ids


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_client", {"client": AROHA}),
        ("delete_project", {"project": 201500302}),
        ("edit_client", {"client": AROHA, "notes": "By the sea"}),
        ("edit_client", {"client": AROHA, "clear": ["notes", "external_reference"]}),
        ("edit_project", {"project": 201500302, "name": "Ferry"}),
        ("edit_project", {"project": 201500302, "clear": ["client"]}),
    ],
)
async def test_change_rejected_repeat_returns_what_toggl_has(
    host: Host, sandbox: Sandbox, rejection: Rejection, tool: str, arguments: dict[str, Any]
) -> None:
    await host.call("list_clients")
    await host.call("list_projects")
    sandbox.fault = lost_then_rejected(rejection)

    await host.call(tool, **arguments)


async def test_delete_time_entries_rejected_repeat_returns_the_deleted_ids(
    host: Host, sandbox: Sandbox, rejection: Rejection
) -> None:
    ids = own_entry_ids(sandbox)
    await host.call("list_time_entries")
    sandbox.fault = lost_then_rejected(rejection)

    assert (await host.call("delete_time_entries", ids=ids))["deleted_ids"] == ids


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("edit_client", {"client": AROHA, "archived": True}), ("edit_client", {"client": ARCHIVED, "archived": False})],
)
async def test_change_rejected_lookup_is_outcome_unknown(
    host: Host, sandbox: Sandbox, rejection: Rejection, tool: str, arguments: dict[str, Any]
) -> None:
    await host.call("list_clients")
    sandbox.fault = lost_then_rejected(rejection)

    assert (await host.fail(tool, **arguments))["code"] == "outcome_unknown"
