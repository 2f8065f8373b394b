"""What would lie over other entries is pointed out before it is written."""

from datetime import datetime
from typing import TYPE_CHECKING

from toggl_mcp.errors import Overlap
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.results import truncate

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

HINT = "Change the times, or pass allow_overlap: true."
HINT_UNCHECKED = "Or pass allow_overlap: true."
MAX_OVERLAPS_IN_MESSAGE = 5
"""Entries in the way that a refusal names."""


async def reject_overlaps(
    start: datetime,
    end: datetime,
    calendar: "Calendar",
    toggl: "Toggl",
    *,
    exclude_id: int | None = None,
) -> None:
    """Refuse what would lie over another entry than `but`, in any workspace.

    Raises:
        Overlap: The message names what is in the way.
    """
    overlaps = [entry for entry in await find_overlaps(start, end, calendar, toggl) if entry.id != exclude_id]
    if not overlaps:
        return
    descriptions = "; ".join(_describe_entry(entry, calendar, toggl) for entry in overlaps[:MAX_OVERLAPS_IN_MESSAGE])
    rest = f"; and {len(overlaps) - MAX_OVERLAPS_IN_MESSAGE} more" if len(overlaps) > MAX_OVERLAPS_IN_MESSAGE else ""
    message = f"It would lie over {descriptions}{rest}. Nothing was sent. {HINT}"
    raise Overlap(message)


async def find_overlaps(start: datetime, end: datetime, calendar: "Calendar", toggl: "Toggl") -> list[TimeEntry]:
    """Return the entries that share time with a stretch; one of no length shares it with an equal one."""
    now = toggl.now_utc()
    result = await toggl.fetch_own_entries(calendar.day_of(start), calendar.day_of(end))
    for error in result.errors_by_workspace.values():
        message = f"What it might lie over could not be looked at, so nothing was sent. {error} {HINT_UNCHECKED}"
        raise Overlap(message) from error
    return [
        entry
        for entry in result.entries
        if (entry.start < end and entry.end_at(now) > start) or (entry.start, entry.end_at(now)) == (start, end)
    ]


def _describe_entry(entry: TimeEntry, calendar: "Calendar", toggl: "Toggl") -> str:
    end = "now" if entry.running else calendar.to_local_text(entry.end_at(toggl.now_utc()))
    description = f" “{truncate(entry.description, 60)}”" if entry.description else ""
    return f"entry {entry.id}{description}, {calendar.to_local_text(entry.start)} to {end}"
