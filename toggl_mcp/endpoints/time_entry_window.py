"""The part of a window of time entries that was fetched: Toggl truncates each response to the newest entries."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from toggl_mcp.models.time_entries import TimeEntry

MAX_WINDOW_AGE = timedelta(days=1)
"""How long after its first request a window is continued; what has changed since then is requested, too."""
UNLISTED_ID = -(2**33)
"""The id of the rows that Toggl does not list: below the negative ones of rows without an id."""
_SECOND = timedelta(seconds=1)


class EntryWindow:
    """The entries of a window so far: those that began before `end` are to come.

    Args:
        end: Its end; each response moves it back.
        requested_at: When the first response was requested, by the clock of this computer.
        version: The number of the collection's version then.
    """

    def __init__(self, end: datetime, requested_at: datetime, version: int) -> None:
        self.end = end
        self.requested_at = requested_at
        self.version = version
        self.clock_offset_seconds: float | None = None
        self.page_count = 0
        self.entries: dict[int, TimeEntry | None] = {}

    def is_current(self, now: datetime, version: int) -> bool:
        """Tell whether a fetch may continue it: it is less than a day old, and no change was made from here since."""
        return self.version == version and self.requested_at <= now < self.requested_at + MAX_WINDOW_AGE

    def add_page(self, page: Mapping[int, TimeEntry | None], first: datetime, *, is_truncated: bool) -> None:
        """Add the entries of a response, which was requested from `first` to the end, and move the end back.

        Where more entries began in one second than Toggl lists, the others count as a row that cannot be read.
        """
        self.page_count += 1
        self.entries |= page
        oldest = min((entry.start for entry in page.values() if entry is not None), default=first)
        if not is_truncated:
            self.end = first
        elif oldest + _SECOND < self.end:
            self.end = oldest + _SECOND  # Toggl may have truncated the entries of that second, too.
        else:
            # Entries at the end or later were not requested: a request up to them would return the same ones again.
            self.entries[UNLISTED_ID], self.end = None, oldest if oldest < self.end else first
