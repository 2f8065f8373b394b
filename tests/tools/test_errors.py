"""Errors of a model, a person or Toggl, and the failure that the model reads."""

import json
from collections.abc import Callable

import pytest
from mcp import Client
from pydantic import SecretStr

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Call, Fault, Sandbox
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

pytestmark = pytest.mark.anyio

AROHA = 64890301

INVALID_ARGUMENTS: list[tuple[str, dict[str, object], str]] = [
    ("create_client", {}, "name: is required"),
    ("create_client", {"name": " \u00a0 "}, "name: is required"),
    ("create_client", {"name": "x" * 10_000}, "name: should have at most 255 characters"),
    ("create_client", {"name": "Ac\u202eme"}, "name: holds U+202E RIGHT-TO-LEFT OVERRIDE at position 3; send the text"),
    ("create_client", {"name": "Ac\nme"}, "name: has to be one line"),
    ("create_client", {"name": True}, "name: should be a valid string"),
    ("create_client", {"name": "Acme", "colour": "red"}, "colour: is not an argument of this tool, which"),
    ("edit_project", {"project": 1, "archived": True}, "archived: is not an argument of this tool; active: false arch"),
    ("edit_time_entries", {"ids": [7], "end": "17:00"}, "end: is not an argument of this tool; the nearest is stop."),
    ("stop_timer", {"duration": "1h"}, "duration: is not an argument of this tool; the nearest is stop."),
    ("list_projects", {"archived": True}, "archived: is not an argument of this tool; the nearest is status."),
    ("review_time", {"date": "today"}, "date: is not an argument of this tool; the nearest is period."),
    ("list_time_entries", {"query": "x"}, "query: is not an argument of this tool; the nearest is description."),
    (
        "create_client",
        {"name": "Acme", "status": "archived"},
        "status: is not an argument of this tool, which takes workspace, name, notes, external_reference.",
    ),
    ("create_client", {"name": "Acme", "notes": "n" * 2001}, "notes: should have at most 2000 characters"),
    ("get_client", {}, "client: is required"),
    ("get_client", {"client": 1, "name": "Acme"}, "name: is not an argument of this tool"),
    ("get_client", {"client": True}, "client: should be a valid string"),
    ("delete_time_entries", {"ids": "7.5"}, "ids: give the id of an entry, running, or last"),
    ("delete_time_entries", {"ids": [0]}, "ids: give the id of an entry"),
    ("delete_time_entries", {"ids": [10**40]}, "ids: should have at most 40 characters"),
    ("get_client", {"client": "Acme", "refresh": "yes"}, "refresh: should be a valid boolean"),
    ("edit_client", {"client": AROHA}, "give at least one of name, notes, external_reference, archived or clear"),
    ("edit_client", {"client": AROHA, "archived": True, "name": "x"}, "archived: give it in a call of its own"),
    ("edit_client", {"client": AROHA, "archived": True, "restore_projects": True}, "restore_projects: needs archived"),
    ("edit_client", {"client": AROHA, "status": "archived"}, "status: is not an argument of this tool"),
    ("list_clients", {"limit": 0}, "limit: should be greater than or equal to 1"),
    ("list_clients", {"limit": 201}, "limit: should be less than or equal to 200"),
    ("list_clients", {"status": "gone"}, "status: should be 'active', 'archived' or 'both'"),
    ("list_clients", {"notes": "x"}, "notes: is not an argument of this tool"),
    ("list_clients", {"cursor": "%%%"}, "cursor: is no next_cursor of this tool"),
    ("list_clients", {"cursor": "WyJ4IiwiYSIsMWU5OTld"}, "cursor: is no next_cursor of this tool"),
    ("create_client", {"name": "\ud800"}, "unpaired surrogate; send valid Unicode"),
    ("create_client", {"name": "Acme", "note": "x"}, "note: is not an argument of this tool; the nearest is notes."),
    ("start_timer", {"duration": "1h"}, "duration: is not an argument of this tool, which takes "),
    ("stop_timer", {"entry": 7}, "entry: is not an argument of this tool, which takes stop, discard."),
    ("delete_client", {"client": None}, "client: is required"),
    (
        "edit_client",
        {"client": AROHA, "archived": False, "restore_projects": 1},
        "restore_projects: should be a valid",
    ),
]


