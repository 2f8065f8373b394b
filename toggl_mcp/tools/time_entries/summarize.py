"""The tool that totals time."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from toggl_mcp.models.account import Me
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.time_entries import MAX_DURATION
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
from toggl_mcp.tools.support.results import Freshness, Timestamp, WithQuota, take_within_budget, truncate
from toggl_mcp.tools.time_entries._args import SummarizeTime
from toggl_mcp.tools.time_entries._filters import Selection, select_entries
from toggl_mcp.tools.time_entries._output import KINDS_WITH_IDS

MAX_DESCRIPTION = 200
"""Characters of a description that a group shows."""


class Total(BaseModel):
    """What some time comes to."""

    seconds: int
    hours: float
    entries: int
    amounts: dict[str, float] | Absent = None

    @classmethod
    def of(cls, totals: Totals, args: SummarizeTime) -> "Total":
        """Return what is shown of a sum; amounts if they are asked for: what is in the log has none."""
        amounts = {currency: round(cents / 100, 2) for currency, cents in totals.cents.items() if args.amounts}
        return cls(
            seconds=totals.seconds,
            hours=round(totals.seconds / 3600, 2),
            entries=totals.entries,
            amounts=amounts or None,
        )


class GroupTotal(Total):
    """What one group comes to."""

    by: dict[str, str]


class Summary(WithQuota, Freshness):
    """What the time on some days comes to."""

    timezone: str
    first_day: str
    last_day: str
    starts_at: Timestamp
    ends_before: Timestamp
    workspaces: dict[str, str]
    total: Total
    groups: list[GroupTotal] | Absent = None
    groups_remaining: int | Absent = None
    running_seconds: Annotated[int, Field(description="Of total: a timer that runs, up to now.")] | Absent = None
    complete: bool
    incomplete_reason: Annotated[str, Field(description="Why it is not complete.")] | Absent = None


async def summarize_time(args: SummarizeTime, call: CallContext) -> Summary:
    """Total time by whole days in the account's zone, over all workspaces unless one is named.

    Entries over midnight are split, a running timer counts up to now. An entry counts under each of its tags.
    """
    by = args.group_by or []
    selection = await select_entries(
        args, call, team=args.team, from_reports=args.amounts, kinds=KINDS_WITH_IDS & set(by)
    )
    me = await call.account()
    slices = list(slice_by_day(selection.entries, selection.date_range, call.now))
    labels = [partial(_labels_of, kind, selection, me) for kind in by]
    groups = {key: sum_slices(members) for key, members in group_slices(slices, labels).items()}
    ordered = sort_groups(groups, by) if by else []
    groups_shown = take_within_budget(_to_group_total(key, groups[key], args) for key in ordered[: args.limit])
    reason = " ".join([*selection.warnings, *_report_warnings(args, selection, call)]) or None
    return Summary.of(
        selection.result,
        call.now,
        **_range_fields(selection.date_range),
        workspaces={str(key): name for key, name in selection.workspaces.items()},
        total=Total.of(sum_slices(slices), args),
        groups=groups_shown if by else None,
        groups_remaining=len(ordered) - len(groups_shown) or None,
        running_seconds=sum(part.seconds for part in slices if part.entry.running) or None,
        complete=reason is None,
        incomplete_reason=reason,
        quota=await selection.quota(call),
    )


def _range_fields(date_range: DateRange) -> dict[str, Any]:
    """Return the days that are meant, and the instants at which they begin and are over."""
    return {
        "timezone": date_range.calendar.zone.key,
        "first_day": date_range.first.isoformat(),
        "last_day": date_range.last.isoformat(),
        "starts_at": date_range.start,
        "ends_before": date_range.end,
    }


def _to_group_total(key: Sequence[str], totals: Totals, args: SummarizeTime) -> GroupTotal:
    labels = {kind: truncate(name, MAX_DESCRIPTION) for kind, name in zip(args.group_by or (), key, strict=True)}
    return GroupTotal(by=labels, **Total.of(totals, args).model_dump())


def _report_warnings(args: SummarizeTime, selection: Selection, call: CallContext) -> Iterator[str]:
    """Give what reports do not tell of these days."""
    now = call.now
    if args.team and selection.date_range.start <= now and selection.date_range.end > now - MAX_DURATION:
        yield "Timers that are still running are in no report, so those of the team are not counted."
    unpriced = sum(entry.billable and entry.amount_in_cents is None for entry in selection.entries)
    if args.amounts and unpriced:
        yield (
            f"Toggl told no amount for {unpriced} of the billable entries: that takes a plan with rates, "
            "an entry that is over, and a report that knows of its last change (refresh: true asks for one)."
        )


def _labels_of(kind: Group, selection: Selection, me: Me, part: EntrySlice) -> list[str]:
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
            label = me.name if entry.user_id in (None, me.id) else entry.user_name
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


TOOLS = (ToolSpec(summarize_time, "Summarize time", READ_ONLY, SummarizeTime, Summary),)
