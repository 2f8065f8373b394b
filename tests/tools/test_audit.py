"""The audit log: a line for each change, and nothing of what was written."""

import logging
from typing import Any

import pytest

from tests.http.support import serve
from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Fault, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def audit(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "toggl_mcp.audit")
    return caplog


def lines(audit: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.fields for record in audit.records if record.name == "toggl_mcp.audit"]  # type: ignore[attr-defined]


async def test_create_and_edit_write_a_line_each(host: Host, audit: pytest.LogCaptureFixture) -> None:
    created = await host.call("create_client", name="Sealed Orders")
    await host.call("edit_client", client="Sealed Orders", name="Opened Orders")

    client_id = created["client"]["id"]
    shared = {"kind": "client", "workspace_id": HARBOUR_STUDIO, "ids": [client_id], "outcome": "confirmed"}
    first, second = lines(audit)
    assert first.items() >= {**shared, "tool": "create_client", "verb": "add", "attempts": 1}.items()
    assert second.items() >= {**shared, "tool": "edit_client", "verb": "edit", "attempts": 1}.items()
    assert first["change_id"] == created["change_id"]
    assert first["subject"] == second["subject"]
    assert "Orders" not in audit.text
    assert TOKEN not in audit.text


async def test_refused_and_lost_changes_write_what_became_of_them(
    host: Host, sandbox: Sandbox, audit: pytest.LogCaptureFixture
) -> None:
    faults = iter([Fault("rejected"), *[Fault("lost before")] * 4])
    sandbox.fault = lambda call: None if call.method == "GET" else next(faults, None)
    await host.fail("create_tag", name="first")
    await host.fail("edit_client", client="64890301", name="second")

    assert [(line["outcome"], line["attempts"]) for line in lines(audit)] == [
        ("invalid_arguments", 1),
        ("outcome_unknown", 4),
    ]


async def test_caller_is_a_digest(sandbox: Sandbox, clock: Clock, audit: pytest.LogCaptureFixture) -> None:
    async with serve(sandbox, clock, bring_your_own_token=True) as web, web.connect(TOKEN) as host:
        await host.call("create_tag", name="first")
    (line,) = lines(audit)

    assert len(line["subject"]) == 16
    assert TOKEN not in audit.text
