"""Small worlds that a question is put to, and the questions."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.driving import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

WEB_SHOP, BROCHURE, UPKEEP, STAND, KILN, POLISH = 201500302, 201500304, 201500307, 201500309, 201500401, 201500402
CHECKOUT = 80400301
TANE = 7301002
IN_SPRING = "2025-10-09T11:30Z"


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
    """A question, put at a moment to a user of some zone; without entries, to the sample."""

    now: str
    question: Mapping[str, Any]
    entries: tuple[Entry, ...] | None = None
    zone: str = "Pacific/Auckland"
    week_begins_on: int = 1
    more: Callable[[Sandbox], object] | None = None


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def toggl_of(case: Case, clock: Clock) -> Sandbox:
    """Return the Toggl of a case, and let it be the moment at which its question is put."""
    clock.now = moment(case.now)
    sandbox = Sandbox(clock=clock)
    sandbox.state.me |= {"timezone": case.zone, "beginning_of_week": case.week_begins_on}
    if case.more is not None:
        case.more(sandbox)
    if case.entries is not None:
        sandbox.state.entries.clear()
        for entry in case.entries:
            add(sandbox, entry)
    return sandbox


def add(sandbox: Sandbox, entry: Entry) -> int:
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
async def asked(case: Case, clock: Clock) -> AsyncGenerator[tuple[Host, Sandbox]]:
    """Give a host whose server has a case's Toggl, and that Toggl."""
    sandbox = toggl_of(case, clock)
    async with Client(serve(sandbox, clock)) as client:
        yield Host(client), sandbox
