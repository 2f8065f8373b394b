"""The tool that lists time entries, as rows or as CSV."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339
from toggl_mcp.tools.support.csv_text import to_csv
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.resources import decode_cursor, encode_cursor
from toggl_mcp.tools.support.results import MAX_RESULT_BYTES, OutputModel, count_bytes, describe_objects, truncate
from toggl_mcp.tools.time_entries._args import Day, ListTimeEntries
from toggl_mcp.tools.time_entries._filters import Selection, select_entries
from toggl_mcp.tools.time_entries._output import PeriodResult

MAX_ROW_DESCRIPTION = 200
"""Characters of each description that a row shows."""
CSV_HEADER = (
    *("id", "start", "stop", "seconds", "description", "client", "project", "task", "tags", "billable"),
    *("workspace", "user"),
)


_GROUPS = describe_objects("group, workspace_id, project, client, task, billable, user.")


class EntryGroup(OutputModel):
    """What several entries of a list have in common."""

    group: int
    workspace_id: int
    project: str | Absent = None
    project_id: int | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    billable: bool | Absent = None
    user: str | Absent = None


class TimeEntryRow(OutputModel):
    """A time entry in a list."""

    id: int
    start: str
    stop: str | Absent = None
    seconds: int
    group: int
    running: bool | Absent = None
    future: bool | Absent = None
    description: str | Absent = None
    tags: list[str] | Absent = None


class DatedPosition(NamedTuple):
    """A place in the entries of some days: "today" may be another day when the next page is requested."""

    sort_value: str
    entry_id: int
    first_day: Day
    last_day: Day


class TimeEntryList(PeriodResult):
    """One page of time entries."""

    entries: list[TimeEntryRow] | Absent = None
    groups: Annotated[list[EntryGroup], _GROUPS] | Absent = None
    csv: str | Absent = None
    total: int
    remaining: int
    next_cursor: str | Absent = None


class _Page(NamedTuple):
    """The fields of a result that show as many of the first entries as it can hold, and the number of these."""

    fields: dict[str, Any]
    length: int


async def list_time_entries(args: ListTimeEntries, call: CallContext) -> TimeEntryList:
    """List your time entries that begin in a period, newest first, across all workspaces.

    groups has projects and users. Long descriptions are cut. For totals call summarize_time.
    """
    filters = tuple(str(value) for value in args.model_dump(exclude={"limit", "cursor", "refresh"}).values())
    after = decode_cursor(args.cursor, filters, DatedPosition)
    if after is not None:
        days = {"start": after.first_day.isoformat(), "end": after.last_day.isoformat()}
        args = args.model_copy(update=days | {"period": None})
    selection = await select_entries(args, call)
    date_range = selection.date_range

    def sort_position(entry: TimeEntry) -> tuple[str, int]:
        by_length = args.sort in ("longest", "shortest")
        return f"{entry.count_seconds(call.now):012}" if by_length else to_rfc3339(entry.start), entry.id

    is_descending = args.sort in ("newest", "longest")
    entries = [entry for entry in selection.entries if entry.start >= date_range.start]
    entries.sort(key=sort_position, reverse=is_descending)
    rest = [entry for entry in entries if after is None or _is_after(sort_position(entry), after, is_descending)]
    build_page = _build_csv if args.format == "csv" else partial(_build_rows, has_users=args.user is not None)
    page = build_page(rest[: args.limit], selection, call, is_first=after is None)
    remaining = len(rest) - page.length
    end = DatedPosition(*sort_position(rest[page.length - 1]), date_range.first, date_range.last) if remaining else None
    return TimeEntryList.of_selection(
        selection,
        call,
        total=len(entries),
        remaining=remaining,
        next_cursor=None if end is None else encode_cursor(end, filters),
        **page.fields,
    )


def _is_after(position: tuple[str, int], after: DatedPosition, is_descending: bool) -> bool:  # noqa: FBT001 - the order
    return position < after[:2] if is_descending else position > after[:2]


def _build_rows(
    entries: Sequence[TimeEntry],
    selection: Selection,
    call: CallContext,
    *,
    is_first: bool,  # noqa: ARG001 - as for CSV
    has_users: bool,
) -> _Page:
    """Return the rows of a page, and the groups that they refer to."""
    rows: list[TimeEntryRow] = []
    groups: dict[tuple[object, ...], EntryGroup] = {}
    remaining_bytes = MAX_RESULT_BYTES
    for entry in entries:
        user = entry.user_name if has_users else None
        key = (entry.workspace_id, entry.project_id, entry.task_id, entry.billable, user and entry.user_id)
        group = groups.get(key) or _to_group(entry, user, selection, len(groups) + 1)
        row = _to_row(entry, group.group, selection, call)
        remaining_bytes -= count_bytes(row) + (0 if key in groups else count_bytes(group))
        if remaining_bytes < 0 and rows:
            break
        rows.append(row)
        groups[key] = group
    return _Page({"entries": rows, "groups": list(groups.values())}, len(rows))


def _build_csv(entries: Sequence[TimeEntry], selection: Selection, call: CallContext, *, is_first: bool) -> _Page:
    """Return the lines of a page; only the first one has the header, so that pages join to one file."""
    lines = [to_csv([_to_cells(entry, selection, call)]) for entry in entries]
    remaining_bytes, count = MAX_RESULT_BYTES, 0
    for line in lines:
        remaining_bytes -= len(line.encode())
        if remaining_bytes < 0 and count:
            break
        count += 1
    header = to_csv([CSV_HEADER]) if is_first else ""
    return _Page({"csv": header + "".join(lines[:count])}, count)


def _to_cells(entry: TimeEntry, selection: Selection, call: CallContext) -> list[object]:
    calendar, names = selection.date_range.calendar, selection.names
    return [
        entry.id,
        calendar.to_local_text(entry.start),
        "" if entry.running else calendar.to_local_text(entry.end_at(call.now)),
        entry.count_seconds(call.now),
        entry.description,
        *(names.name_of(kind, entry) for kind in ("client", "project", "task")),
        ", ".join(entry.tags),
        "yes" if entry.billable else "no",
        selection.workspaces[entry.workspace_id],
        entry.user_name,
    ]


def _to_row(entry: TimeEntry, group: int, selection: Selection, call: CallContext) -> TimeEntryRow:
    calendar = selection.date_range.calendar
    return TimeEntryRow(
        id=entry.id,
        start=calendar.to_local_text(entry.start),
        stop=None if entry.running else calendar.to_local_text(entry.end_at(call.now)),
        seconds=entry.count_seconds(call.now),
        group=group,
        running=entry.running or None,
        future=entry.start > call.now or None,
        description=truncate(entry.description, MAX_ROW_DESCRIPTION) or None,
        tags=entry.tags or None,
    )


def _to_group(entry: TimeEntry, user: str | None, selection: Selection, number: int) -> EntryGroup:
    return EntryGroup(
        group=number,
        workspace_id=entry.workspace_id,
        project=selection.names.name_of("project", entry),
        project_id=entry.project_id,
        client=selection.names.name_of("client", entry),
        task=selection.names.name_of("task", entry),
        billable=entry.billable or None,
        user=user,
    )


TOOLS = (ToolSpec(list_time_entries, READ_ONLY, app="week"),)
