"""The same verbs for scripts without asyncio."""

import asyncio
import inspect
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from tests.endpoints.support import (
    ACTIVE,
    AROHA,
    AUTH,
    GULL,
    MISSING,
    NORTHWIND,
    STRANGER,
    cached_fields,
    fault_every,
    list_methods,
    names,
    toggl_fields,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Row, Store
from toggl_mcp.endpoints.blocking import ClientEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import BadToken, InvalidArguments, NamingError, NoCache, NotFound, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.query import Query
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox


@pytest.fixture(params=["memory", "sqlite"])
def blocking(request: pytest.FixtureRequest, path: Path, clock: Clock, sandbox: Sandbox) -> Generator[ClientEndpoint]:
    store: Store = MemoryStore(clock=clock) if request.param == "memory" else SqliteStore(path, clock=clock)
    with ClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connect_in_process(sandbox)) as clients:
        yield clients
    anyio.run(store.aclose)


def count_portal_threads() -> int:
    return [thread.name for thread in threading.enumerate()].count("toggl-mcp-portal")


def test_blocking_verbs_return_what_async_verbs_return(blocking: ClientEndpoint, sandbox: Sandbox) -> None:
    assert blocking.workspace_id == HARBOUR_STUDIO
    assert names(blocking.collect()) == ACTIVE
    new = blocking.add(ClientBody(name="Lighthouse"))
    assert blocking.get(new) == new
    client = blocking.edit(new, ClientBody(notes="By the sea"))
    assert client is not None
    assert client.notes == "By the sea"
    assert blocking.archive(AROHA) == [201_500_301, 201_500_302]
    assert blocking.restore(NORTHWIND, restore_projects=True).archived is False
    assert blocking.query(Query("notes", "By the sea")) == [client]
    blocking.delete(GULL)
    assert cached_fields(blocking.load_cache()) == toggl_fields(sandbox)
    assert names(blocking.collect(ClientBody(name="light"), refresh=True)) == ["Lighthouse"]
    assert list_methods(sandbox) == ["GET", "POST", "GET", "PUT", "POST", "POST", "DELETE", "GET"]


@pytest.mark.parametrize(
    "verb", ["__init__", "add", "get", "edit", "delete", "collect", "archive", "restore", "load_cache", "query"]
)
def test_blocking_verbs_have_the_parameters_of_async_verbs(verb: str) -> None:
    blocking, asynchronous = (getattr(kind, verb) for kind in (ClientEndpoint, AsyncClientEndpoint))
    parameters = [list(inspect.signature(function).parameters) for function in (blocking, asynchronous)]
    if verb in ("get", "delete"):  # The base says "entity" for what is a client here.
        parameters = [["client" if name == "entity" else name for name in names] for names in parameters]
    assert parameters[0] == parameters[1]


def test_blocking_get_client_from_16_threads_returns_right_clients(clock: Clock, sandbox: Sandbox) -> None:
    ids = list(toggl_fields(sandbox))
    with (
        ClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connect_in_process(sandbox)) as clients,
        ThreadPoolExecutor(16) as threads,
    ):

        def get_client(number: int) -> bool:
            client_id = ids[number % len(ids)]
            client = clients.get(client_id, refresh=number % 3 == 0)
            return client is not None and client.id == client_id

        answers = list(threads.map(get_client, range(480)))
    assert answers == [True] * 480
    assert set(sandbox.answers) == {200}


def test_blocking_add_client_from_threads_loses_nothing(blocking: ClientEndpoint, sandbox: Sandbox) -> None:
    bodies = [ClientBody(name=f"Client {number}") for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        added = list(threads.map(blocking.add, bodies))
    assert names(added) == [body.name for body in bodies]
    assert len(toggl_fields(sandbox)) == 24
    assert cached_fields(blocking.load_cache()) == toggl_fields(sandbox)


def test_blocking_collect_clients_works_in_a_running_event_loop(blocking: ClientEndpoint) -> None:
    async def script() -> list[str]:
        return names(blocking.collect())

    assert anyio.run(script) == ACTIVE


def test_blocking_endpoint_created_in_an_event_loop_works_there_and_after(clock: Clock, sandbox: Sandbox) -> None:
    async def script() -> ClientEndpoint:
        clients = ClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connect_in_process(sandbox))
        assert names(clients.collect()) == ACTIVE
        return clients

    with anyio.run(script) as clients, ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(clients.collect, refresh=True) for _ in range(8)]
        assert [names(call.result()) for call in calls] == [ACTIVE] * 8


def test_close_ends_the_thread_and_may_be_repeated(memory: MemoryStore, sandbox: Sandbox) -> None:
    before = count_portal_threads()
    clients = ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connect_in_process(sandbox))
    assert count_portal_threads() == before + 1
    clients.close()
    clients.close()
    assert count_portal_threads() == before


