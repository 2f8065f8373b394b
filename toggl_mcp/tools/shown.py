"""One time entry, as answers show it."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.answers import Costly
from toggl_mcp.tools.names import names_of

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar


class ShownEntry(BaseModel):
    """A time entry, as answers about one show it."""

    id: int
    workspace_id: int
    start: str
    stop: str | Absent = None
    seconds: int
    description: str | Absent = None
    project: str | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    tags: list[str] | Absent = None
    billable: bool | Absent = None


class EntryAnswer(Costly):
    """One time entry after a change."""

    entry: ShownEntry


async def shown(entry: TimeEntry, calendar: "Calendar", toggl: "Toggl") -> ShownEntry:
    """Return what is shown of one entry."""
    names, now = await names_of([entry], toggl), toggl.moment()
    return ShownEntry(
        id=entry.id,
        workspace_id=entry.workspace_id,
        start=entry.start.astimezone(calendar.zone).isoformat(timespec="seconds"),
        stop=None if entry.running else entry.end(now).astimezone(calendar.zone).isoformat(timespec="seconds"),
        seconds=entry.seconds(now),
        description=entry.description or None,
        project=names.project(entry),
        client=names.client(entry),
        task=names.task(entry),
        tags=entry.tags or None,
        billable=entry.billable or None,
    )
