"""The audit log: a line for each change, and nothing of what was written."""

import logging
from functools import partial
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.endpoints.support import AROHA, Gate
from tests.http.support import serve, write_tokens
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
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


@pytest.mark.parametrize(
    ("faults", "outcome", "code", "attempts"),
    [
        ([], "confirmed", None, 1),
        ([Fault("500 before"), Fault("429", retry_after=1)], "confirmed", None, 3),
        ([Fault("rejected")], "refused", "invalid_arguments", 1),
        ([Fault("rejected", rejection=404)], "refused", None, 1),
        ([Fault("402")], "refused", "quota_spent", 1),
        ([Fault("lost before")] * 4, "unknown", "outcome_unknown", 4),
        ([Fault("refused")] * 4, "not_sent", "unreachable", 0),
        ([Fault("refused"), Fault("lost after")], "confirmed", None, 2),
    ],
)
async def test_edit_writes_what_became_of_it(
    host: Host,
    sandbox: Sandbox,
    audit: pytest.LogCaptureFixture,
    faults: list[Fault],
    outcome: str,
    code: str | None,
    attempts: int,
) -> None:
    remaining = iter(faults)
    sandbox.fault = lambda call: next(remaining, None) if call.method == "PUT" else None
    await host.raw("edit_client", client=str(AROHA), notes="Sealed")
    (line,) = lines(audit)

    assert (line["outcome"], line.get("code"), line["attempts"]) == (outcome, code, attempts)
    assert line["ids"] == [AROHA]


async def test_change_that_no_quota_allows_is_not_sent(
    host: Host, sandbox: Sandbox, audit: pytest.LogCaptureFixture
) -> None:
    await host.call("list_tags")
    sandbox.fault = lambda call: Fault("402") if call.method == "POST" else None
    await host.fail("create_tag", name="first")
    await host.fail("create_tag", name="second")

    assert [(line["outcome"], line["code"], line["attempts"]) for line in lines(audit)] == [
        ("refused", "quota_spent", 1),
        ("not_sent", "quota_spent", 0),
    ]


async def test_change_that_is_cut_off_is_unknown(host: Host, sandbox: Sandbox, audit: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    sandbox.fault = lambda call: gate.fault if call.method == "POST" else None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(host.raw, "create_tag", name="first"))
        await gate.reached.wait()
        tasks.cancel_scope.cancel()
    await host.call("list_tags")  # Answered after the cancelled call has ended.

    assert [(line["outcome"], line.get("code"), line["attempts"]) for line in lines(audit)] == [("unknown", None, 1)]


async def test_edit_of_several_names_those_that_toggl_changed(
    host: Host, sandbox: Sandbox, audit: pytest.LogCaptureFixture
) -> None:
    rows = [add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30") for hour in (1, 2)]
    changed_id, refused_id = ids = [row["id"] for row in rows]
    body = f'{{"success": [{changed_id}], "failure": [{{"id": {refused_id}, "message": "No"}}]}}'
    sandbox.fault = lambda call: Fault("garbage before", body=body) if call.method == "PATCH" else None
    await host.call("edit_time_entries", ids=ids, billable=True)

    sandbox.fault = None
    await host.call("edit_time_entries", ids=ids, billable=False)

    assert [(line["outcome"], line["ids"]) for line in lines(audit)] == [
        ("confirmed", [changed_id]),
        ("confirmed", ids),
    ]
    assert f" ids={changed_id},{refused_id} outcome=confirmed " in audit.messages[-1]


async def test_subject_is_the_digest_of_the_caller_that_the_page_describes(
    sandbox: Sandbox, clock: Clock, audit: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    tokens = write_tokens(tmp_path / "tokens.toml", alice=(sha256(b"opener").hexdigest(), "full"))
    async with serve(sandbox, clock, tokens=tokens) as web, web.connect("opener") as host:
        await host.call("create_tag", name="first")
    (line,) = lines(audit)

    assert line["subject"] == blake2b(b"alice", digest_size=8, person=b"toggl-mcp-audit").hexdigest()
    assert ("alice" in audit.text, "opener" in audit.text) == (False, False)


async def test_subject_of_a_caller_with_their_own_token_is_a_digest(
    sandbox: Sandbox, clock: Clock, audit: pytest.LogCaptureFixture
) -> None:
    async with serve(sandbox, clock, bring_your_own_token=True) as web, web.connect(TOKEN) as host:
        await host.call("create_tag", name="first")
    (line,) = lines(audit)

    assert len(line["subject"]) == 16
    assert TOKEN not in audit.text