SCRIPT_WITHOUT_CLOSE = """
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.blocking import ClientEndpoint
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

auth, connection = BasicAuth(TOKEN, "api_token"), connect_in_process(Sandbox())
clients = ClientEndpoint(HARBOUR_STUDIO, auth, MemoryStore(), client=connection)
print(len(clients.collect()))
"""


def test_blocking_endpoint_without_close_lets_the_script_end() -> None:
    command = [sys.executable, "-W", "error", "-c", SCRIPT_WITHOUT_CLOSE]
    script = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)  # noqa: S603 - ours
    assert (script.stdout, script.stderr) == ("6\n", "")


def test_blocking_endpoint_collected_on_its_own_thread_ends_the_thread(memory: MemoryStore, sandbox: Sandbox) -> None:
    has_returned = threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def drop_endpoint() -> None:
        await anyio.to_thread.run_sync(has_returned.wait)
        endpoints.clear()

    async def drop_endpoint_later() -> None:
        tasks.append(asyncio.get_running_loop().create_task(drop_endpoint()))

    sandbox.fault = fault_every("GET", Fault("slow", until=drop_endpoint_later))
    threads_before = set(threading.enumerate())
    endpoints = [ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connect_in_process(sandbox))]
    (thread,) = set(threading.enumerate()) - threads_before
    endpoints[0].collect()
    has_returned.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert tasks[0].exception() is None


def test_close_while_a_call_runs_lets_it_finish(memory: MemoryStore, sandbox: Sandbox) -> None:
    is_sent, may_return = threading.Event(), threading.Event()

    async def hold() -> None:
        is_sent.set()
        await anyio.to_thread.run_sync(may_return.wait)

    sandbox.fault = fault_every("GET", Fault("slow", until=hold))
    clients = ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connect_in_process(sandbox))
    with ThreadPoolExecutor(2) as threads:
        call = threads.submit(clients.collect)
        is_sent.wait()
        closing = threads.submit(clients.close)
        may_return.set()
        assert names(call.result()) == ACTIVE
        closing.result()
    with pytest.raises(InvalidArguments, match="closed"):
        clients.get(AROHA)


def test_get_client_cached_reads_the_row_on_the_calling_thread(clock: Clock, sandbox: Sandbox) -> None:
    readers: list[int] = []

    class RecordingStore(MemoryStore):
        def try_get_row(self, key: Key, row_id: int) -> Row:
            readers.append(threading.get_ident())
            return super().try_get_row(key, row_id)

    connection = connect_in_process(sandbox)
    with ClientEndpoint(HARBOUR_STUDIO, AUTH, RecordingStore(clock=clock), client=connection) as clients:
        clients.collect()
        readers.clear()
        client = clients.get(AROHA)
    assert client is not None
    assert readers == [threading.get_ident()]


def test_close_after_an_error_in_a_with_block(memory: MemoryStore, sandbox: Sandbox) -> None:
    before = count_portal_threads()
    with (
        pytest.raises(NotFound),
        ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connect_in_process(sandbox), re_raise=True) as clients,
    ):
        clients.get(MISSING)
    assert count_portal_threads() == before


def test_close_leaves_an_injected_connection_open(memory: MemoryStore, sandbox: Sandbox) -> None:
    connection = connect_in_process(sandbox)
    ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection).close()
    assert not connection.is_closed


def test_close_with_own_connection_ends_the_thread(memory: MemoryStore) -> None:
    before = count_portal_threads()
    ClientEndpoint(HARBOUR_STUDIO, AUTH, memory).close()
    assert count_portal_threads() == before


def test_blocking_endpoint_invalid_workspace_leaves_no_thread(memory: MemoryStore) -> None:
    before = count_portal_threads()
    with pytest.raises(InvalidArguments):
        ClientEndpoint(0, AUTH, memory)
    assert count_portal_threads() == before


def test_blocking_verbs_raise_errors_in_the_calling_thread(memory: MemoryStore, sandbox: Sandbox) -> None:
    def raises(error: type[Exception], act: Callable[[], object]) -> None:
        with pytest.raises(error):
            act()

    connection: AsyncClient = connect_in_process(sandbox)
    with (
        ClientEndpoint(HARBOUR_STUDIO, AUTH, memory, client=connection, retries=0) as clients,
        ClientEndpoint(HARBOUR_STUDIO, STRANGER, client=connection, timeout=1) as stranger,
    ):
        raises(NamingError, lambda: clients.add(ClientBody(notes="Nameless")))
        raises(NotFound, lambda: clients.archive(MISSING))
        raises(BadToken, lambda: stranger.get(AROHA))
        raises(NoCache, stranger.load_cache)
        sandbox.fault = fault_every("GET", Fault("500 before"))
        raises(Unreachable, clients.collect)
    assert list_methods(sandbox) == ["POST", "GET", "GET"]
