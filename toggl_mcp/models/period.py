"""Days, weeks and months of the account: in its time zone, with its first day of the week."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toggl_mcp.errors import InvalidArguments

VALID_YEARS = range(2006, 2031)
"""The years in which Toggl can have entries."""
FIRST_DAY, LAST_DAY = date(VALID_YEARS[0], 1, 1), date(VALID_YEARS[-1], 1, 1)
"""The days that Toggl's reports take: of the last year, only the first."""
MONTHS_BY_UNIT = {"month": 1, "quarter": 3, "year": 12}
_DAY = timedelta(days=1)


class Calendar(NamedTuple):
    """A time zone, and the first day of the week (0 is Sunday)."""

    zone: ZoneInfo
    week_begins_on: int

    def day_of(self, moment: datetime) -> date:
        """Return the local day of a time."""
        return moment.astimezone(self.zone).date()

    def midnight_of(self, day: date) -> datetime:
        """Return the time, in UTC, at which a day begins."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def first_of_week(self, day: date) -> date:
        """Return the first day of a day's week."""
        return day - timedelta(days=(day.isoweekday() - self.week_begins_on) % 7)

    def to_local_text(self, moment: datetime) -> str:
        """Return the local time as text, to the second; with its offset in the hour that a change of clocks repeats."""
        local = moment.astimezone(self.zone)
        is_repeated = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
        return (local if is_repeated else local.replace(tzinfo=None)).isoformat(timespec="seconds")


@dataclass(frozen=True)
class DateRange:
    """A run of whole days of a calendar, the last one included."""

    calendar: Calendar
    first: date
    last: date

    @cached_property
    def start(self) -> datetime:
        """The time, in UTC, at which the first day begins."""
        return self.calendar.midnight_of(self.first)

    @cached_property
    def end(self) -> datetime:
        """The time, in UTC, at which the last day ends."""
        return self.calendar.midnight_of(self.last + _DAY)

    def split_by_day(self, start: datetime, end: datetime) -> Iterator[tuple[date, int]]:
        """Yield each day of the range on which some of a stretch of time falls, and the seconds of it."""
        moment, end = max(start, self.start), min(end, self.end)
        while moment < end:
            number = bisect_right(self._midnights, moment)
            next_midnight = min(end, self._midnights[number])
            yield self.first + (number - 1) * _DAY, round((next_midnight - moment).total_seconds())
            moment = next_midnight

    # A summary splits thousands of entries at the same few midnights, and a time zone takes long to give one.
    @cached_property
    def _midnights(self) -> list[datetime]:
        return [
            self.calendar.midnight_of(self.first + number * _DAY) for number in range((self.last - self.first).days + 2)
        ]


class Comparison(NamedTuple):
    """The days before a range that are like those of it up to today, if today is one up to a time."""

    previous: DateRange
    until: datetime | None = None


def compare_with_previous(date_range: DateRange, now: datetime) -> Comparison:
    """Return as many days before a range as there are of it so far; whole months are compared with the months before.

    A month that is over is compared with all of the one before it, whatever the days of each. Today is compared with
    a day up to the same time.

    Raises:
        ValueError: The range is the first one that Toggl can have.
    """
    calendar, first, last = date_range.calendar, date_range.first, date_range.last
    today = calendar.day_of(now)
    is_whole = last <= today or today < first
    days_so_far = (last if is_whole else today) - first
    if first.day == 1 and (last + _DAY).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        month = first.year * 12 + first.month - 1 - months
        previous_first = date(month // 12, month % 12 + 1, 1)
        previous_last = first - _DAY if is_whole else min(previous_first + days_so_far, first - _DAY)
    else:
        previous_first = first - (last - first) - _DAY
        previous_last = previous_first + days_so_far
    if previous_first < FIRST_DAY:
        message = f"Toggl has no days before {FIRST_DAY} to compare with; give a later period"
        raise ValueError(message)
    until = None
    if first <= today <= last and previous_last >= previous_first + days_so_far:
        clock = now.astimezone(calendar.zone).time()
        until = datetime.combine(previous_last, clock, calendar.zone).astimezone(UTC)
    return Comparison(DateRange(calendar, previous_first, previous_last), until)


def unit_before(today: date, unit: str, count: int, calendar: Calendar) -> tuple[date, date]:
    """Return the first and last day of the week, month, quarter or year so many before the running one."""
    if unit == "week":
        first = calendar.first_of_week(today) - count * 7 * _DAY
        return first, first + 6 * _DAY
    length = MONTHS_BY_UNIT[unit]
    month = today.year * 12 + (today.month - 1) // length * length - count * length
    return months_of(date(month // 12, month % 12 + 1, 1), length)


def months_of(first: date, count: int) -> tuple[date, date]:
    """Return the first and last day of so many months."""
    month = first.year * 12 + first.month - 1 + count
    return first, date(month // 12, month % 12 + 1, 1) - _DAY


def make_calendar(zone: str, week_begins_on: int) -> Calendar:
    """Return the calendar of a time zone.

    Raises:
        InvalidArguments: This computer has no data of the time zone.
    """
    try:
        return Calendar(ZoneInfo(zone), week_begins_on)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = (
            f"This computer has no data of the account's time zone {zone!r:.60}. Choose another in Toggl's profile."
        )
        raise InvalidArguments(message) from error
