"""The part of a window of time entries that was fetched: Toggl truncates each response to the newest entries."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from toggl_mcp.models.time_entries import TimeEntry

MAX_PAUSE = timedelta(days=1)
"""How long after the first request its part is kept: what has changed since is requested, too."""
UNLISTED_ID = -(2**33)
"""The number of what Toggl does not list, below those of the rows without an id."""
_SECOND = timedelta(seconds=1)


class EntryWindow:
    """The entries of a window so far: those that began before `end` are to come.

    Args:
        end: Its end.
        requested_at: When its first response was requested, by the clock of this computer.
        version: The number of the collection's version then.
    """

    def __init__(self, end: datetime, requested_at: datetime, version: int) -> None:
        self.end = end
        self.requested_at = requested_at
        self.version = version
        self.clock_offset_seconds: float | None = None
        self.entries: dict[int, TimeEntry | None] = {}

    def is_current(self, now: datetime, version: int) -> bool:
        """Tell whether the next fetch may go on from here: it is of today, and no change came from here since."""
        return self.version == version and self.requested_at <= now < self.requested_at + MAX_PAUSE

    def add_page(self, page: Mapping[int, TimeEntry | None], first: datetime, *, is_truncated: bool) -> None:
        """Add the entries of a response about what began from `first` on and before the end.

        Of one second Toggl lists no more than of a window: what is missing there counts as a row that cannot be read.
        """
        self.entries |= page
        oldest = min((entry.start for entry in page.values() if entry is not None), default=first)
        if not is_truncated:
            self.end = first
        elif oldest + _SECOND < self.end:
            self.end = oldest + _SECOND  # Toggl may have truncated the entries of that second, too.
        else:
            # What began at the end or later is no answer to the request, and would be the next answer again.
            self.entries[UNLISTED_ID], self.end = None, oldest if oldest < self.end else first
