"""What a long time without entries may mean: Toggl sends none of what an account has tracked in Toggl 2.0."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from toggl_mcp.models.period import Calendar
from toggl_mcp.models.time_entries import TimeEntry

MIN_SILENCE = timedelta(days=10)
"""The time without entries from which on a result has to name the last one."""


def find_last_end(entries: Iterable[TimeEntry], now: datetime) -> datetime | None:
    """Return when the last of the entries that have begun ended; now if a timer runs."""
    return max(
        [
            now if entry.duration < 0 else entry.start + timedelta(seconds=entry.duration)
            for entry in entries
            if entry.start <= now
        ],
        default=None,
    )


def describe_silence(last_end: datetime | None, now: datetime, calendar: Calendar) -> str | None:
    """Return how long ago the last entry was, and why there may be others; None if it was lately."""
    if last_end is not None and now - last_end < MIN_SILENCE:
        return None
    last = "in the last 89 days" if last_end is None else f"since {calendar.day_of(last_end)}"
    return (
        f"Toggl Track has no entry of yours {last}. Perhaps there is none; or the account has moved to Toggl 2.0, "
        "whose entries this server cannot read. Ask the person, or look in Toggl's app."
    )
