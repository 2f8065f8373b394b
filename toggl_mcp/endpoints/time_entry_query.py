"""Every entry that counts for some days, from wherever it is to be had."""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import NamedTuple

from toggl_mcp.endpoints.core.collection import Reading
from toggl_mcp.endpoints.reports import Asked, Reports, by_year
from toggl_mcp.endpoints.time_entry_cache import EntryLog
from toggl_mcp.errors import Forbidden, PlanRequired, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.base import Source
from toggl_mcp.models.period import FIRST_DAY, Days
from toggl_mcp.models.time_entries import LONGEST_ENTRY, TimeEntry

_DAY = timedelta(days=1)
_ONLY_REPORTED = ("user_name", "amount_in_cents", "currency")
_STRENGTH: Sequence[Source] = ("toggl", "cache", "stale")
_PASSING = (Forbidden, PlanRequired, QuotaSpent, RateLimited, Unreachable)


class Wanted(NamedTuple):
    """Whose entries of which days and workspaces; `user_id` None is everybody's.

    `everywhere` takes what the log has of workspaces that are not known yet, too.

    `reported` takes even what is recent from reports: they know what was earned, and nothing of running timers.
    """

    days: Days
    workspace_ids: Ids[int]
    user_id: int | None
    reported: bool
    refresh: bool
    everywhere: bool


class Gathered(NamedTuple):
    """The entries that overlap with the days, and for each workspace that could not be asked, why not.

    `reported` are the workspaces whose reports have a part in it.
    """

    entries: list[TimeEntry]
    missing: dict[int, TogglError]
    source: Source
    as_of: datetime
    reported: Ids[int]


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
        logged = await self._log.read(refresh=wanted.refresh) if own else None
        reports: list[Reading[TimeEntry]] = []
        missing: dict[int, TogglError] = {}
        if logged is None or wanted.reported or days.start - _DAY < self._log.reach():
            version = hash(((await self._log.mark()).version, _worths(logged, wanted)))
            reports = await self._reported(wanted, version, missing)
        readings = [*reports, *([] if logged is None else [logged])]
        found = {key: item for report in reports for key, item in report.collection.items.items()}
        if logged is not None:
            found = _corrected(found, logged.collection.items, self._log.reach())
        return Gathered(
            entries=[entry for entry in found.values() if _counts(entry, wanted)],
            missing=missing,
            source=_weakest(readings),
            as_of=min(reading.as_of for reading in readings),
            reported=wanted.workspace_ids if reports else (),
        )

    async def _reported(self, wanted: Wanted, version: int, missing: dict[int, TogglError]) -> list[Reading[TimeEntry]]:
        """Return the reports of every workspace that could be asked, and put down why the others could not."""
        readings: list[Reading[TimeEntry]] = []
        for workspace_id in wanted.workspace_ids:
            try:
                for asked in self._asked(workspace_id, wanted, version):
                    readings += [await self._reports.entries(year, refresh=wanted.refresh) for year in by_year(asked)]
            except _PASSING as error:
                missing[workspace_id] = error
        nothing_else = wanted.reported or wanted.user_id is None
        if missing and nothing_else and len(missing) == len(wanted.workspace_ids):
            raise next(iter(missing.values()))
        return readings

    def _asked(self, workspace_id: int, wanted: Wanted, version: int) -> Iterator[Asked]:
        """Give the reports to ask for: from the day before, for what runs over midnight, to where the log begins.

        One more has what began earlier and lasted longer than a day.
        """
        before = wanted.days.first - _DAY
        last = wanted.days.last
        if wanted.user_id is not None and not wanted.reported:
            last = min(last, wanted.days.calendar.day(self._log.reach()))
        yield Asked(workspace_id, before, last, wanted.user_id, version)
        earliest = max(before - LONGEST_ENTRY, FIRST_DAY)
        if earliest < before:
            yield Asked(workspace_id, earliest, before - _DAY, wanted.user_id, version, shortest=86_400)


def _corrected(
    reported: Mapping[int, TimeEntry], logged: Mapping[int, TimeEntry], reach: datetime
) -> dict[int, TimeEntry]:
    """Return what reports tell, corrected by the log where that reaches: it knows what has changed and gone since."""
    old = {key: entry for key, entry in reported.items() if entry.start < reach}
    return old | {key: _priced(entry, reported.get(key)) for key, entry in logged.items()}


def _priced(entry: TimeEntry, reported: TimeEntry | None) -> TimeEntry:
    """Return an entry with what a report says that it earned, if that is said of the entry as it is."""
    if reported is None or _worth(entry) != _worth(reported):
        return entry
    return entry.model_copy(update={field: getattr(reported, field) for field in _ONLY_REPORTED})


def _worth(entry: TimeEntry) -> tuple[object, ...]:
    return entry.duration, entry.project_id, entry.task_id, entry.billable


def _worths(logged: Reading[TimeEntry] | None, wanted: Wanted) -> AbstractSet[tuple[object, ...]]:
    """Return what the log knows of everything that a report of these days tells the worth of."""
    if logged is None or not wanted.reported:
        return frozenset()
    return frozenset((key, *_worth(entry)) for key, entry in logged.collection.items.items() if _counts(entry, wanted))


def _counts(entry: TimeEntry, wanted: Wanted) -> bool:
    """Tell whether an entry belongs to what is wanted; one that runs may last until now."""
    start = wanted.days.start
    lasts = entry.running or entry.start >= start or entry.start + timedelta(seconds=entry.duration) > start
    here = wanted.everywhere or entry.workspace_id in wanted.workspace_ids
    return here and entry.start < wanted.days.end and lasts


def _weakest(readings: Iterable[Reading[TimeEntry]]) -> Source:
    return _STRENGTH[max(_STRENGTH.index(reading.source) for reading in readings)]
