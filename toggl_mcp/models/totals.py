"""Totals of time entries, split at midnight and counted once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from toggl_mcp.models.period import DateRange
from toggl_mcp.models.time_entries import TimeEntry

Group = Literal[
    "workspace",
    "client",
    "project",
    "task",
    "tag",
    "user",
    "billable",
    "day",
    "weekday",
    "week",
    "month",
    "description",
]
DATE_GROUPS = ("day", "weekday", "week", "month")
"""Groups that are sorted by date; others are sorted by their seconds."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class EntrySlice(NamedTuple):
    """The part of an entry on one day; `whole` is the seconds of the entry, by which amounts are shared out."""

    entry: TimeEntry
    day: date
    seconds: int
    whole: int
    rounded: int


class Money(NamedTuple):
    """What was earned in one currency, and in how much time."""

    cents: float
    seconds: int


class Totals(NamedTuple):
    """The totals of a group: seconds, entries, and money by currency."""

    seconds: int
    rounded: int
    billable: int
    entries: int
    money: Mapping[str, Money]


Label = Callable[[EntrySlice], Sequence[str]]
"""Returns the groups of one kind that a slice belongs to: several for tags, else one."""


def slice_by_day(
    entries: Iterable[TimeEntry], days: DateRange, now: datetime, until: datetime | None = None
) -> Iterator[EntrySlice]:
    """Yield a slice for each day of each entry; a running timer counts up to now, and nothing after `until`.

    An entry without length belongs to the day of its start.
    """
    end = days.end if until is None else min(until, days.end)
    for entry in entries:
        whole = entry.count_seconds(now)
        if whole == 0 and days.start <= entry.start < end:
            yield EntrySlice(entry, days.calendar.day_of(entry.start), 0, 0, 0)
        for day, seconds in days.split_by_day(entry.start, min(entry.end_at(now), end)):
            yield EntrySlice(entry, day, seconds, whole, seconds)


def group_slices(slices: Iterable[EntrySlice], labels: Sequence[Label]) -> dict[tuple[str, ...], list[EntrySlice]]:
    """Return the slices under each combination of their labels."""
    groups: dict[tuple[str, ...], list[EntrySlice]] = defaultdict(list)
    for part in slices:
        combinations: list[tuple[str, ...]] = [()]
        for label in labels:
            combinations = [(*prefix, name) for prefix in combinations for name in label(part)]
        for combination in combinations:
            groups[combination].append(part)
    return groups


def sum_slices(slices: Sequence[EntrySlice]) -> Totals:
    """Return the totals of slices."""
    money: dict[str, Money] = {}
    for part in slices:
        if part.entry.amount_in_cents and part.whole:
            currency = part.entry.currency or ""
            cents, seconds = money.get(currency, Money(0.0, 0))
            amount = part.entry.amount_in_cents * part.seconds / part.whole
            money[currency] = Money(cents + amount, seconds + part.seconds)
    return Totals(
        seconds=sum(part.seconds for part in slices),
        rounded=sum(part.rounded for part in slices),
        billable=sum(part.seconds for part in slices if part.entry.billable),
        entries=len({part.entry.id for part in slices}),
        money=money,
    )


def sort_groups(groups: Mapping[tuple[str, ...], Totals], by: Sequence[Group]) -> list[tuple[str, ...]]:
    """Return the groups by date, then by seconds, most first."""

    def sort_key(key: tuple[str, ...]) -> tuple[object, ...]:
        dates = tuple(
            WEEKDAYS.index(name) if kind == "weekday" else name
            for name, kind in zip(key, by, strict=True)
            if kind in DATE_GROUPS
        )
        return (*dates, -groups[key].seconds, *key)

    return sorted(groups, key=sort_key)
