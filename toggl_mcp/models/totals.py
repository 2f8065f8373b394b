"""Totals: what time entries come to, split at midnight and counted once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from toggl_mcp.models.period import DateRange
from toggl_mcp.models.time_entries import TimeEntry

Group = Literal["client", "project", "task", "tag", "user", "billable", "day", "week", "month", "description"]
DATE_GROUPS = ("day", "week", "month")
"""Groups that are told in their own order; others are told by how much they come to."""


class EntrySlice(NamedTuple):
    """What falls on one day of one entry; `whole` is the entry's length, for what is shared out by time."""

    entry: TimeEntry
    day: date
    seconds: int
    whole: int


class Totals(NamedTuple):
    """What a group comes to: seconds, entries, and cents by currency."""

    seconds: int
    entries: int
    cents: Mapping[str, float]


Label = Callable[[EntrySlice], Sequence[str]]
"""Returns the groups of one kind that a part belongs to: several for tags, else one."""


def slice_by_day(entries: Iterable[TimeEntry], days: DateRange, now: datetime) -> Iterator[EntrySlice]:
    """Give what of these entries falls on these days; running timers count up to now.

    An entry of no length belongs to the day of its start.
    """
    for entry in entries:
        whole = entry.count_seconds(now)
        if whole == 0 and days.start <= entry.start < days.end:
            yield EntrySlice(entry, days.calendar.day_of(entry.start), 0, 0)
        for day, seconds in days.split_by_day(entry.start, entry.end_at(now)):
            yield EntrySlice(entry, day, seconds, whole)


def group_slices(slices: Iterable[EntrySlice], labels: Sequence[Label]) -> dict[tuple[str, ...], list[EntrySlice]]:
    """Return the parts under each combination of what the labels say of them."""
    groups: dict[tuple[str, ...], list[EntrySlice]] = defaultdict(list)
    for part in slices:
        combinations: list[tuple[str, ...]] = [()]
        for label in labels:
            combinations = [(*prefix, name) for prefix in combinations for name in label(part)]
        for combination in combinations:
            groups[combination].append(part)
    return groups


def sum_slices(slices: Sequence[EntrySlice]) -> Totals:
    """Return what parts come to."""
    cents: dict[str, float] = defaultdict(float)
    for part in slices:
        if part.entry.amount_in_cents and part.whole:
            cents[part.entry.currency or ""] += part.entry.amount_in_cents * part.seconds / part.whole
    return Totals(
        sum(part.seconds for part in slices),
        len({part.entry.id for part in slices}),
        dict(cents),
    )


def sort_groups(groups: Mapping[tuple[str, ...], Totals], by: Sequence[Group]) -> list[tuple[str, ...]]:
    """Return the groups in the order in which they are told."""

    def sort_key(key: tuple[str, ...]) -> tuple[object, ...]:
        dates = tuple(name for name, kind in zip(key, by, strict=True) if kind in DATE_GROUPS)
        return (*dates, -groups[key].seconds, *key)

    return sorted(groups, key=sort_key)
