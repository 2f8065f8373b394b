"""The start and the stop of an entry, of which one may say the day of both."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.day_grammar import two_readings_error
from toggl_mcp.models.time_entries import MAX_DURATION
from toggl_mcp.models.time_grammar import (
    find_offset,
    has_half_of_day,
    is_relative,
    is_time_of_day,
    list_times,
    only_time,
    parse_time,
)
from toggl_mcp.tools.support.args import naming_argument

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from collections.abc import Sequence
    from datetime import date

    from toggl_mcp.models.period import Calendar

_MIDNIGHT = re.compile(r"^\s*(at )?midnight\s*$", re.IGNORECASE)
MAX_NIGHT = timedelta(hours=12)
"""The longest time from a start to a stop that is on the next day without saying so."""


def parse_time_argument(
    field: str,
    text: str,
    now: datetime,
    calendar: "Calendar",
    default_day: "date | None" = None,
    *,
    is_past: bool = False,
) -> datetime:
    """Return the time that an argument gives, in UTC; a time of day alone is that of the default day, or of today.

    With `is_past`, a reading that is still to come is none.

    Raises:
        InvalidArguments: It is no time, has two readings, or is one that a change of clocks skips or repeats.
    """
    with naming_argument(field):
        return parse_time(text, now, calendar, default_day, is_past=is_past)


def parse_stop(text: str, start: datetime, now: datetime, calendar: "Calendar") -> datetime:
    """Return a stop; a time of day alone is on the day of the start, or in the night after it.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    with naming_argument("stop"):
        return only_time(text, _list_stops(text, start, now, calendar), calendar)


def parse_stop_of_timer(text: str, start: datetime, now: datetime, calendar: "Calendar") -> datetime:
    """Return the stop of a timer that runs; a time of day alone is on the only day on which it ran then.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    with naming_argument("stop"):
        text = write_midnight(text)
        moments = _list_stops(text, start, now, calendar)
        if is_time_of_day(text):
            count = (calendar.day_of(now) - calendar.day_of(start)).days + 1
            days = [calendar.day_of(start) + timedelta(days=number) for number in range(count)]
            moments = [*moments, *(moment for day in days for moment in list_times(text, now, calendar, day))]
        stops = sorted({moment for moment in moments if start <= moment <= now})
        if len(stops) > 1:
            raise two_readings_error(text, *(calendar.to_local_text(stop) for stop in (stops[0], stops[-1])))
        return stops[0] if stops else moments[0]


def parse_start(text: str, stop: datetime, now: datetime, calendar: "Calendar") -> datetime:
    """Return a start; a time of day alone is on the day of the stop, or in the night before it.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    with naming_argument("start"):
        return only_time(text, _list_starts(text, stop, now, calendar), calendar)


