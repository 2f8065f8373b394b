"""The tool that totals time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from toggl_mcp.models.account import Me
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Calendar
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.models.totals import (
    EntrySlice,
    Group,
    Totals,
    group_slices,
    slice_by_day,
    sort_groups,
    sum_slices,
)
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.results import OutputModel, take_within_budget, truncate
from toggl_mcp.tools.time_entries._args import SummarizeTime
from toggl_mcp.tools.time_entries._filters import Selection, select_entries
from toggl_mcp.tools.time_entries._output import KINDS_WITH_IDS, PeriodResult

MAX_LABEL = 200
"""Characters of a description that a group shows."""


_ROWS = {"type": "array", "items": {"type": "object"}}
"""The schema of groups, whose fields are those of the total."""


class Total(OutputModel):
    """A total of time."""

    seconds: int
    hours: float
    entries: int
    amounts: dict[str, float] | Absent = None

    @classmethod
    def of(cls, totals: Totals, args: SummarizeTime) -> "Total":
        """Return totals as a result shows them; amounts only if requested, as cached entries have none."""
        amounts = {currency: round(cents / 100, 2) for currency, cents in totals.cents.items() if args.amounts}
        return cls(
            seconds=totals.seconds,
            hours=round(totals.seconds / 3600, 2),
            entries=totals.entries,
            amounts=amounts or None,
        )


class GroupTotal(Total):
    """The total of one group."""

    by: dict[str, str]


class Summary(PeriodResult):
    """The total of a range of days, and of its groups."""

    workspaces: dict[str, str]
    total: Total
    amounts_rounding: Literal["total", "entries"] | Absent = None
    groups: (
        Annotated[list[GroupTotal], WithJsonSchema(_ROWS), Field(description="Fields of total, and by.")] | Absent
    ) = None
    groups_remaining: int | Absent = None
    running_seconds: Annotated[int, Field(description="Part of total: the running timer, up to now.")] | Absent = None
    future_seconds: Annotated[int, Field(description="Part of total: what begins later.")] | Absent = None


async def summarize_time(args: SummarizeTime, call: CallContext) -> Summary:
    """Total time over whole days in the account's time zone, across all workspaces.

    Entries are split at midnight; a running timer counts up to now. An entry counts under each of its tags.
    """
    by = args.group_by or []
    selection = await select_entries(
        args, call, team=args.team, from_reports=args.amounts, kinds=KINDS_WITH_IDS & set(by)
    )
    date_range = selection.date_range
    users = _name_users(selection.entries, (await call.account()).me)
    slices = list(slice_by_day(selection.entries, date_range, call.now))
    labels = [partial(_labels_of, kind, selection, users) for kind in by]
    groups = {key: sum_slices(members) for key, members in group_slices(slices, labels).items()}
    ordered = sort_groups(groups, by) if by else []
    groups_shown = take_within_budget(_to_group_total(key, groups[key], args) for key in ordered[: args.limit])
    return Summary.of_selection(
        selection,
        call,
        _report_warnings(args, selection),
        workspaces={str(key): name for key, name in selection.workspaces.items()},
        total=Total.of(sum_slices(slices), args),
        amounts_rounding=_amounts_rounding(selection.entries) if args.amounts else None,
        groups=groups_shown if by else None,
        groups_remaining=len(ordered) - len(groups_shown) or None,
        running_seconds=sum(part.seconds for part in slices if part.entry.running) or None,
        future_seconds=sum(part.seconds for part in slices if part.entry.start > call.now) or None,
    )


def _amounts_rounding(entries: Iterable[TimeEntry]) -> Literal["total", "entries"]:
    """Return what was rounded: the total, as Toggl's own is, or the entries, whose sum may be more."""
    return "entries" if any(entry.is_amount_rounded for entry in entries) else "total"


def _to_group_total(key: Sequence[str], totals: Totals, args: SummarizeTime) -> GroupTotal:
    labels = {kind: truncate(name, MAX_LABEL) for kind, name in zip(args.group_by or (), key, strict=True)}
    return GroupTotal(by=labels, **Total.of(totals, args).model_dump())


def _report_warnings(args: SummarizeTime, selection: Selection) -> Iterator[str]:
    """Yield that amounts are missing, and what they need."""
    unpriced = sum(entry.billable and entry.amount_in_cents is None for entry in selection.entries)
    if args.amounts and unpriced:
        yield (
            f"Toggl sent no amount for {unpriced} of the billable entries. An amount needs a plan with rates, "
            "a completed entry, and a report with its last change (refresh: true reads the report again)."
        )


def _name_users(entries: Iterable[TimeEntry], me: Me) -> dict[int | None, str]:
    """Return the names of the entries' users by id, with the id where several have one name."""
    names = {entry.user_id: me.name if entry.user_id in (None, me.id) else entry.user_name or "" for entry in entries}
    counts = Counter(names.values())
    return {user_id: name if counts[name] == 1 else f"{name} ({user_id})" for user_id, name in names.items()}


def _labels_of(kind: Group, selection: Selection, users: Mapping[int | None, str], part: EntrySlice) -> list[str]:
    """Return the groups of a kind that a slice belongs to: one, or one for each of its tags."""
    entry = part.entry
    match kind:
        case "tag":
            return entry.tags or ["(no tag)"]
        case "client" | "project" | "task":
            label = selection.names.name_of(kind, entry)
        case "day" | "week" | "month":
            label = _date_label(kind, part.day, selection.date_range.calendar)
        case "user":
            label = users[entry.user_id]
        case "billable":
            label = "yes" if entry.billable else "no"
        case "description":
            label = entry.description
    return [label or f"(no {kind})"]


def _date_label(kind: Literal["day", "week", "month"], day: date, calendar: Calendar) -> str:
    match kind:
        case "day":
            return day.isoformat()
        case "week":
            return calendar.first_of_week(day).isoformat()
        case "month":
            return day.isoformat()[:7]


TOOLS = (ToolSpec(summarize_time, READ_ONLY),)
