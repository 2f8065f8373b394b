"""The tools that log and list time entries."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from toggl_mcp.models.base import Absent, Position
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339
from toggl_mcp.tools.support.define import CREATES, READS, Offer
from toggl_mcp.tools.support.lookup import left
from toggl_mcp.tools.support.pagination import cursor, position
from toggl_mcp.tools.support.results import MOST_BYTES, Costly, Known, shortened, size_of
from toggl_mcp.tools.time_entries._args import CreateTimeEntry, ListTimeEntries
from toggl_mcp.tools.time_entries._filters import Choice, choose
from toggl_mcp.tools.time_entries._input import check_length, noted, planned, time_of
from toggl_mcp.tools.time_entries._output import EntryAnswer, shown
from toggl_mcp.tools.time_entries._overlap import leave_clear

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl

LONGEST_SHOWN = 200
"""Characters of each description that a list shows."""


class WorkShown(BaseModel):
    """What several entries of a list are about."""

    work: Annotated[int, Field(description="Entries refer to it by this.")]
    workspace_id: int
    project: str | Absent = None
    project_id: int | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    billable: bool | Absent = None


class Row(BaseModel):
    """A time entry in a list."""

    id: int
    start: str
    seconds: int
    work: int
    running: bool | Absent = None
    description: str | Absent = None
    tags: list[str] | Absent = None


class EntryList(Costly, Known):
    """One page of time entries."""

    timezone: Annotated[str, Field(description="Of start.")]
    entries: list[Row]
    works: list[WorkShown]
    total: int
    left: int
    next_cursor: str | Absent = None
    incomplete: Annotated[str, Field(description="What is missing, and why.")] | Absent = None


async def create_time_entry(new: CreateTimeEntry, toggl: "Toggl") -> EntryAnswer:
    """Log time that is over. What would lie over other entries, or is there already, is refused unless allowed."""
    workspace, calendar = await toggl.resolve_workspace(new.workspace_id), await toggl.calendar()
    start = time_of("start", new.start, calendar)
    stop = start + timedelta(seconds=new.duration or 0) if new.stop is None else time_of("stop", new.stop, calendar)
    check_length(start, stop)
    plan = await planned(new, workspace, toggl)
    if not new.allow_overlap:
        await leave_clear(start, stop, calendar, toggl)
    times = {"start": start, "duration": round((stop - start).total_seconds())}
    body = plan.body.model_copy(update=times)
    entry = await noted(plan, workspace, toggl, toggl.time_entries(workspace).add(body))
    return EntryAnswer(entry=await shown(entry, calendar, toggl), quota=await left(toggl, workspace))


async def list_time_entries(asked: ListTimeEntries, toggl: "Toggl") -> EntryList:
    """List one's own entries that began on these days, newest first, of all workspaces unless one is named.

    Names are in works. Long descriptions are cut. For totals, summarize_time is right and far shorter.
    """
    choice = await choose(asked, toggl)
    filters = tuple(str(value) for value in asked.model_dump(exclude={"limit", "cursor", "refresh"}).values())
    after = position(asked.cursor, filters)
    begun = [entry for entry in choice.entries if entry.start >= choice.days.start]
    begun.sort(key=_place, reverse=True)
    rest = begun if after is None else [entry for entry in begun if _place(entry) < after]
    rows, works = _page(rest[: asked.limit], choice, toggl)
    remaining = len(rest) - len(rows)
    gathered = choice.gathered
    return EntryList(
        timezone=choice.days.calendar.zone.key,
        entries=rows,
        works=works,
        total=len(begun),
        left=remaining,
        next_cursor=cursor(_place(rest[len(rows) - 1]) if remaining else None, filters),
        incomplete=" ".join(choice.gaps()) or None,
        quota=await choice.quota(toggl),
        **Known.of(gathered.source, gathered.as_of, toggl.timestamp()),
    )


def _place(entry: TimeEntry) -> Position:
    return Position(to_rfc3339(entry.start), entry.id)


def _page(entries: list[TimeEntry], choice: Choice, toggl: "Toggl") -> tuple[list[Row], list[WorkShown]]:
    """Return as many rows as an answer can hold, and what they are about."""
    rows: list[Row] = []
    works: dict[tuple[object, ...], WorkShown] = {}
    size = 0
    for entry in entries:
        about = (entry.workspace_id, entry.project_id, entry.task_id, entry.billable)
        work = works.get(about) or _work(entry, choice, len(works) + 1)
        row = _row(entry, work.work, choice, toggl)
        size += size_of(row) + (0 if about in works else size_of(work))
        if size > MOST_BYTES and rows:
            break
        rows.append(row)
        works[about] = work
    return rows, list(works.values())


def _row(entry: TimeEntry, work: int, choice: Choice, toggl: "Toggl") -> Row:
    return Row(
        id=entry.id,
        start=choice.days.calendar.to_local_text(entry.start),
        seconds=entry.count_seconds(toggl.now_utc()),
        work=work,
        running=entry.running or None,
        description=shortened(entry.description, LONGEST_SHOWN) or None,
        tags=entry.tags or None,
    )


def _work(entry: TimeEntry, choice: Choice, number: int) -> WorkShown:
    return WorkShown(
        work=number,
        workspace_id=entry.workspace_id,
        project=choice.names.project(entry),
        project_id=entry.project_id,
        client=choice.names.client(entry),
        task=choice.names.task(entry),
        billable=entry.billable or None,
    )


OFFERS = (
    Offer(create_time_entry, "Create time entry", CREATES, CreateTimeEntry, EntryAnswer),
    Offer(list_time_entries, "List time entries", READS, ListTimeEntries, EntryList),
)
