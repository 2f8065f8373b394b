"""A day's entries, and a week's totals, as resources."""

from collections.abc import Iterable
from datetime import timedelta

from toggl_mcp.completions import list_days, list_weeks
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.icons import DAY, WEEK
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.resources.support import ResourceSpec, digest, dump_models, list_cached_entries
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.time_entries.listing import ListTimeEntries, TimeEntryList, list_time_entries
from toggl_mcp.tools.time_entries.summarize import SummarizeTime, Summary, summarize_time

WEEK_LENGTH = timedelta(days=7)


async def read_day(date: str, call: CallContext) -> TimeEntryList:
    """The time entries of a day, the newest first; what list_time_entries returns. 2026-11-24, today or yesterday."""
    day = resolve_day(date, await call.calendar(), call).first.isoformat()
    return await list_time_entries(ListTimeEntries(start=day, end=day, limit=200), call)


async def read_week(date: str, call: CallContext) -> Summary:
    """A week's hours by project and day; what summarize_time returns. 2026-W47, this_week, last_week or a day of it."""
    week = resolve_week(date, await call.calendar(), call)
    args = SummarizeTime(
        start=week.first.isoformat(), end=week.last.isoformat(), group_by=["project", "day"], limit=200
    )
    return await summarize_time(args, call)


def resolve_day(date: str, calendar: Calendar, call: CallContext) -> DateRange:
    """Return the day of a text.

    Raises:
        InvalidArguments: It is no day, has two readings, or is a longer period.
    """
    days = _parse(date, calendar, call)
    if days.first != days.last:
        message = f"date: {date!r:.60} is not one day. Write 2026-11-24, today or yesterday, or read toggl://week/…"
        raise InvalidArguments(message)
    return days


def resolve_week(date: str, calendar: Calendar, call: CallContext) -> DateRange:
    """Return the week of a text: of a day, the one that it is in.

    Raises:
        InvalidArguments: It is no week or day, or has two readings.
    """
    days = _parse(date, calendar, call)
    if days.first == days.last:
        first = calendar.first_of_week(days.first)
        return DateRange(calendar, first, first + WEEK_LENGTH - timedelta(days=1))
    if days.last - days.first + timedelta(days=1) != WEEK_LENGTH:
        message = f"date: {date!r:.60} is not one week. Write 2026-W47, this_week, last_week, or a day of it."
        raise InvalidArguments(message)
    return days


def _parse(date: str, calendar: Calendar, call: CallContext) -> DateRange:
    with naming_argument("date"):
        return parse_period(date, calendar.day_of(call.now), calendar)


async def make_day_etag(date: str, call: CallContext) -> str | None:
    """Return the etag of a day's cached entries."""
    calendar = await call.cached_calendar()
    return None if calendar is None else await _digest_days(resolve_day(date, calendar, call), call)


async def make_week_etag(date: str, call: CallContext) -> str | None:
    """Return the etag of a week's cached entries."""
    calendar = await call.cached_calendar()
    return None if calendar is None else await _digest_days(resolve_week(date, calendar, call), call)


async def _digest_days(days: DateRange, call: CallContext) -> str | None:
    def overlaps(entry: TimeEntry) -> bool:
        return entry.start < days.end and entry.end_at(call.now) > days.start

    entries = await list_cached_entries(overlaps, call)
    if entries is None:
        return None
    changes = await call.toggl.journal.list_changes()
    renames = [record.record_id for change in changes for record in change.records if _may_rename(record, entries)]
    return digest(days.first.isoformat(), *dump_models(entries), *renames)


def _may_rename(record: ChangeRecord, entries: Iterable[TimeEntry]) -> bool:
    """Tell whether a change of ours may have changed a name that entries show; their tags they have themselves.

    A list that is read again may bring other names, too; that is not looked at.
    """
    if record.kind == "client":  # Which projects are of a client is not always cached.
        return record.verb != "add"
    row_ids = {row.row_id for row in record.rows}
    return any(
        (record.kind == "project" and entry.project_id in row_ids)
        or (record.kind == "task" and entry.task_id in row_ids)
        for entry in entries
    )


RESOURCES = (
    ResourceSpec(
        "toggl://day/{date}",
        "A day's entries",
        DAY,
        0.9,
        read_day,
        make_day_etag,
        examples={"today": "Today's entries"},
        complete=list_days,
    ),
    ResourceSpec(
        "toggl://week/{date}",
        "A week's hours",
        WEEK,
        0.8,
        read_week,
        make_week_etag,
        examples={"this_week": "This week's hours"},
        complete=list_weeks,
    ),
)
