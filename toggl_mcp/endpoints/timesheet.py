"""Every entry that counts for some days, from wherever it is to be had."""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from toggl_mcp.endpoints.collection import Reading
from toggl_mcp.endpoints.log import EntryLog
from toggl_mcp.endpoints.reports import Asked, Reports, year_by_year
from toggl_mcp.errors import Forbidden, PlanRequired, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.base import Source
from toggl_mcp.models.period import Days
from toggl_mcp.models.time_entry import TimeEntry

_DAY = timedelta(days=1)
_STRENGTH: Sequence[Source] = ("toggl", "cache", "stale")
_PASSING = (Forbidden, PlanRequired, QuotaSpent, RateLimited, Unreachable)


class Wanted(NamedTuple):
    """Whose entries of which days and workspaces; `user_id` None is everybody's.

    `reported` takes even what is recent from reports: they know what was earned, and nothing of running timers.
    """

    days: Days
    workspace_ids: Ids[int]
    user_id: int | None
    reported: bool
    refresh: bool


class Gathered(NamedTuple):
    """The entries that overlap with the days, and for each workspace that could not be asked, why not."""

    entries: list[TimeEntry]
    missing: dict[int, str]
    source: Source
    as_of: datetime


class Timesheet:
    """Gathers entries: recent ones of one's own from the log, others from reports."""

    def __init__(self, log: EntryLog, reports: Reports) -> None:
        self._log = log
        self._reports = reports

    async def gather(self, wanted: Wanted) -> Gathered:
        """Return every entry that overlaps with the days.

        Raises:
            TogglError: None of the workspaces could be asked.
        """
        days, own = wanted.days, wanted.user_id is not None
        readings: list[Reading[TimeEntry]] = []
        missing: dict[int, str] = {}
        if own:
            readings.append(await self._log.read(refresh=wanted.refresh))
        if wanted.reported or not own or days.start - _DAY < self._log.reach():
            await self._add_reports(wanted, readings, missing)
        found: dict[int, TimeEntry] = {}
        for reading in readings if wanted.reported else reversed(readings):
            found |= {key: item for key, item in reading.collection.items.items() if _counts(item, wanted)}
        return Gathered(list(found.values()), missing, _weakest(readings), min(reading.as_of for reading in readings))

    async def _add_reports(self, wanted: Wanted, readings: list[Reading[TimeEntry]], missing: dict[int, str]) -> None:
        failure: TogglError | None = None
        for workspace_id in wanted.workspace_ids:
            try:
                reports = year_by_year(self._report(workspace_id, wanted))
                readings += [await self._reports.entries(asked, refresh=wanted.refresh) for asked in reports]
            except _PASSING as error:
                failure, missing[workspace_id] = error, str(error)
        nothing_else = wanted.reported or wanted.user_id is None
        if failure is not None and nothing_else and len(missing) == len(wanted.workspace_ids):
            raise failure

    def _report(self, workspace_id: int, wanted: Wanted) -> Asked:
        """Return the report to ask for: from the day before, for what runs over midnight, to where the log begins."""
        first, last = wanted.days.first - _DAY, wanted.days.last
        if wanted.user_id is not None and not wanted.reported:
            last = min(last, wanted.days.calendar.day(self._log.reach()))
        return Asked(workspace_id, first, last, wanted.user_id)


def _counts(entry: TimeEntry, wanted: Wanted) -> bool:
    """Tell whether an entry belongs to what is wanted; one that runs may last until now."""
    start = wanted.days.start
    lasts = entry.running or entry.start >= start or entry.end(start) > start
    return entry.workspace_id in wanted.workspace_ids and entry.start < wanted.days.end and lasts


def _weakest(readings: Iterable[Reading[TimeEntry]]) -> Source:
    return _STRENGTH[max(_STRENGTH.index(reading.source) for reading in readings)]
