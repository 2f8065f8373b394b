"""Three replicas whose clocks differ, behind nginx as deploy/nginx.conf has it, with one store: what a caller sees."""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import anyio.to_thread
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.cache.redis.server import PROGRAMS, Server, require_program
from tests.chaos.faults import TickingClock
from tests.chaos.tokens import Accounts
from tests.http.replicas import NGINX, Replica, run_replicas, start_nginx
from tests.http.support import HEADERS, LIST_TOOLS, Hold, Web
from tests.process.server import SECONDS, serve_sandbox
from tests.tools.host import Era, Host, each_era
from toggl_mcp.http.vault import new_key
from toggl_mcp.sandbox import Fault, Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.process,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx"),
]

CLOCK_OFFSETS = ("0", "20", "-20")
"""Seconds by which the clock of each replica is ahead."""
TAG, CLIENT_ID = "Lighthouse", 64890301


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts(TickingClock(), [])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    require_program(PROGRAMS[0])
    server = Server(PROGRAMS[0], tmp_path_factory.mktemp("store")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def running_replicas(accounts: Accounts, store: Server) -> Generator[list[Replica]]:
    with serve_sandbox(accounts) as toggl:
        settings = {
            "TOGGL_API_URL": toggl,
            "TOGGL_MCP_CACHE": f"redis://127.0.0.1:{store.port}",
            "TOGGL_MCP_HTTP_SECRET_KEYS": new_key(),
        }
        all_settings = [{**settings, "CLOCK_OFFSET_SECONDS": offset} for offset in CLOCK_OFFSETS]
        with run_replicas(all_settings, "--bring-your-own-token") as replicas:
            yield replicas


@pytest.fixture
def replicas(running_replicas: list[Replica]) -> list[Replica]:
    for replica in running_replicas:
        replica.restart()
    return running_replicas


@pytest.fixture
def url(tmp_path: Path, replicas: list[Replica]) -> Generator[str]:
    """The address of an nginx that has passed no request on: the first goes to the first replica, and so on."""
    with start_nginx(tmp_path, replicas) as url:
        yield url


@pytest.fixture
async def web(url: str) -> AsyncGenerator[Web]:
    async with httpx2.AsyncClient(base_url=url, timeout=SECONDS) as client:
        yield Web(client)


@pytest.fixture
def token(accounts: Accounts) -> str:
    """The token of a person whom no other test has."""
    token = uuid4().hex
    accounts.sandboxes[token] = Sandbox()
    return token


@pytest.fixture
def sandbox(accounts: Accounts, token: str) -> Sandbox:
    return accounts.sandboxes[token]


def read_result(response: httpx2.Response) -> Any:  # noqa: ANN401 - JSON
    """Return the data of a call, or of its error."""
    assert response.status_code == 200, response.text
    return json.loads(response.json()["result"]["content"][0]["text"])


def read_log(folder: Path, count: int) -> list[str]:
    """Return so many lines of nginx's log, the last of which it writes after the response."""
    while len(lines := (folder / "access.log").read_text().splitlines()) < count:
        pass
    return lines


async def call(web: Web, token: str, tool: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
    return read_result(await web.call(tool, token, arguments))


def count_tags(sandbox: Sandbox, name: str = TAG) -> int:
    return [row["name"] for row in sandbox.state.tags.values()].count(name)


@each_era
async def test_list_clients_through_nginx_is_answered_by_each_replica(
    url: str, token: str, replicas: list[Replica], tmp_path: Path, era: Era
) -> None:
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        for _ in replicas:
            async with Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=era) as client:
                assert (await Host(client).call("list_clients"))["total"] == 6
        statuses = [(await http.get(f"{url}{path}")).status_code for path in ("/health", "/metrics", "/ready")]
    log = (tmp_path / "access.log").read_text()

    assert statuses == [200, 404, 404]
    assert all(f"127.0.0.1:{replica.port}\n" in log for replica in replicas)


async def test_create_at_one_replica_is_listed_at_the_others_and_undone(
    web: Web, token: str, sandbox: Sandbox, replicas: list[Replica]
) -> None:
    change = await call(web, token, "create_tag", name=TAG)
    lists = [await call(web, token, "list_tags", name=TAG) for _ in replicas]
    reads = [request.path for request in sandbox.calls if request.method == "GET"]
    undone = await call(web, token, "undo", change=change["change_id"])

    assert [page["total"] for page in lists] == [1, 1, 1]
    assert len(reads) == len(set(reads))  # What one replica has read, no other one reads.
    assert (undone["complete"], count_tags(sandbox)) == (True, 0)


async def test_form_of_one_replica_is_answered_by_another(
    web: Web, token: str, sandbox: Sandbox, replicas: list[Replica], tmp_path: Path
) -> None:
    form = await web.delete_client(CLIENT_ID, token)
    result = await web.delete_client(CLIENT_ID, token, form)
    lines = read_log(tmp_path, 2)

    assert [line.rpartition(":")[2] for line in lines] == [str(replica.port) for replica in replicas[:2]]
    assert (result["result"]["resultType"], result["result"]["isError"]) == ("complete", False)
    assert CLIENT_ID not in sandbox.state.clients


async def test_change_of_a_replica_that_is_killed_is_not_sent_by_another(
    web: Web, token: str, sandbox: Sandbox, replicas: list[Replica], tmp_path: Path
) -> None:
    async def kill_the_first() -> None:
        replicas[0].kill()

    sandbox.fault = lambda request: Fault("slow", until=kill_the_first) if request.method == "POST" else None
    response = await web.call("create_tag", token, {"name": TAG})
    sandbox.fault = None
    (folder := tmp_path / "another").mkdir()
    with start_nginx(folder, replicas) as url:
        async with httpx2.AsyncClient(base_url=url) as client:
            totals = [(await call(Web(client), token, "list_tags", name=TAG))["total"] for _ in range(4)]
        first_line = read_log(folder, 4)[0]

    assert response.status_code == 502
    assert "look before you repeat it" in response.json()["error"]
    assert [request.method for request in sandbox.calls].count("POST") == 1
    assert read_log(tmp_path, 1)[0].endswith(f" 127.0.0.1:{replicas[0].port}")
    assert totals == [1] * 4
    assert f"127.0.0.1:{replicas[0].port}, 127.0.0.1:" in first_line  # It was tried, in vain.


async def test_create_of_a_replica_that_is_paused_is_made_once_and_seen_by_another(
    web: Web, token: str, sandbox: Sandbox, replicas: list[Replica]
) -> None:
    hold, results = Hold(sandbox), list[Any]()

    async def create() -> None:
        results.append(await call(web, token, "create_tag", name=TAG))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(create)
        await anyio.to_thread.run_sync(hold.is_reached.wait)
        with replicas[0].paused():
            hold.is_over.set()
            results.append(await call(web, token, "list_tags", name=TAG))
            results.append(await call(web, token, "create_tag", name=TAG))
    page, repeated, created = results

    assert (page["total"], repeated["code"], count_tags(sandbox)) == (1, "duplicate_name", 1)
    assert created["tag"]["name"] == TAG


async def test_calls_while_toggl_fails_say_so_and_succeed_afterwards(
    web: Web, token: str, sandbox: Sandbox, replicas: list[Replica]
) -> None:
    await call(web, token, "list_clients")
    sandbox.fault = lambda _: Fault("500 before")
    results: dict[str, Any] = {}

    async def note(label: str, replica: Replica, tool: str, **arguments: object) -> None:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{replica.port}", timeout=SECONDS) as client:
            results[label] = await call(Web(client), token, tool, **arguments)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: note("create", replicas[0], "create_tag", name=TAG))
        tasks.start_soon(lambda: note("refresh", replicas[1], "list_clients", refresh=True))
        tasks.start_soon(lambda: note("read", replicas[2], "list_clients"))
    count = count_tags(sandbox)
    sandbox.fault = None
    page = await call(web, token, "list_clients", refresh=True)
    await call(web, token, "create_tag", name=TAG)

    assert (results["read"]["source"], results["read"]["total"]) == ("cache", 6)
    assert (results["refresh"]["code"], results["refresh"]["retry"]) == ("unreachable", "later")
    assert results["create"]["code"] in ("unreachable", "outcome_unknown")
    assert (count, count_tags(sandbox)) == (0, 1)
    assert page["source"] == "toggl"


