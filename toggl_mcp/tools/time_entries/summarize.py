"""The tool that totals time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from toggl_mcp.models.account import Me
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import DateRange
from toggl_mcp.models.time_entries import MAX_DURATION
from toggl_mcp.models.totals import (
    EntrySlice,
    Group,
    Label,
    Totals,
    group_slices,
    slice_by_day,
    sort_groups,
    sum_slices,
)
from toggl_mcp.tools.support.define import READS, Offer
from toggl_mcp.tools.support.results import Costly, Known, Moment, fitting, shortened
from toggl_mcp.tools.time_entries._args import SummarizeTime
from toggl_mcp.tools.time_entries._filters import Choice, choose
from toggl_mcp.tools.time_entries._output import NAMED

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl

LONGEST_SHOWN = 200
"""Characters of a description that a group shows."""


class Total(BaseModel):
    """What some time comes to."""

    seconds: int
    hours: float
    entries: int
    amounts: dict[str, float] | Absent = None

    @classmethod
    def of(cls, told: Totals, asked: SummarizeTime) -> "Total":
        """Return what is shown of a sum; amounts if they are asked for: what is in the log has none."""
        amounts = {currency: round(cents / 100, 2) for currency, cents in told.cents.items() if asked.amounts}
        return cls(
            seconds=told.seconds,
            hours=round(told.seconds / 3600, 2),
            entries=told.entries,
            amounts=amounts or None,
        )


class GroupTotal(Total):
    """What one group comes to."""

    by: dict[str, str]


class Summary(Costly, Known):
    """What the time on some days comes to."""

    timezone: str
    first_day: str
    last_day: str
    starts_at: Moment
    ends_before: Moment
    workspaces: dict[str, str]
    total: Total
    groups: list[GroupTotal] | Absent = None
    groups_left: int | Absent = None
    running_seconds: Annotated[int, Field(description="Of total: a timer that runs, up to now.")] | Absent = None
    complete: bool
    why: Annotated[str, Field(description="Why it is not complete.")] | Absent = None


async def summarize_time(asked: SummarizeTime, toggl: "Toggl") -> Summary:
    """Total time by whole days in the account's zone, over all workspaces unless one is named.

    Entries over midnight are split, a running timer counts up to now. An entry counts under each of its tags.
    """
    by = asked.group_by or []
    choice = await choose(asked, toggl, team=asked.team, reported=asked.amounts, named=NAMED & set(by))
    me, _ = await toggl.account.me()
    found = list(slice_by_day(choice.entries, choice.days, toggl.now_utc()))
    labels = [_label(kind, choice, me) for kind in by]
    groups = {key: sum_slices(some) for key, some in group_slices(found, labels).items()}
    told = sort_groups(groups, by) if by else []
    shown = fitting(_shown(key, groups[key], asked) for key in told[: asked.limit])
    why = " ".join([*choice.gaps(), *_not_reported(asked, choice, toggl)]) or None
    return Summary(
        **_frame(choice.days),
        workspaces={str(key): name for key, name in choice.workspaces.items()},
        total=Total.of(sum_slices(found), asked),
        groups=shown if by else None,
        groups_left=len(told) - len(shown) or None,
        running_seconds=sum(part.seconds for part in found if part.entry.running) or None,
        complete=why is None,
        why=why,
        quota=await choice.quota(toggl),
        **Known.of(choice.gathered.source, choice.gathered.as_of, toggl.timestamp()),
    )


def _frame(days: DateRange) -> dict[str, Any]:
    """Return the days that are meant, and the instants at which they begin and are over."""
    return {
        "timezone": days.calendar.zone.key,
        "first_day": days.first.isoformat(),
        "last_day": days.last.isoformat(),
        "starts_at": days.start,
        "ends_before": days.end,
    }


def _shown(key: Sequence[str], told: Totals, asked: SummarizeTime) -> GroupTotal:
    named = {kind: shortened(name, LONGEST_SHOWN) for kind, name in zip(asked.group_by or (), key, strict=True)}
    return GroupTotal(by=named, **Total.of(told, asked).model_dump())


def _not_reported(asked: SummarizeTime, choice: Choice, toggl: "Toggl") -> Iterator[str]:
    """Give what reports do not tell of these days."""
    now = toggl.now_utc()
    if asked.team and choice.days.start <= now and choice.days.end > now - MAX_DURATION:
        yield "Timers that are still running are in no report, so those of the team are not counted."
    unpriced = sum(entry.billable and entry.amount_in_cents is None for entry in choice.entries)
    if asked.amounts and unpriced:
        yield (
            f"Toggl told no amount for {unpriced} of the billable entries: that takes a plan with rates, "
            "an entry that is over, and a report that knows of its last change (refresh: true asks for one)."
        )


def _label(kind: Group, choice: Choice, me: Me) -> Label:
    """Return what says to which groups of a kind a part of an entry belongs."""
    calendar, names = choice.days.calendar, choice.names
    labels: Mapping[Group, Callable[[EntrySlice], str | None]] = {
        "client": lambda part: names.client(part.entry),
        "project": lambda part: names.project(part.entry),
        "task": lambda part: names.task(part.entry),
        "user": lambda part: me.name if part.entry.user_id in (None, me.id) else part.entry.user_name,
        "billable": lambda part: "yes" if part.entry.billable else "no",
        "day": lambda part: part.day.isoformat(),
        "week": lambda part: calendar.first_of_week(part.day).isoformat(),
        "month": lambda part: part.day.isoformat()[:7],
        "description": lambda part: part.entry.description or None,
    }
    if kind == "tag":
        return lambda part: part.entry.tags or ["(no tag)"]
    label, none = labels[kind], f"(no {kind})"
    return lambda part: [label(part) or none]


OFFERS = (Offer(summarize_time, "Summarize time", READS, SummarizeTime, Summary),)