@pytest.mark.parametrize(("tool", "arguments", "sentence"), INVALID_ARGUMENTS)
async def test_invalid_arguments_error_is_one_short_sentence_and_changes_nothing(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object], sentence: str
) -> None:
    error = await host.fail(tool, **arguments)

    assert (error["code"], error["retry"]) == ("invalid_arguments", "corrected")
    assert sentence in error["message"]
    assert "pydantic" not in error["message"]
    assert len(error["message"]) < 250
    assert not any(call.method != "GET" for call in sandbox.calls)


async def test_list_clients_and_get_client_null_argument_counts_as_absent(host: Host) -> None:
    list_result = await host.call("list_clients", name=None, limit=None, status=None, workspace=None, cursor=None)
    get_result = await host.call("get_client", client=AROHA, name=None)

    assert list_result["total"] == 6
    assert get_result["client"]["id"] == AROHA


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_client", {"client": 12345678}),
        ("get_client", {"client": "Nobody"}),
        ("edit_client", {"client": 12345678, "name": "Acme"}),
        ("delete_client", {"client": 12345678}),
        ("edit_client", {"client": 12345678, "archived": True}),
        ("edit_client", {"client": 12345678, "archived": False}),
    ],
)
async def test_client_unknown_is_not_found(host: Host, tool: str, arguments: dict[str, object]) -> None:
    error = await host.fail(tool, **arguments)

    assert error["code"] == "not_found"
    assert error["retry"] == "corrected"


@pytest.mark.parametrize("text", ["taken", "exists"])
async def test_create_client_duplicate_name_error_has_the_existing_id(host: Host, sandbox: Sandbox, text: str) -> None:
    sandbox.behaviors = Behaviors(duplicate_text="taken" if text == "taken" else "exists")

    error = await host.fail("create_client", name="Aroha Bakery")

    assert error["code"] == "duplicate_name"
    assert str(AROHA) in error["message"]


async def test_edit_client_duplicate_name_is_refused(host: Host) -> None:
    error = await host.fail("edit_client", client=64890302, name="Aroha Bakery")

    assert error["code"] == "duplicate_name"


async def test_list_clients_foreign_workspace_error_points_to_get_account(host: Host) -> None:
    error = await host.fail("list_clients", workspace=5)

    assert (error["code"], error["retry"]) == ("forbidden", "corrected")
    assert "get_account" in error["message"]


@pytest.mark.parametrize("token", [None, SecretStr("")])
async def test_token_absent_server_starts_and_first_call_explains(token: SecretStr | None) -> None:
    async with Client(build_server(Settings(token=token))) as client:
        error = await Host(client).fail("list_clients")

    assert error["code"] == "no_token"
    assert "TOGGL_API_TOKEN" in error["message"]


async def test_token_of_toggl_focus_error_names_focus_and_omits_the_token() -> None:
    key = "toggl_sk_0123456789"
    async with Client(build_server(Settings(token=SecretStr(key)))) as client:
        error = await Host(client).fail("list_clients")

    assert error["code"] == "bad_token"
    assert "Focus" in error["message"]
    assert key not in json.dumps(error)


async def test_token_invalid_is_bad_token_and_not_forbidden(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, token="f" * 32)) as client:
        error = await Host(client).fail("list_clients")

    assert error["code"] == "bad_token"
    assert "track.toggl.com/profile" in error["message"]
    assert len(sandbox.calls) == 1


FAULT_ERRORS: list[tuple[Fault, str, int]] = [
    (Fault("refused"), "unreachable", 0),
    (Fault("lost before"), "unreachable", 4),
    (Fault("500 before"), "unreachable", 4),
    (Fault("502 before"), "unreachable", 4),
    (Fault("404 before"), "unreachable", 4),
    (Fault("garbage before"), "unreachable", 4),
    (Fault("empty"), "unreachable", 4),
    (Fault("429"), "rate_limited", 2),
    (Fault("429", retry_after=3), "rate_limited", 4),
    (Fault("429", retry_after=120), "rate_limited", 1),
    (Fault("402", resets_in=1838), "quota_spent", 1),
]


