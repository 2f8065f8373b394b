"""What a person would look at again in recorded time: gaps, overlaps, duplicates, and entries that are too long."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.models.totals import slice_by_day

MIN_GAP = timedelta(minutes=15)
"""A shorter pause is no gap."""
LONG = timedelta(hours=12)
"""An entry that lasts longer is probably a timer that was forgotten."""
OVERNIGHT = timedelta(hours=6)
"""An entry over midnight that lasts longer is no late evening."""

DescribingField = Literal["project", "description", "tags"]
Excess = Literal["long", "overnight", "running"]
FindingKind = Literal[
    "gap",
    "overlap",
    "duplicate",
    "long",
    "overnight",
    "running",
    "no_project",
    "no_description",
    "no_tags",
    "short_day",
    "empty_day",
]


class Stretch(NamedTuple):
    """A stretch of time, in UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        """Its length."""
        return round((self.end - self.start).total_seconds())


class OverlappingPair(NamedTuple):
    """Two entries at once, and the stretch of time that counts twice."""

    earlier: TimeEntry
    later: TimeEntry
    stretch: Stretch


class WorkHours(NamedTuple):
    """The hours of a day between which work is expected, by the local clock."""

    start: time
    end: time

    def on(self, day: date, calendar: Calendar) -> Stretch:
        """Return these hours of a day."""
        start, end = (datetime.combine(day, moment, calendar.zone).astimezone(UTC) for moment in self)
        return Stretch(start, end)


def list_past_days(date_range: DateRange, now: datetime) -> list[date]:
    """Return the days of a range that have begun."""
    last = min(date_range.last, date_range.calendar.day_of(now))
    return [date_range.first + timedelta(days=number) for number in range((last - date_range.first).days + 1)]


def find_duplicates(entries: Iterable[TimeEntry]) -> list[list[TimeEntry]]:
    """Return the entries that are alike in all that a person gives, by the first of them."""
    groups: dict[object, list[TimeEntry]] = defaultdict(list)
    for entry in sorted(entries, key=_position):
        work = (entry.workspace_id, entry.project_id, entry.task_id, entry.description)
        groups[entry.start, entry.duration, *work, tuple(sorted(entry.tags)), entry.billable].append(entry)
    return [group for group in groups.values() if len(group) > 1]


def find_overlapping_pairs(entries: Iterable[TimeEntry], now: datetime) -> Iterator[OverlappingPair]:
    """Yield each two entries that share some time; a running timer lasts up to now."""
    active: list[TimeEntry] = []
    for later in sorted(entries, key=_position):
        active = [entry for entry in active if entry.end_at(now) > later.start]
        if later.end_at(now) > later.start:
            for earlier in active:
                yield OverlappingPair(earlier, later, Stretch(later.start, min(earlier.end_at(now), later.end_at(now))))
            active.append(later)


def find_gaps(entries: Sequence[TimeEntry], windows: Iterable[Stretch], now: datetime) -> Iterator[Stretch]:
    """Yield each stretch of a window, up to now, of 15 minutes or more without an entry."""
    busy = sorted(_stretches(entries, now))
    for window in windows:
        moment, end = window.start, min(window.end, now)
        for stretch in [*(stretch for stretch in busy if stretch.end > window.start), Stretch(end, end)]:
            if min(stretch.start, end) - moment >= MIN_GAP:
                yield Stretch(moment, min(stretch.start, end))
            moment = max(moment, stretch.end)


def find_windows(
    entries: Sequence[TimeEntry], days: Iterable[date], calendar: Calendar, now: datetime
) -> Iterator[Stretch]:
    """Yield each of these days from the first entry that starts in it to the last one's end."""
    for day in days:
        whole_day = DateRange(calendar, day, day)
        # Work until two in the night opens no day: the hours after it are no gap, but sleep.
        stretches = [
            stretch for stretch in _stretches(entries, now) if whole_day.start <= stretch.start < whole_day.end
        ]
        if stretches:
            yield Stretch(min(stretches).start, min(max(stretch.end for stretch in stretches), whole_day.end))


def measure_excess(entry: TimeEntry, calendar: Calendar, now: datetime) -> Excess | None:
    """Return why an entry is probably longer than the work was; None if it is not."""
    length = entry.end_at(now) - entry.start
    crosses_midnight = calendar.day_of(entry.start) < calendar.day_of(entry.end_at(now) - timedelta(seconds=1))
    if entry.running:
        return "running" if length > LONG or (crosses_midnight and length > OVERNIGHT) else None
    if length > LONG:
        return "long"
    return "overnight" if crosses_midnight and length > OVERNIGHT else None


def group_by_missing(entries: Iterable[TimeEntry], field: DescribingField) -> list[list[TimeEntry]]:
    """Return the entries without a field, those of one kind of work together."""
    groups: dict[object, list[TimeEntry]] = defaultdict(list)
    for entry in sorted(entries, key=_position):
        if is_missing(entry, field):
            work = (_value(entry, name) for name in ("project", "description") if name != field)
            groups[entry.workspace_id, *work].append(entry)
    return list(groups.values())


def is_missing(entry: TimeEntry, field: DescribingField) -> bool:
    """Tell whether an entry lacks a field."""
    return not _value(entry, field)


def sum_by_day(entries: Iterable[TimeEntry], date_range: DateRange, now: datetime) -> Mapping[date, int]:
    """Return the seconds of each day that has any."""
    seconds: dict[date, int] = defaultdict(int)
    for part in slice_by_day(entries, date_range, now):
        seconds[part.day] += part.seconds
    return seconds


def _stretches(entries: Iterable[TimeEntry], now: datetime) -> Iterator[Stretch]:
    """Yield the stretch of time of each entry that has any length."""
    for entry in entries:
        if entry.end_at(now) > entry.start:
            yield Stretch(entry.start, entry.end_at(now))


def _value(entry: TimeEntry, field: DescribingField) -> object:
    match field:
        case "project":
            return entry.project_id
        case "description":
            return entry.description.strip()
        case "tags":
            return entry.tags


def _position(entry: TimeEntry) -> tuple[datetime, int]:
    return entry.start, entry.id