def parse_times(
    start_text: str, stop_text: str, now: datetime, calendar: "Calendar", default_day: "date | None" = None
) -> tuple[datetime, datetime]:
    """Return a start and a stop: that of a time of day alone is by the other, or that of the default day, or of today.

    Of hours of either half of the day those count that make a stretch of at most a night, which is over if one is.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    _require_one_zone(start_text, stop_text, now, calendar, default_day)
    is_start_alone, is_stop_alone = is_time_of_day(start_text), is_time_of_day(stop_text)
    # Beside a time with am or pm, one without is not of 24 hours.
    is_start_of_12, is_stop_of_12 = has_half_of_day(stop_text), has_half_of_day(start_text)
    if is_start_alone and not is_stop_alone:
        with naming_argument("stop"):
            stops = list_times(stop_text, now, calendar, has_12_hours=is_stop_of_12)
        with naming_argument("start"):
            pairs = [
                (start, stop)
                for stop in stops
                for start in _list_starts(start_text, stop, now, calendar, has_12_hours=is_start_of_12)
            ]
    else:
        with naming_argument("start"):
            starts = list_times(start_text, now, calendar, default_day, has_12_hours=is_start_of_12)
        # Of two times of day alone it is not certain of which night they are.
        is_of_today = is_start_alone and is_stop_alone and default_day is None
        with naming_argument("stop"):
            pairs = [
                (start, stop)
                for start in starts
                for stop in (
                    list_times(stop_text, now, calendar, has_12_hours=is_stop_of_12)
                    if is_of_today
                    else _list_stops(stop_text, start, now, calendar, has_12_hours=is_stop_of_12)
                )
            ]
    return _only_pair(start_text, stop_text, pairs, now, calendar)


def write_midnight(text: str) -> str:
    """Return a text with midnight in figures: beside another time it is not in doubt which one is meant."""
    return _MIDNIGHT.sub("00:00", text)


def _require_one_zone(
    start_text: str, stop_text: str, now: datetime, calendar: "Calendar", default_day: "date | None"
) -> None:
    """Require that both times have an offset, or neither, unless the offset is the calendar's own.

    Raises:
        InvalidArguments: One alone has that of another zone, so that the other may be of either.
    """
    offsets = {"start": find_offset(start_text), "stop": find_offset(stop_text)}
    offset = offsets["start"] or offsets["stop"]
    if offset is None or None not in offsets.values() or is_relative(start_text) or is_relative(stop_text):
        return
    field, other_field = ("start", "stop") if offsets["start"] else ("stop", "start")
    with naming_argument(field):
        moment = list_times(start_text if offsets["start"] else stop_text, now, calendar, default_day)[0]
    if datetime.fromisoformat(f"2000-01-01T00:00{offset}").utcoffset() != moment.astimezone(calendar.zone).utcoffset():
        message = f"{other_field}: may be at {offset} as well, or in {calendar.zone.key}. Give its offset, too."
        raise InvalidArguments(message)


def _only_pair(
    start_text: str,
    stop_text: str,
    pairs: "Sequence[tuple[datetime, datetime]]",
    now: datetime,
    calendar: "Calendar",
) -> tuple[datetime, datetime]:
    """Return the only start and stop of these."""
    if len(pairs) > 1:
        pairs = [pair for pair in pairs if timedelta() < pair[1] - pair[0] <= MAX_NIGHT] or pairs
        pairs = [pair for pair in pairs if calendar.day_of(pair[0]) == calendar.day_of(pair[1])] or pairs
        pairs = [pair for pair in pairs if pair[1] <= now] or pairs
    starts, stops = (sorted({*moments}) for moments in zip(*pairs, strict=True))
    with naming_argument("start"):
        start = only_time(start_text, starts, calendar)
    with naming_argument("stop"):
        return start, only_time(stop_text, stops, calendar)


def _list_stops(
    text: str, start: datetime, now: datetime, calendar: "Calendar", *, has_12_hours: bool = False
) -> list[datetime]:
    """Return the stops that a text may mean: of two times of day, those that are within a night after the start."""
    day = calendar.day_of(start)
    text = write_midnight(text)
    stops = list_times(text, now, calendar, day, has_12_hours=has_12_hours)
    if not is_time_of_day(text):
        return stops
    near = [stop for stop in stops if start <= stop and (len(stops) == 1 or stop - start <= MAX_NIGHT)]
    later = [] if near else list_times(text, now, calendar, day + timedelta(days=1), has_12_hours=has_12_hours)
    return near or [stop for stop in later if stop - start <= MAX_NIGHT] or stops


def _list_starts(
    text: str, stop: datetime, now: datetime, calendar: "Calendar", *, has_12_hours: bool = False
) -> list[datetime]:
    """Return the starts that a text may mean: of two times of day, those that are within a night before the stop."""
    day = calendar.day_of(stop)
    text = write_midnight(text)
    starts = list_times(text, now, calendar, day, has_12_hours=has_12_hours)
    if not is_time_of_day(text):
        return starts
    near = [start for start in starts if start <= stop and (len(starts) == 1 or stop - start <= MAX_NIGHT)]
    earlier = [] if near else list_times(text, now, calendar, day - timedelta(days=1), has_12_hours=has_12_hours)
    return near or [start for start in earlier if stop - start <= MAX_NIGHT] or starts


def check_duration(start: datetime, stop: datetime, calendar: "Calendar") -> None:
    """Check that an entry stops after it starts, and is no longer than Toggl allows.

    Raises:
        InvalidArguments: It is not.
    """
    if timedelta() <= stop - start <= MAX_DURATION:
        return
    problem = "is before" if stop < start else "is more than 999 hours after"
    start_text, stop_text = map(calendar.to_local_text, (start, stop))
    message = f"stop: {stop_text} {problem} start, {start_text}. Correct either; to move an entry, give both."
    raise InvalidArguments(message)
