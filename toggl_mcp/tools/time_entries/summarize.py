"""The tool that totals time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import chain
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import WithJsonSchema

from toggl_mcp.models.account import Me
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Calendar
from toggl_mcp.models.review import list_past_days
from toggl_mcp.models.rounding import parse_rounding
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.models.totals import (
    WEEKDAYS,
    EntrySlice,
    Group,
    Label,
    group_slices,
    slice_by_day,
    sort_groups,
    sum_slices,
)
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.resources import decode_cursor, encode_cursor
from toggl_mcp.tools.support.results import OBJECT, describe_object, describe_objects, take_within_budget
from toggl_mcp.tools.time_entries._args import Day, SummarizeTime
from toggl_mcp.tools.time_entries._filters import Selection, select_entries
from toggl_mcp.tools.time_entries._output import KINDS_WITH_IDS, PeriodResult
from toggl_mcp.tools.time_entries._summary import (
    Average,
    GroupTotal,
    PreviousTotal,
    RemainingTotal,
    Shape,
    Total,
    average_by_day,
    total_by_key,
)

MAX_CELLS_PER_GROUP, MAX_ROWS_PER_GROUP = 4, 2 / 3
"""The cells and rows of a table: of a sparser or narrower one, the list of its groups is shorter."""

K = TypeVar("K")
Groups = Mapping[tuple[str, ...], Sequence[EntrySlice]]
_GROUPS = describe_objects("Like total; by, share (%), cells by columns.")


class Summary(PeriodResult):
    """The total of a range of days, and of its groups."""

    workspaces: Annotated[dict[str, str], OBJECT]
    total: Annotated[Total, describe_object("seconds, hours, entries.")]
    rounding: str | Absent = None
    amounts_rounding: Annotated[Literal["total", "entries"], WithJsonSchema({"type": "string"})] | Absent = None
    average: Annotated[Average, OBJECT] | Absent = None
    previous: Annotated[PreviousTotal, OBJECT] | Absent = None
    columns: list[str] | Absent = None
    groups: Annotated[list[GroupTotal], _GROUPS] | Absent = None
    remaining: Annotated[RemainingTotal, OBJECT] | Absent = None
    next_cursor: str | Absent = None
    running_seconds: int | Absent = None
    future_seconds: int | Absent = None


AMOUNTS_ARE_EXACT = "; amounts are of the exact time"


class GroupPosition(NamedTuple):
    """A place in the groups of some days."""

    number: int
    first_day: Day
    last_day: Day


class _Groups(NamedTuple):
    """The slices of each group, and of each row; a row is a group, or all groups of a first label in a table."""

    by: Sequence[Group]
    groups: Groups
    rows: Groups
    previous: Groups
    columns: Sequence[str] | None

    def to_row(self, key: tuple[str, ...], shape: Shape) -> GroupTotal:
        """Return a row as a result shows it."""
        cells = self.columns and [
            sum(part.seconds for part in self.groups.get((*key, column), ())) for column in self.columns
        ]
        previous = self.previous.get(key, ()) if self.previous else None
        previous_seconds = None if previous is None else sum(part.seconds for part in previous)
        return shape.to_group(self.by, key, self.rows[key], cells=cells, previous_seconds=previous_seconds)


async def summarize_time(args: SummarizeTime, call: CallContext) -> Summary:
    """Total time over whole days in the account's time zone, across all workspaces.

    Entries are split at midnight; running timers count up to now. An entry counts under each tag.
    """
    filters = tuple(str(value) for value in args.model_dump(exclude={"limit", "cursor", "refresh"}).values())
    after = decode_cursor(args.cursor, filters, GroupPosition)
    if after is not None:
        days = {"start": after.first_day.isoformat(), "end": after.last_day.isoformat()}
        args = args.model_copy(update=days | {"period": None})
    with naming_argument("rounding"):
        rounding = None if args.rounding is None else parse_rounding(args.rounding)
    selection = await select_entries(
        args,
        call,
        from_reports=args.amounts,
        kinds=KINDS_WITH_IDS & set(args.group_by or ()),
        with_previous=args.compare is not None,
    )
    comparison = selection.comparison
    slices = list(slice_by_day(selection.entries, selection.date_range, call.now))
    previous = (
        list(slice_by_day(selection.entries, comparison.previous, call.now, comparison.until)) if comparison else []
    )
    if rounding is not None:
        slices, previous = rounding.round_slices(slices), rounding.round_slices(previous)
    total = sum_slices(slices)
    past_slices = list(slice_by_day(selection.entries, selection.date_range, call.now, call.now))
    future_seconds = total.seconds - sum(part.seconds for part in past_slices)
    # Of days that are all to come, what is planned is compared.
    seconds_so_far = total.seconds - (future_seconds if selection.date_range.start <= call.now else 0)
    shape = Shape(rounding, args.amounts, total.seconds)
    groups = await _group(args, selection, slices, previous, call) if args.group_by else None
    return Summary.of_selection(
        selection,
        call,
        _report_warnings(args, selection),
        workspaces={str(key): name for key, name in selection.workspaces.items()},
        total=Total.of(total, shape),
        rounding=rounding and f"{rounding.text}{AMOUNTS_ARE_EXACT if args.amounts else ''}",
        amounts_rounding=_amounts_rounding(selection.entries) if args.amounts else None,
        average=average_by_day(slices),
        previous=shape.to_previous(comparison, previous, seconds_so_far) if comparison else None,
        running_seconds=sum(part.seconds for part in slices if part.entry.running) or None,
        future_seconds=future_seconds or None,
        **(_build_page(groups, shape, args.limit, after, selection, filters) if groups else {}),
    )


async def _group(
    args: SummarizeTime,
    selection: Selection,
    slices: Sequence[EntrySlice],
    previous: Sequence[EntrySlice],
    call: CallContext,
) -> _Groups:
    """Return the groups; two are a table where that is shorter, and its cells can show all there is."""
    by = args.group_by or []
    labels = _make_labels(by, selection, (await call.account()).me)
    groups: Groups = group_slices(slices, labels)
    # Days have no days of the same name before them; weekdays do.
    previous_groups: Groups = {} if set(by) & {"day", "week", "month"} else group_slices(previous, labels)
    empty_days = list_past_days(selection.date_range, call.now) if args.include_empty else []
    empty_keys = [(_date_label(kind, day, selection.date_range.calendar),) for kind in by for day in empty_days]
    groups = dict.fromkeys([*previous_groups, *empty_keys], ()) | groups
    if len(by) > 1 and not (args.amounts or args.rounding or args.compare):
        rows, columns = group_slices(slices, labels[:1]), group_slices(slices, labels[1:])
        is_dense = len(rows) * len(columns) <= MAX_CELLS_PER_GROUP * len(groups)
        if is_dense and len(rows) <= MAX_ROWS_PER_GROUP * len(groups):
            names = [name for (name,) in sort_groups(total_by_key(columns), by[1:])]
            return _Groups(by[:1], groups, rows, {}, names)
    return _Groups(by, groups, groups, previous_groups, None)


def _build_page(
    groups: _Groups,
    shape: Shape,
    limit: int,
    after: GroupPosition | None,
    selection: Selection,
    filters: Sequence[str],
) -> dict[str, Any]:
    """Return the fields of a result that show as many groups as it can hold, and all others as one."""
    start = after.number if after else 0
    keys = sort_groups(total_by_key(groups.rows), groups.by)
    rows = take_within_budget(groups.to_row(key, shape) for key in keys[start : start + limit])
    end = start + len(rows)
    remaining = list(chain.from_iterable(groups.rows[key] for key in keys[end:]))
    position = GroupPosition(end, selection.date_range.first, selection.date_range.last)
    is_last = end >= len(keys)
    return {
        "columns": groups.columns,
        "groups": rows,
        "remaining": None if is_last else RemainingTotal.of(sum_slices(remaining), shape, groups=len(keys) - end),
        "next_cursor": None if is_last else encode_cursor(position, filters),
    }


def _amounts_rounding(entries: Iterable[TimeEntry]) -> Literal["total", "entries"]:
    """Return what was rounded: the total, as Toggl's own is, or the entries, whose sum may be more."""
    return "entries" if any(entry.is_amount_rounded for entry in entries) else "total"


