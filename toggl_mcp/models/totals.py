"""Totals: what time entries come to, split at midnight and counted once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from toggl_mcp.models.period import Days
from toggl_mcp.models.time_entries import TimeEntry

Group = Literal["client", "project", "task", "tag", "user", "billable", "day", "week", "month", "description"]
IN_ORDER = ("day", "week", "month")
"""Groups that are told in their own order; others are told by how much they come to."""


class Part(NamedTuple):
    """What falls on one day of one entry; `whole` is the entry's length, for what is shared out by time."""

    entry: TimeEntry
    day: date
    seconds: int
    whole: int


class Sum(NamedTuple):
    """What a group comes to: seconds, entries, and cents by currency."""

    seconds: int
    entries: int
    cents: Mapping[str, float]


Label = Callable[[Part], Sequence[str]]
"""Returns the groups of one kind that a part belongs to: several for tags, else one."""


def parts(entries: Iterable[TimeEntry], days: Days, now: datetime) -> Iterator[Part]:
    """Give what of these entries falls on these days; running timers count up to now.

    An entry of no length belongs to the day of its start.
    """
    for entry in entries:
        whole = entry.seconds(now)
        if whole == 0 and days.start <= entry.start < days.end:
            yield Part(entry, days.calendar.day(entry.start), 0, 0)
        for day, seconds in days.parts(entry.start, entry.end(now)):
            yield Part(entry, day, seconds, whole)


def grouped(found: Iterable[Part], labels: Sequence[Label]) -> dict[tuple[str, ...], list[Part]]:
    """Return the parts under each combination of what the labels say of them."""
    groups: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in found:
        combinations: list[tuple[str, ...]] = [()]
        for label in labels:
            combinations = [(*begun, name) for begun in combinations for name in label(part)]
        for combination in combinations:
            groups[combination].append(part)
    return groups


def total(found: Sequence[Part]) -> Sum:
    """Return what parts come to."""
    cents: dict[str, float] = defaultdict(float)
    for part in found:
        if part.entry.amount_in_cents and part.whole:
            cents[part.entry.currency or ""] += part.entry.amount_in_cents * part.seconds / part.whole
    return Sum(
        sum(part.seconds for part in found),
        len({part.entry.id for part in found}),
        dict(cents),
    )


def in_order(groups: Mapping[tuple[str, ...], Sum], by: Sequence[Group]) -> list[tuple[str, ...]]:
    """Return the groups in the order in which they are told."""

    def place(key: tuple[str, ...]) -> tuple[object, ...]:
        dates = tuple(name for name, kind in zip(key, by, strict=True) if kind in IN_ORDER)
        return (*dates, -groups[key].seconds, *key)

    return sorted(groups, key=place)
