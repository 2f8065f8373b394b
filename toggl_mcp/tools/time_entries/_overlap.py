"""Entries that overlap others are refused before a change is sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from toggl_mcp.errors import Overlap
from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import truncate
from toggl_mcp.tools.time_entries._output import EntryNames, look_up_names

HINT = "Change the times, or pass allow_overlap: true."
HINT_UNCHECKED = "Or pass allow_overlap: true."
MAX_OVERLAPS_IN_MESSAGE = 5
"""Overlapping entries that a message names."""


async def reject_overlaps(
    start: datetime,
    end: datetime,
    calendar: Calendar,
    call: CallContext,
    *,
    exclude_id: int | None = None,
    former: TimeEntry | None = None,
) -> None:
    """Check that a stretch of time overlaps no entry, in any workspace, but the one to exclude.

    If it is that of a `former` entry after an edit, an overlap that the entry has already may stay or become shorter.

    Raises:
        Overlap: It overlaps others, which the message names, or that could not be checked.
    """
    overlaps = [
        entry
        for entry in await find_overlaps(start, end, calendar, call)
        if entry.id != exclude_id and (former is None or _grows(entry, start, end, former, call.now))
    ]
    if not overlaps:
        return
    message = f"Overlaps {enumerate_overlaps(await describe_entries(overlaps, call))}. Nothing was changed. {HINT}"
    raise Overlap(message)


def enumerate_overlaps(descriptions: Sequence[str]) -> str:
    """Return what a stretch of time overlaps, as a message names it."""
    rest = len(descriptions) - MAX_OVERLAPS_IN_MESSAGE
    return "; ".join([*descriptions[:MAX_OVERLAPS_IN_MESSAGE], *([f"and {rest} more"] if rest > 0 else [])])


async def find_overlaps(start: datetime, end: datetime, calendar: Calendar, call: CallContext) -> list[TimeEntry]:
    """Return the entries that overlap a stretch of time.

    Raises:
        Overlap: They could not be read.
    """
    from toggl_mcp.endpoints.time_entry_query import EntryQuery  # noqa: PLC0415 - start-up

    now = call.now
    query = EntryQuery(
        date_range=DateRange(calendar, calendar.day_of(start), calendar.day_of(end)),
        workspace_ids=tuple(await call.workspaces()),
        user_id=(await call.account()).me.id,
        from_reports=False,
        refresh=False,
        all_workspaces=True,
    )
    result = await call.toggl.entry_source.fetch(query)
    for error in result.errors_by_workspace.values():
        message = f"Overlaps could not be checked, so nothing was changed. {error} {HINT_UNCHECKED}"
        raise Overlap(message) from error
    return [entry for entry in result.entries if do_overlap(entry.start, entry.end_at(now), start, end)]


def do_overlap(first_start: datetime, first_end: datetime, start: datetime, end: datetime) -> bool:
    """Tell whether two stretches of time overlap; one without length overlaps its equal."""
    return (first_start < end and first_end > start) or (first_start, first_end) == (start, end)


def _grows(entry: TimeEntry, start: datetime, end: datetime, former: TimeEntry, now: datetime) -> bool:
    """Tell whether the overlap with an entry is new, or longer than that of the former one."""
    if entry.id == former.id:
        return False

    def overlap(start: datetime, end: datetime) -> timedelta:
        return min(entry.end_at(now), end) - max(entry.start, start)

    return overlap(start, end) > overlap(former.start, former.end_at(now))


async def describe_entries(entries: Sequence[TimeEntry], call: CallContext) -> list[str]:
    """Return each entry as a message names it: its id, description, project and times."""
    calendar, names = await call.calendar(), await look_up_names(entries, call, {"project"})
    return [_describe_entry(entry, names, calendar, call.now) for entry in entries]


def _describe_entry(entry: TimeEntry, names: EntryNames, calendar: Calendar, now: datetime) -> str:
    description = f" “{truncate(entry.description, 60)}”" if entry.description else ""
    project = names.name_of("project", entry)
    end = "now" if entry.running else calendar.to_local_text(entry.end_at(now))
    times = f"{calendar.to_local_text(entry.start)} to {end}"
    return ", ".join(filter(None, (f"entry {entry.id}{description}", project and truncate(project, 60), times)))