def _report_warnings(args: SummarizeTime, selection: Selection) -> Iterator[str]:
    """Yield that amounts are missing, and what they need."""
    unpriced = [entry for entry in selection.entries if entry.billable and entry.amount_in_cents is None]
    completed = [entry for entry in unpriced if not entry.running]
    if args.amounts and completed != unpriced:
        yield "The running timer has no amount before it is stopped."
    if args.amounts and completed:
        yield (
            f"Toggl sent no amount for {len(completed)} of the billable entries. An amount needs a plan with rates, "
            "and a report with the entry's last change (refresh: true reads the report again)."
        )


def _make_labels(by: Sequence[Group], selection: Selection, me: Me) -> list[Label]:
    """Return the functions that name the groups of a slice."""
    users = {
        entry.user_id: me.name if entry.user_id in (None, me.id) else entry.user_name or ""
        for entry in selection.entries
    }
    names = _distinguish(users), _distinguish(selection.workspaces)
    return [partial(_labels_of, kind, selection, *names) for kind in by]


def _distinguish(names: Mapping[K, str]) -> dict[K, str]:
    """Return the names by id, with the id where several have one name."""
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key})" for key, name in names.items()}


def _labels_of(
    kind: Group,
    selection: Selection,
    users: Mapping[int | None, str],
    workspaces: Mapping[int, str],
    part: EntrySlice,
) -> list[str]:
    """Return the groups of a kind that a slice belongs to: one, or one for each of its tags."""
    entry = part.entry
    match kind:
        case "tag":
            return entry.tags or ["(no tag)"]
        case "workspace":
            label = workspaces[entry.workspace_id]
        case "client" | "project" | "task":
            label = selection.names.name_of(kind, entry)
        case "day" | "weekday" | "week" | "month":
            label = _date_label(kind, part.day, selection.date_range.calendar)
        case "user":
            label = users[entry.user_id]
        case "billable":
            label = "yes" if entry.billable else "no"
        case "description":
            label = entry.description
    return [label or f"(no {kind})"]


def _date_label(kind: Group, day: date, calendar: Calendar) -> str:
    match kind:
        case "weekday":
            return WEEKDAYS[day.weekday()]
        case "week":
            return calendar.first_of_week(day).isoformat()
        case "month":
            return day.isoformat()[:7]
        case _:
            return day.isoformat()


TOOLS = (ToolSpec(summarize_time, READ_ONLY, app="totals"),)
