"""Gaps and overlaps against a count of minutes, which shares nothing with them but the entries."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.review import WorkHours, find_gaps, find_overlapping_pairs, find_windows, list_past_days
from toggl_mcp.models.time_entries import TimeEntry

MINUTE = timedelta(minutes=1)
HOURS = WorkHours(time(8, 30), time(17, 15))
WEEKS = [
    ("Pacific/Auckland", date(2025, 9, 25)),  # Clocks go forward on the 28th.
    ("Europe/Berlin", date(2025, 10, 22)),  # Clocks go back on the 26th.
    ("America/Sao_Paulo", date(2018, 11, 1)),  # The 4th has no midnight.
    ("Asia/Kathmandu", date(2025, 1, 1)),
]


def make_entries(chance: random.Random, start: datetime, count: int) -> list[TimeEntry]:
    return [
        TimeEntry(
            id=number,
            workspace_id=1,
            start=start + chance.randrange(7 * 24 * 60) * MINUTE,
            duration=60 * chance.choice([0, 1, 14, 30, 75, 240, 1000]),
        )
        for number in range(1, count + 1)
    ]


def minutes_of(entry: TimeEntry, now: datetime) -> set[datetime]:
    length = int((entry.end_at(now) - entry.start) / MINUTE)
    return {entry.start + number * MINUTE for number in range(length)}


def count_idle_runs(entries: Sequence[TimeEntry], minutes: Sequence[datetime], now: datetime) -> list[int]:
    """Return the minutes of each run of 15 or more that no entry has."""
    busy = set[datetime]().union(*(minutes_of(entry, now) for entry in entries))
    runs = "".join("x" if minute in busy else "." for minute in minutes).split("x")
    return [len(run) for run in runs if len(run) >= 15]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("zone", "first"), WEEKS, ids=[zone for zone, _ in WEEKS])
def test_gaps_and_overlaps_equal_a_count_of_minutes(zone: str, first: date, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable
    date_range = DateRange(Calendar(ZoneInfo(zone), 1), first, first + timedelta(days=6))
    now = date_range.start + chance.randrange(7 * 24 * 60) * MINUTE
    entries = [
        entry for entry in make_entries(chance, date_range.start, chance.choice([3, 12, 40])) if entry.start < now
    ]
    days = list_past_days(date_range, now)

    shared = Counter(minute for entry in entries for minute in minutes_of(entry, now))
    pairs = sum(count * (count - 1) // 2 for count in shared.values())
    assert sum(overlap.stretch.seconds for overlap in find_overlapping_pairs(entries, now)) == 60 * pairs

    hours = [HOURS.on(day, date_range.calendar) for day in days]
    assert [gap.seconds // 60 for gap in find_gaps(entries, hours, now)] == [
        run for day in days for run in count_idle_runs(entries, list_minutes(day, date_range.calendar, now), now)
    ]

    windows = find_windows(entries, days, date_range.calendar, now)
    for window in windows:
        edges = {window.start, window.end - MINUTE}
        assert edges <= set[datetime]().union(*(minutes_of(entry, window.end) for entry in entries))


def list_minutes(day: date, calendar: Calendar, now: datetime) -> list[datetime]:
    """Return the minutes of a day, up to now, at which a clock on the wall shows work hours."""
    minute, minutes = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=24), list[datetime]()
    for _ in range(3 * 24 * 60):
        local = minute.astimezone(calendar.zone)
        if local.date() == day and HOURS.start <= local.time() < HOURS.end and minute < now:
            minutes.append(minute)
        minute += MINUTE
    return minutes
