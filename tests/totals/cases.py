"""Cases: the arguments of summarize_time, and the entries that it sums."""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox

WEB_SHOP, BROCHURE, UPKEEP, STAND, KILN, POLISH = 201500302, 201500304, 201500307, 201500309, 201500401, 201500402
CHECKOUT = 80400301
TANE, INES = 7301002, 7301003
IN_SPRING = "2025-10-09T11:30Z"

behaviors = Behaviors()
"""Of every sandbox of these tests."""


class Entry(NamedTuple):
    """What somebody logged; times with their offsets. Without a stop it has no length, or its timer runs."""

    start: str
    stop: str | None = None
    project: int | None = None
    tags: tuple[str, ...] = ()
    description: str | None = None
    space: int = HARBOUR_STUDIO
    user: int | None = None
    task: int | None = None
    billable: bool = False
    runs: bool = False
    deleted: bool = False


class Case(NamedTuple):
    """Arguments of summarize_time, at a moment and in a time zone; without entries, for the sample."""

    now: str
    args: Mapping[str, Any]
    entries: tuple[Entry, ...] | None = None
    zone: str = "Pacific/Auckland"
    week_begins_on: int = 1
    prepare: Callable[[Sandbox], object] | None = None


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def make_sandbox(case: Case, clock: Clock) -> Sandbox:
    """Return the sandbox of a case, and set the clock to the case's moment."""
    clock.now = moment(case.now)
    sandbox = Sandbox(clock=clock, behaviors=behaviors)
    sandbox.state.me |= {"timezone": case.zone, "beginning_of_week": case.week_begins_on}
    if case.prepare is not None:
        case.prepare(sandbox)
    if case.entries is not None:
        sandbox.state.entries = {}
        for entry in case.entries:
            add_entry(sandbox, entry)
    return sandbox


def add_entry(sandbox: Sandbox, entry: Entry) -> int:
    """Return the id of an entry that is now at Toggl."""
    row = sandbox.state.add_entry(
        entry.space,
        moment(entry.start),
        stop=None if entry.stop is None else moment(entry.stop),
        running=entry.runs,
        user_id=entry.user,
        project_id=entry.project,
        task_id=entry.task,
        tags=list(entry.tags),
        description=entry.description,
        billable=entry.billable,
    )
    if entry.deleted:
        sandbox.state.remove_entry(row["id"])
    return row["id"]


@asynccontextmanager
async def open_case(case: Case, clock: Clock) -> AsyncGenerator[tuple[Host, Sandbox]]:
    """Give a host whose server uses the case's sandbox, and that sandbox."""
    sandbox = make_sandbox(case, clock)
    async with Client(serve(sandbox, clock)) as client:
        yield Host(client), sandbox


@contextmanager
def use_rounding_arguments(sandbox: Sandbox) -> Generator[None]:
    """Let Toggl round as a request says, whatever it does otherwise."""
    behaviors = sandbox.behaviors
    sandbox.behaviors = replace(behaviors, report_rounding_arguments="used")
    yield
    sandbox.behaviors = behaviors
