"""Whatever goes wrong in whatever order, what is said is true and what is cached is right."""

from collections.abc import Awaitable, Callable

import anyio
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.endpoints.support import AROHA, AUTH, GULL, NORTHWIND, cached_fields, toggl_fields
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import CacheBusy, InvalidArguments, NotFound, OutcomeUnknown, TogglError
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

Verb = Callable[[AsyncClientEndpoint, int], Awaitable[object]]

VERBS: dict[str, Verb] = {
    "add": lambda clients, step: clients.add(ClientBody(name=f"Client {step}", notes="New")),
    "edit": lambda clients, step: clients.edit(AROHA, ClientBody(name=f"Renamed {step}")),
    "clear": lambda clients, _: clients.edit(AROHA, ClientBody(notes="")),
    "delete": lambda clients, _: clients.delete(GULL),
    "archive": lambda clients, _: clients.archive(AROHA),
    "restore": lambda clients, _: clients.restore(NORTHWIND),
    "collect": lambda clients, _: clients.collect(),
    "refresh": lambda clients, _: clients.collect(refresh=True),
    "get": lambda clients, _: clients.get(GULL),
}
FAULTS = st.sampled_from(
    [
        None,
        Fault("refused"),
        Fault("lost before"),
        Fault("lost after"),
        Fault("500 before"),
        Fault("502 after"),
        Fault("429"),
        Fault("429", retry_after=30),
        Fault("402", resets_in=60),
        Fault("garbage before"),
        Fault("garbage after", body="[7]"),
        Fault("empty"),
    ]
)
STEPS = st.lists(st.tuples(st.sampled_from(sorted(VERBS)), st.lists(FAULTS, max_size=6)), min_size=1, max_size=6)


@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_operation_sequences_under_faults_keep_outcomes_and_cache_true(
    steps: list[tuple[str, list[Fault | None]]],
) -> None:
    with stamina.set_testing(testing=True, attempts=10, cap=True):
        anyio.run(session, steps)


async def session(steps: list[tuple[str, list[Fault | None]]]) -> None:
    clock = Clock()
    sandbox = Sandbox(clock=clock)
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        for step, (verb, faults) in enumerate(steps):
            remaining = iter(faults)
            sandbox.fault = lambda _, remaining=remaining: next(remaining, None)
            before = toggl_fields(sandbox)
            error = await run_verb(clients, verb, step)
            check_outcome(verb, step, error, before, toggl_fields(sandbox))
            cached = cached_fields(await clients.load_cache())
            assert cached in ({}, toggl_fields(sandbox))
            clock.now += 61


async def run_verb(clients: AsyncClientEndpoint, verb: str, step: int) -> TogglError | None:
    try:
        await VERBS[verb](clients, step)
    except TogglError as error:
        return error
    return None


ClientFields = dict[int, tuple[object, ...]]


def check_outcome(verb: str, step: int, error: TogglError | None, before: ClientFields, after: ClientFields) -> None:
    """Hold an outcome to what it says: only an unknown one may have gone either way."""
    expected = before | expected_change(verb, step, before, after)
    if verb == "delete":
        expected.pop(GULL, None)
    assert after in (before, expected)
    if error is None:
        assert after == expected
    elif not isinstance(error, OutcomeUnknown):
        assert not isinstance(error, NotFound | InvalidArguments | CacheBusy)
        assert after == before


def expected_change(verb: str, step: int, before: ClientFields, after: ClientFields) -> ClientFields:
    """Return what a change makes of the clients that it touches."""
    name, notes, archived = before[AROHA]
    match verb:
        case "add":
            return dict.fromkeys(after.keys() - before.keys() or {0}, (f"Client {step}", "New", False))
        case "edit":
            return {AROHA: (f"Renamed {step}", notes, archived)}
        case "clear":
            return {AROHA: (name, None, archived)}
        case "archive":
            return {AROHA: (name, notes, True)}
        case "restore":
            return {NORTHWIND: (*before[NORTHWIND][:2], False)}
        case _:
            return {}