async def test_changes_while_the_store_is_paused_and_then_loses_all_are_made_once(
    web: Web, token: str, sandbox: Sandbox, store: Server
) -> None:
    names = [f"{TAG} {number}" for number in range(6)]
    results: list[Any] = []

    async def note(tool: str, **arguments: object) -> None:
        results.append(await call(web, token, tool, **arguments))

    await call(web, token, "list_tags")
    with store.paused():
        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(lambda name=name: note("create_tag", name=name))
                tasks.start_soon(note, "list_tags")
    store.execute("FLUSHALL")
    pages = [await call(web, token, "list_tags", name=TAG, refresh=True) for _ in range(3)]

    assert [result["code"] for result in results if "code" in result] == []
    assert Counter(row["name"] for row in sandbox.state.tags.values() if TAG in row["name"]) == dict.fromkeys(names, 1)
    assert [page["total"] for page in pages] == [len(names)] * 3


async def test_nginx_leaves_a_foreign_host_to_the_server_and_bounds_size_and_number_itself(
    tmp_path: Path, replicas: list[Replica], token: str
) -> None:
    # Of a minute, as a second may pass before the next request.
    limits = {"rate=50r/s": "rate=1r/m", "burst=200": "burst=1"}
    headers = {**HEADERS, "Authorization": f"Bearer {token}"}
    with start_nginx(tmp_path, replicas, limits) as url:
        async with httpx2.AsyncClient(base_url=url, headers=headers) as http:
            foreign = await http.post("/mcp", json=LIST_TOOLS, headers={"Host": "another.example"})
            large = await http.post("/mcp", content=b" " * (2 << 20))
            responses = [await http.post("/mcp", json=LIST_TOOLS) for _ in range(3)]

    assert (foreign.status_code, large.status_code) == (421, 413)
    assert [response.status_code for response in responses] == [200, 429, 429]
    assert responses[-1].headers["Retry-After"] == "1"
    assert "Try again in a second" in responses[-1].json()["error"]
