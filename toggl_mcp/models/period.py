"""Days, weeks and months of the account: in its time zone, with its first day of the week."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toggl_mcp.errors import InvalidArguments

Period = Literal[
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "this_quarter",
    "last_quarter",
    "this_year",
    "last_year",
    "last_7_days",
    "last_30_days",
]
VALID_YEARS = range(2006, 2031)
"""The years in which Toggl can have entries."""
FIRST_DAY, LAST_DAY = date(VALID_YEARS[0], 1, 1), date(VALID_YEARS[-1], 1, 1)
"""The days that Toggl's reports take: of the last year, only the first."""
_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


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
        """Return the local time as text, to the second."""
        return moment.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds")


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


def resolve_period(period: Period, today: date, calendar: Calendar) -> DateRange:
    """Return the days of a named period; `last_7_days` and `last_30_days` end with today."""
    direction, _, unit = period.partition("_")
    if not unit:
        day = today if period == "today" else today - _DAY
        return DateRange(calendar, day, day)
    if unit.endswith("days"):
        return DateRange(calendar, today - (int(unit.partition("_")[0]) - 1) * _DAY, today)
    if unit == "week":
        first = calendar.first_of_week(today) - (7 * _DAY if direction == "last" else timedelta())
        return DateRange(calendar, first, first + 6 * _DAY)
    length = _MONTHS[unit]
    month = today.year * 12 + (today.month - 1) // length * length - (length if direction == "last" else 0)
    return DateRange(calendar, _first_of_month(month), _first_of_month(month + length) - _DAY)


def parse_local_datetime(text: str, calendar: Calendar) -> datetime:
    """Return the time, in UTC, of a text: by its offset, or else in the calendar's time zone.

    Raises:
        ValueError: It is no time, or one that a change of clocks skips or repeats.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = "is no time; write it as 2026-11-24T09:00, with an offset if it is not in the account's time zone"
        raise ValueError(message) from error
    if moment.year not in VALID_YEARS:
        message = f"lies outside the years that Toggl takes, {VALID_YEARS[0]} to {VALID_YEARS[-1]}"
        raise ValueError(message)
    if len(text) <= len("2026-11-24"):
        message = "needs a time of day as well, such as 2026-11-24T09:00"
        raise ValueError(message)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first, second = (moment.replace(tzinfo=calendar.zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        happens = first.astimezone(UTC).astimezone(calendar.zone).replace(tzinfo=None, fold=0) == moment
        problem = "happens twice that night" if happens else "does not happen that night"
        offsets = " or ".join(choice.isoformat()[-len("+13:00") :] for choice in (first, second))
        message = f"{problem}, as clocks change in {calendar.zone.key}; add the offset {offsets}"
        raise ValueError(message)
    return first.astimezone(UTC)


def _first_of_month(number: int) -> date:
    """Return the first day of a month; months count from the year 0."""
    return date(number // 12, number % 12 + 1, 1)
