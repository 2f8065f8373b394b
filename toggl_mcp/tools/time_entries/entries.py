"""The tool that lists time entries."""

from typing import Annotated, NamedTuple

from pydantic import Field

from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.resources import decode_cursor, encode_cursor
from toggl_mcp.tools.support.results import MAX_RESULT_BYTES, Freshness, OutputModel, WithQuota, count_bytes, truncate
from toggl_mcp.tools.time_entries._args import Day, ListTimeEntries
from toggl_mcp.tools.time_entries._filters import Selection, select_entries

MAX_ROW_DESCRIPTION = 200
"""Characters of each description that a list shows."""


class EntryGroup(OutputModel):
    """What several entries of a list have in common."""

    group: Annotated[int, Field(description="Number in entries.")]
    workspace_id: int
    project: str | Absent = None
    project_id: int | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    billable: bool | Absent = None


class TimeEntryRow(OutputModel):
    """A time entry in a list."""

    id: int
    start: str
    seconds: int
    group: int
    running: bool | Absent = None
    future: Annotated[bool, Field(description="Begins later than now.")] | Absent = None
    description: str | Absent = None
    tags: list[str] | Absent = None


class DatedPosition(NamedTuple):
    """A place in the entries of some days: "today" may be another day when the next page is requested."""

    start: str
    entry_id: int
    first_day: Day
    last_day: Day


class TimeEntryList(WithQuota, Freshness):
    """One page of time entries."""

    timezone: Annotated[str, Field(description="Of start.")]
    first_day: str
    last_day: str
    entries: list[TimeEntryRow]
    groups: list[EntryGroup]
    total: int
    remaining: int
    next_cursor: str | Absent = None
    complete: bool
    incomplete_reason: Annotated[str, Field(description="What is missing, and why.")] | Absent = None


async def list_time_entries(args: ListTimeEntries, call: CallContext) -> TimeEntryList:
    """List your time entries of a period, newest first, across all workspaces.

    groups has their project names. Long descriptions are cut. For totals, summarize_time is correct and far shorter.
    """
    filters = tuple(str(value) for value in args.model_dump(exclude={"limit", "cursor", "refresh"}).values())
    after = decode_cursor(args.cursor, filters, DatedPosition)
    if after is not None:
        days = {"start": after.first_day.isoformat(), "end": after.last_day.isoformat()}
        args = args.model_copy(update=days | {"period": None})
    selection = await select_entries(args, call)
    date_range = selection.date_range
    entries = [entry for entry in selection.entries if entry.start >= date_range.start]
    entries.sort(key=_sort_position, reverse=True)
    rest = entries if after is None else [entry for entry in entries if _sort_position(entry) < after[:2]]
    rows, groups = _build_page(rest[: args.limit], selection, call)
    remaining = len(rest) - len(rows)
    end = DatedPosition(*_sort_position(rest[len(rows) - 1]), date_range.first, date_range.last) if remaining else None
    result = selection.result
    reason = " ".join(selection.warnings) or None
    return TimeEntryList.of(
        result,
        call.toggl.timestamp(),
        call.spending,
        timezone=date_range.calendar.zone.key,
        first_day=date_range.first.isoformat(),
        last_day=date_range.last.isoformat(),
        entries=rows,
        groups=groups,
        total=len(entries),
        remaining=remaining,
        next_cursor=None if end is None else encode_cursor(end, filters),
        complete=reason is None,
        incomplete_reason=reason,
        quota=call.quota(),
    )


def _sort_position(entry: TimeEntry) -> tuple[str, int]:
    return to_rfc3339(entry.start), entry.id


def _build_page(
    entries: list[TimeEntry], selection: Selection, call: CallContext
) -> tuple[list[TimeEntryRow], list[EntryGroup]]:
    """Return the rows of as many of the first entries as a result can hold, and the groups that they refer to."""
    rows: list[TimeEntryRow] = []
    groups: dict[tuple[object, ...], EntryGroup] = {}
    remaining_bytes = MAX_RESULT_BYTES
    for entry in entries:
        key = (entry.workspace_id, entry.project_id, entry.task_id, entry.billable)
        group = groups.get(key) or _to_group(entry, selection, len(groups) + 1)
        row = _to_row(entry, group.group, selection, call)
        remaining_bytes -= count_bytes(row) + (0 if key in groups else count_bytes(group))
        if remaining_bytes < 0 and rows:
            break
        rows.append(row)
        groups[key] = group
    return rows, list(groups.values())


def _to_row(entry: TimeEntry, group: int, selection: Selection, call: CallContext) -> TimeEntryRow:
    return TimeEntryRow(
        id=entry.id,
        start=selection.date_range.calendar.to_local_text(entry.start),
        seconds=entry.count_seconds(call.now),
        group=group,
        running=entry.running or None,
        future=entry.start > call.now or None,
        description=truncate(entry.description, MAX_ROW_DESCRIPTION) or None,
        tags=entry.tags or None,
    )


def _to_group(entry: TimeEntry, selection: Selection, number: int) -> EntryGroup:
    return EntryGroup(
        group=number,
        workspace_id=entry.workspace_id,
        project=selection.names.name_of("project", entry),
        project_id=entry.project_id,
        client=selection.names.name_of("client", entry),
        task=selection.names.name_of("task", entry),
        billable=entry.billable or None,
    )


TOOLS = (ToolSpec(list_time_entries, READ_ONLY),)
