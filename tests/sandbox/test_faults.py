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
        ("429", 429, "<h1>429 Too Many Requests</h1>"),
        ("402", 402, "Your quota will reset in 1800 seconds."),
        ("garbage before", 200, "<html>"),
        ("garbage after", 200, "<html>"),
        ("empty", 200, ""),
    ],
)
async def test_a_fault_answers_in_place_of_toggl(
    toggl: httpx.AsyncClient, sandbox: Sandbox, kind: Kind, status: int, text: str
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    answer = await toggl.post(CLIENTS, json={"name": "New"})
    assert answer.status_code == status
    assert text in answer.text
    assert ("New" in names(sandbox)) is (kind.endswith("after") or kind == "empty")
    assert sandbox.answers == [status]


@pytest.mark.parametrize(
    ("kind", "error", "reached", "done"),
    [
        ("refused", ConnectionRefusedError, 0, False),
        ("lost before", ConnectionResetError, 1, False),
        ("lost after", ConnectionResetError, 1, True),
    ],
)
async def test_a_connection_fails_before_or_after_the_deed(
    toggl: httpx.AsyncClient, sandbox: Sandbox, *, kind: Kind, error: type[OSError], reached: int, done: bool
) -> None:
    sandbox.fault = lambda _: Fault(kind)
    with pytest.raises(error):
        await toggl.post(CLIENTS, json={"name": "New"})
    assert ("New" in names(sandbox)) is done
    assert (len(sandbox.calls), sandbox.answers) == (reached, [])


async def test_an_empty_answer_has_no_body(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("empty")
    assert (await toggl.get(CLIENTS)).content == b""


async def test_garbage_may_be_cut_json(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("garbage after", body='{"id":7')
    assert (await toggl.get(CLIENTS)).text == '{"id":7'


async def test_a_429_may_say_when_to_come_back(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("429", retry_after=7) if call.path == "/me" else Fault("429")
    assert (await toggl.get("/me")).headers["Retry-After"] == "7"
    assert "Retry-After" not in (await toggl.get(CLIENTS)).headers


async def test_a_402_says_that_nothing_is_left_and_when_it_resets(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("402", resets_in=133)
    answer = await toggl.get(CLIENTS)
    assert answer.text == "You have hit your hourly limit for API calls. Your quota will reset in 133 seconds."
    assert answer.headers["X-Toggl-Quota-Remaining"] == "0"
    assert answer.headers["X-Toggl-Quota-Resets-In"] == "133"


async def test_a_fault_may_strike_some_calls_only(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("500 before") if call.method == "POST" else None
    assert (await toggl.post(CLIENTS, json={"name": "New"})).status_code == 500
    assert (await toggl.get(CLIENTS)).status_code == 200


async def test_a_slow_answer_comes_when_it_is_let_go_but_tells_the_moment_of_the_deed(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    gate = anyio.Event()
    found: list[int] = []

    async def ask() -> None:
        found.append(len((await toggl.get(CLIENTS)).json()))

    sandbox.fault = lambda _: Fault("slow", until=gate.wait)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert found == []
        sandbox.state.add_client(HARBOUR_STUDIO, "Later")
        gate.set()
    assert found == [6]


async def test_any_fault_may_be_slow(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("lost after", until=anyio.Event().wait)
    with anyio.move_on_after(0) as scope:
        await toggl.post(CLIENTS, json={"name": "New"})
    assert scope.cancelled_caught
    assert "New" in names(sandbox)
