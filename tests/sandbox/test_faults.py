"""Each fault, and whether the request was carried out."""

import anyio
import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"


def names(sandbox: Sandbox) -> set[str]:
    return {row["name"] for row in sandbox.state.clients.values()}


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("500 before", 500, '"Internal Server Error"'),
        ("500 after", 500, '"Internal Server Error"'),
        ("502 before", 502, "<h1>502 Bad Gateway</h1>"),
        ("502 after", 502, "<h1>502 Bad Gateway</h1>"),
        ("404 before", 404, "<h1>404 Not Found</h1>"),
        ("404 after", 404, "<h1>404 Not Found</h1>"),
        ("429", 429, "<h1>429 Too Many Requests</h1>"),
        ("402", 402, "Your quota will reset in 1800 seconds."),
        ("garbage before", 200, "<html>"),
        ("garbage after", 200, "<html>"),
        ("empty", 200, ""),
    ],
)
async def test_fault_replaces_the_response(
    toggl: httpx.AsyncClient, sandbox: Sandbox, kind: Kind, status: int, text: str
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    response = await toggl.post(CLIENTS, json={"name": "New"})
    assert response.status_code == status
    assert text in response.text
    assert ("New" in names(sandbox)) is (kind.endswith("after") or kind == "empty")
    assert sandbox.answers == [status]


@pytest.mark.parametrize(
    ("kind", "error", "calls", "is_applied"),
    [
        ("refused", ConnectionRefusedError, 0, False),
        ("lost before", ConnectionResetError, 1, False),
        ("lost after", ConnectionResetError, 1, True),
    ],
)
async def test_fault_connection_error_before_or_after_the_write(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, kind: Kind, error: type[OSError], calls: int, is_applied: bool
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    with pytest.raises(error):
        await toggl.post(CLIENTS, json={"name": "New"})
    assert ("New" in names(sandbox)) is is_applied
    assert (len(sandbox.calls), sandbox.answers) == (calls, [])


async def test_fault_empty_has_no_body(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("empty")
    assert (await toggl.get(CLIENTS)).content == b""


@pytest.mark.parametrize("kind", ["garbage after", "empty", "cut"])
async def test_fault_unreadable_response_has_the_quota_of_its_operation(
    toggl: httpx.AsyncClient, sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    response = await toggl.post(CLIENTS, json={"name": "New"})
    assert response.headers["X-Toggl-Quota-Remaining"] == str(sandbox.quota.remaining(HARBOUR_STUDIO)) == "599"


async def test_fault_garbage_body_may_be_truncated_json(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("garbage after", body='{"id":7')
    assert (await toggl.get(CLIENTS)).text == '{"id":7'


async def test_fault_odd_row_replaces_the_first_row_of_each_list(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    rows = (await toggl.get(CLIENTS)).json()
    sandbox.fault = lambda _: Fault("odd row")
    assert (await toggl.get(CLIENTS)).json() == [rows[0] | {"name": None}, *rows[1:]]
    me = (await toggl.get("/me", params={"with_related_data": "true"})).json()
    assert [me[kind][0]["name"] for kind in ("clients", "projects", "tags", "tasks", "workspaces")] == [None] * 5
    assert me["fullname"] == "Marama Quayle"


async def test_fault_odd_row_may_be_no_object(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("odd row", to_odd_row=lambda _: 7)
    assert (await toggl.get(CLIENTS)).json()[0] == 7
    assert (await toggl.get("/me")).json()["id"] == sandbox.state.me["id"]


async def test_fault_429_may_set_retry_after(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("429", retry_after=7) if call.path == "/me" else Fault("429")
    assert (await toggl.get("/me")).headers["Retry-After"] == "7"
    assert "Retry-After" not in (await toggl.get(CLIENTS)).headers


async def test_fault_402_reports_zero_remaining_and_reset_time(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("402", resets_in=133)
    response = await toggl.get(CLIENTS)
    assert response.text == "You have hit your hourly limit for API calls. Your quota will reset in 133 seconds."
    assert response.headers["X-Toggl-Quota-Remaining"] == "0"
    assert response.headers["X-Toggl-Quota-Resets-In"] == "133"


async def test_fault_may_apply_to_some_calls(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("500 before") if call.method == "POST" else None
    assert (await toggl.post(CLIENTS, json={"name": "New"})).status_code == 500
    assert (await toggl.get(CLIENTS)).status_code == 200


async def test_fault_slow_holds_back_a_response_built_before(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    gate = anyio.Event()
    counts: list[int] = []

    async def count_clients() -> None:
        counts.append(len((await toggl.get(CLIENTS)).json()))

    sandbox.fault = lambda _: Fault("slow", until=gate.wait)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count_clients)
        await anyio.wait_all_tasks_blocked()
        assert counts == []
        sandbox.state.add_client(HARBOUR_STUDIO, "Later")
        gate.set()
    assert counts == [6]


async def test_fault_of_any_kind_may_be_slow(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("lost after", until=anyio.Event().wait)
    with anyio.move_on_after(0) as scope:
        await toggl.post(CLIENTS, json={"name": "New"})
    assert scope.cancelled_caught
    assert "New" in names(sandbox)
