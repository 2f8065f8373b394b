"""Every entry that counts for some days, from wherever it is to be had."""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import NamedTuple

from toggl_mcp.endpoints.core.collection import CacheRead
from toggl_mcp.endpoints.reports import ReportQuery, Reports, split_by_year
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.errors import Forbidden, PlanRequired, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.base import Source
from toggl_mcp.models.period import FIRST_DAY, DateRange
from toggl_mcp.models.time_entries import MAX_DURATION, TimeEntry

_DAY = timedelta(days=1)
REPORT_FIELDS = ("user_name", "amount_in_cents", "currency")
SOURCES_BY_FRESHNESS: Sequence[Source] = ("toggl", "cache", "stale")
RECOVERABLE_ERRORS = (Forbidden, PlanRequired, QuotaSpent, RateLimited, Unreachable)


class EntryQuery(NamedTuple):
    """Whose entries of which days and workspaces; `user_id` None is everybody's.

    `everywhere` takes what the log has of workspaces that are not known yet, too.

    `from_reports` takes even what is recent from reports: they know what was earned, and nothing of running timers.
    """

    days: DateRange
    workspace_ids: Ids[int]
    user_id: int | None
    from_reports: bool
    refresh: bool
    all_workspaces: bool


class EntryResult(NamedTuple):
    """The entries that overlap with the days, and for each workspace that could not be asked, why not.

    `reported_workspace_ids` are the workspaces whose reports have a part in it.
    """

    entries: list[TimeEntry]
    errors_by_workspace: dict[int, TogglError]
    source: Source
    as_of: datetime
    reported_workspace_ids: Ids[int]


class TimeEntrySource:
    """Gathers entries: recent ones of one's own from the log, others from reports."""

    def __init__(self, cache: TimeEntryCache, reports: Reports) -> None:
        self._cache = cache
        self._reports = reports

    async def fetch(self, query: EntryQuery) -> EntryResult:
        """Return every entry that overlaps with the days.

        Raises:
            TogglError: None of the workspaces could be asked.
        """
        days, is_own = query.days, query.user_id is not None
        cache_read = await self._cache.read(refresh=query.refresh) if is_own else None
        reports: list[CacheRead[TimeEntry]] = []
        errors: dict[int, TogglError] = {}
        if cache_read is None or query.from_reports or days.start - _DAY < self._cache.oldest_kept():
            version = hash(((await self._cache.get_version()).number, _pricing_fingerprint(cache_read, query)))
            reports = await self._fetch_reports(query, version, errors)
        readings = [*reports, *([] if cache_read is None else [cache_read])]
        entries = {key: item for report in reports for key, item in report.collection.items.items()}
        if cache_read is not None:
            entries = _merge_cache_over_reports(entries, cache_read.collection.items, self._cache.oldest_kept())
        return EntryResult(
            entries=[entry for entry in entries.values() if _in_range(entry, query)],
            errors_by_workspace=errors,
            source=_least_fresh(readings),
            as_of=min(reading.as_of for reading in readings),
            reported_workspace_ids=query.workspace_ids if reports else (),
        )

    async def _fetch_reports(
        self, query: EntryQuery, version: int, errors: dict[int, TogglError]
    ) -> list[CacheRead[TimeEntry]]:
        """Return the reports of every workspace that could be asked, and put down why the others could not."""
        readings: list[CacheRead[TimeEntry]] = []
        for workspace_id in query.workspace_ids:
            try:
                for report_query in self._report_queries(workspace_id, query, version):
                    readings += [
                        await self._reports.read_entries(year, refresh=query.refresh)
                        for year in split_by_year(report_query)
                    ]
            except RECOVERABLE_ERRORS as error:
                errors[workspace_id] = error
        reports_only = query.from_reports or query.user_id is None
        if errors and reports_only and len(errors) == len(query.workspace_ids):
            raise next(iter(errors.values()))
        return readings

    def _report_queries(self, workspace_id: int, query: EntryQuery, version: int) -> Iterator[ReportQuery]:
        """Give the reports to ask for: from the day before, for what runs over midnight, to where the log begins.

        One more has what began earlier and lasted longer than a day.
        """
        before = query.days.first - _DAY
        last = query.days.last
        if query.user_id is not None and not query.from_reports:
            last = min(last, query.days.calendar.day_of(self._cache.oldest_kept()))
        yield ReportQuery(workspace_id, before, last, query.user_id, version)
        earliest = max(before - MAX_DURATION, FIRST_DAY)
        if earliest < before:
            yield ReportQuery(workspace_id, earliest, before - _DAY, query.user_id, version, min_seconds=86_400)


def _merge_cache_over_reports(
    reports: Mapping[int, TimeEntry], entries: Mapping[int, TimeEntry], oldest_kept: datetime
) -> dict[int, TimeEntry]:
    """Return what reports tell, corrected by the log where that reaches: it knows what has changed and gone since."""
    older = {key: entry for key, entry in reports.items() if entry.start < oldest_kept}
    return older | {key: _copy_amounts(entry, reports.get(key)) for key, entry in entries.items()}


def _copy_amounts(entry: TimeEntry, report_entry: TimeEntry | None) -> TimeEntry:
    """Return an entry with what a report says that it earned, if that is said of the entry as it is."""
    if report_entry is None or _pricing_key(entry) != _pricing_key(report_entry):
        return entry
    return entry.model_copy(update={field: getattr(report_entry, field) for field in REPORT_FIELDS})


def _pricing_key(entry: TimeEntry) -> tuple[object, ...]:
    return entry.duration, entry.project_id, entry.task_id, entry.billable


def _pricing_fingerprint(cache_read: CacheRead[TimeEntry] | None, query: EntryQuery) -> AbstractSet[tuple[object, ...]]:
    """Return what the log knows of everything that a report of these days tells the worth of."""
    if cache_read is None or not query.from_reports:
        return frozenset()
    return frozenset(
        (key, *_pricing_key(entry)) for key, entry in cache_read.collection.items.items() if _in_range(entry, query)
    )


def _in_range(entry: TimeEntry, query: EntryQuery) -> bool:
    """Tell whether an entry belongs to what is wanted; one that runs may last until now."""
    start = query.days.start
    reaches_range = entry.running or entry.start >= start or entry.start + timedelta(seconds=entry.duration) > start
    in_workspace = query.all_workspaces or entry.workspace_id in query.workspace_ids
    return in_workspace and entry.start < query.days.end and reaches_range


def _least_fresh(readings: Iterable[CacheRead[TimeEntry]]) -> Source:
    return SOURCES_BY_FRESHNESS[max(SOURCES_BY_FRESHNESS.index(reading.source) for reading in readings)]