@pytest.mark.parametrize(
    ("fault", "code", "requests"), FAULT_ERRORS, ids=lambda value: getattr(value, "kind", str(value))
)
async def test_list_clients_toggl_failure_can_be_retried_later(
    sandbox: Sandbox, clock: Clock, fault: Fault, code: str, requests: int
) -> None:
    sandbox.fault = lambda _: fault
    async with Client(serve(sandbox, clock, workspace_id=HARBOUR_STUDIO)) as client:
        error = await Host(client).fail("list_clients")

    assert error["code"] == code
    assert error["retry"] == "later"
    assert len(sandbox.calls) == requests
    assert "Internal Server Error" not in error["message"]


@pytest.mark.promise("spent")
async def test_quota_spent_sends_no_request_until_the_reset(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.fault = lambda _: Fault("402", resets_in=1838)
    async with Client(serve(sandbox, clock, workspace_id=HARBOUR_STUDIO)) as client:
        errors = [await Host(client).fail("list_clients") for _ in range(10)]
        check_figures("spent", calls=len(errors), requests=len(sandbox.calls))
        clock.now += 1839
        sandbox.fault = None
        result = await Host(client).call("list_clients")

    assert {item["code"] for item in errors} == {"quota_spent"}
    assert errors[0]["resets_in_seconds"] == 1838
    assert len(sandbox.calls) == 2
    assert result["source"] == "toggl"


async def test_archive_client_402_for_a_paid_plan_is_not_quota_spent(host: Host) -> None:
    error = await host.fail("edit_client", client=64890401, archived=True, workspace=NIGHT_SCHOOL)
    result = await host.call("list_clients", workspace=NIGHT_SCHOOL)

    assert error["code"] == "plan_required"
    assert result["total"] == 3


@pytest.mark.parametrize("empty", ["null", "[]"])
async def test_list_clients_empty_workspace_is_an_empty_list(host: Host, sandbox: Sandbox, empty: str) -> None:
    sandbox.behaviors = Behaviors(empty_list="null" if empty == "null" else "[]")
    sandbox.state.clients.clear()

    result = await host.call("list_clients")

    assert (result["clients"], result["total"], result["remaining"]) == ([], 0, 0)


async def test_list_clients_of_5000_stays_within_the_token_limit_of_hosts(host: Host, sandbox: Sandbox) -> None:
    for number in range(5000):
        sandbox.state.add_client(HARBOUR_STUDIO, f"Client {number:04} {'x' * 200}", notes="n" * 100)

    result = await host.raw("list_clients", limit=200)
    first = await host.call("list_clients", limit=200)
    second = await host.call("list_clients", limit=200, cursor=first["next_cursor"])

    names = [client["name"] for page in (first, second) for client in page["clients"]]
    assert (first["total"], first["remaining"]) == (5006, 5006 - len(first["clients"]))
    assert second["remaining"] == 5006 - len(names)
    assert names == sorted(set(names), key=str.casefold)
    assert len(json.dumps(result.structured_content, separators=(",", ":"))) / 4 < 25_000


async def test_list_projects_page_of_wide_characters_stays_under_70_000_bytes(host: Host, sandbox: Sandbox) -> None:
    for number in range(200):
        sandbox.state.add_project(HARBOUR_STUDIO, f"{number:03}{'客' * 240}", None)

    result = await host.raw("list_projects", limit=200)

    assert len(json.dumps(result.structured_content, ensure_ascii=False).encode()) < 70_000


def fault_once(fault: Fault, method: str) -> Callable[[Call], Fault | None]:
    faults = [fault]
    return lambda call: faults.pop() if faults and call.method == method else None


@pytest.mark.parametrize("kind", ["500 after", "502 after", "garbage after", "empty", "lost after"])
async def test_lost_response_retries_edit_client_and_reconciles_create_client(
    host: Host, sandbox: Sandbox, kind: str
) -> None:
    sandbox.fault = fault_once(Fault(kind), "PUT")  # pyright: ignore[reportArgumentType] - parametrized with its literals
    edit_result = await host.call("edit_client", client=AROHA, name="Aroha Bakehouse")
    sandbox.fault = fault_once(Fault(kind), "POST")  # pyright: ignore[reportArgumentType]
    create_result = await host.call("create_client", name="Only Once")
    sandbox.fault = fault_once(Fault(kind), "DELETE")  # pyright: ignore[reportArgumentType]
    await host.call("delete_client", client=create_result["client"]["id"])

    assert edit_result["client"]["name"] == "Aroha Bakehouse"
    assert [call.method for call in sandbox.calls].count("POST") == 1
    assert "Only Once" not in [row["name"] for row in sandbox.state.clients.values()]
