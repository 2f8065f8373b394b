"""What would lie over other entries is pointed out before it is written."""

from datetime import datetime
from typing import TYPE_CHECKING

from toggl_mcp.errors import Overlap
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.results import shortened

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

ALLOW = "Change the times, or pass allow_overlap: true."
ALLOW_UNSEEN = "Or pass allow_overlap: true."
NAMED = 5
"""Entries in the way that a refusal names."""


async def leave_clear(
    start: datetime,
    end: datetime,
    calendar: "Calendar",
    toggl: "Toggl",
    *,
    but: int | None = None,
) -> None:
    """Refuse what would lie over another entry than `but`, in any workspace.

    Raises:
        Overlap: The message names what is in the way.
    """
    in_the_way = [entry for entry in await _around(start, end, calendar, toggl) if entry.id != but]
    if not in_the_way:
        return
    told = "; ".join(_told(entry, calendar, toggl) for entry in in_the_way[:NAMED])
    more = f"; and {len(in_the_way) - NAMED} more" if len(in_the_way) > NAMED else ""
    message = f"It would lie over {told}{more}. Nothing was sent. {ALLOW}"
    raise Overlap(message)


async def _around(start: datetime, end: datetime, calendar: "Calendar", toggl: "Toggl") -> list[TimeEntry]:
    """Return the entries that share time with a stretch; one of no length shares it with an equal one."""
    now = toggl.now_utc()
    gathered = await toggl.fetch_own_entries(calendar.day_of(start), calendar.day_of(end))
    for error in gathered.errors_by_workspace.values():
        message = f"What it might lie over could not be looked at, so nothing was sent. {error} {ALLOW_UNSEEN}"
        raise Overlap(message) from error
    return [
        entry
        for entry in gathered.entries
        if (entry.start < end and entry.end_at(now) > start) or (entry.start, entry.end_at(now)) == (start, end)
    ]


def _told(entry: TimeEntry, calendar: "Calendar", toggl: "Toggl") -> str:
    until = "now" if entry.running else calendar.to_local_text(entry.end_at(toggl.now_utc()))
    what = f" “{shortened(entry.description, 60)}”" if entry.description else ""
    return f"entry {entry.id}{what}, {calendar.to_local_text(entry.start)} to {until}"
