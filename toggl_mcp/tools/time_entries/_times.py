"""The start and the stop of an entry, of which one may say the day of both."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.time_entries import MAX_DURATION
from toggl_mcp.models.time_grammar import is_time_of_day, parse_time
from toggl_mcp.tools.support.args import naming_argument

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import date, datetime

    from toggl_mcp.models.period import Calendar

_MIDNIGHT = re.compile(r"^\s*(at )?midnight\s*$", re.IGNORECASE)
MAX_NIGHT = timedelta(hours=12)
"""The longest time from a start to a stop that is on the next day without saying so."""


def parse_time_argument(
    field: str,
    text: str,
    now: "datetime",
    calendar: "Calendar",
    default_day: "date | None" = None,
    *,
    is_past: bool = False,
) -> "datetime":
    """Return the time that an argument gives, in UTC; a time of day alone is that of the default day, or of today.

    With `is_past`, a reading that is still to come is none.

    Raises:
        InvalidArguments: It is no time, has two readings, or is one that a change of clocks skips or repeats.
    """
    with naming_argument(field):
        return parse_time(text, now, calendar, default_day, is_past=is_past)


def parse_stop(
    text: str, start: "datetime", now: "datetime", calendar: "Calendar", *, is_past: bool = False
) -> "datetime":
    """Return a stop; a time of day alone is on the day of the start, or in the night after it.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    day = calendar.day_of(start)
    text = _MIDNIGHT.sub("00:00", text)  # Beside the other time it is not in doubt which one is meant.
    stop = parse_time_argument("stop", text, now, calendar, day, is_past=is_past)
    if stop >= start or not is_time_of_day(text):
        return stop
    later_stop = parse_time_argument("stop", text, now, calendar, day + timedelta(days=1))
    return later_stop if later_stop - start <= MAX_NIGHT else stop


def parse_start(text: str, stop: "datetime", now: "datetime", calendar: "Calendar") -> "datetime":
    """Return a start; a time of day alone is on the day of the stop, or in the night before it.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    day = calendar.day_of(stop)
    text = _MIDNIGHT.sub("00:00", text)
    start = parse_time_argument("start", text, now, calendar, day)
    if start <= stop or not is_time_of_day(text):
        return start
    earlier_start = parse_time_argument("start", text, now, calendar, day - timedelta(days=1))
    return earlier_start if stop - earlier_start <= MAX_NIGHT else start


def parse_times(
    start_text: str, stop_text: str, now: "datetime", calendar: "Calendar", default_day: "date | None" = None
) -> "tuple[datetime, datetime]":
    """Return a start and a stop: that of a time of day alone is by the other, or that of the default day, or of today.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    is_start_alone, is_stop_alone = is_time_of_day(start_text), is_time_of_day(stop_text)
    if is_start_alone and not is_stop_alone:
        stop = parse_time_argument("stop", stop_text, now, calendar)
        return parse_start(start_text, stop, now, calendar), stop
    start = parse_time_argument("start", start_text, now, calendar, default_day)
    if is_start_alone and is_stop_alone and default_day is None:  # Of which night they are is not certain.
        return start, parse_time_argument("stop", stop_text, now, calendar)
    return start, parse_stop(stop_text, start, now, calendar)


def check_duration(start: "datetime", stop: "datetime", calendar: "Calendar") -> None:
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
