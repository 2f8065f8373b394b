"""Time entries of a period: recent ones from the cache, others from reports."""

from collections.abc import AsyncGenerator, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from toggl_mcp.endpoints.core.collection import CacheRead
from toggl_mcp.endpoints.reports import MAX_REPORT_LENGTH, ReportQuery, Reports, split_by_year
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.errors import REFUSALS, NotFound, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.base import Source
from toggl_mcp.models.period import FIRST_DAY, DateRange
from toggl_mcp.models.time_entries import MAX_DURATION, TimeEntry

_DAY = timedelta(days=1)
MIN_LONG_SECONDS = 23 * 3600
"""Seconds of the shortest day: an entry that began before the day before a range, and reaches it, lasts as long."""
REPORT_FIELDS = ("user_name", "amount_in_cents", "rate_in_cents", "currency", "is_amount_rounded")
SOURCES_BY_FRESHNESS: Sequence[Source] = ("toggl", "cache", "stale")
_NO_WORKSPACE = (
    "This account has no workspace in Toggl Track, and so no reports; it may have moved to Toggl 2.0, which this "
    "server cannot read. Look in Toggl's app."
)
RECOVERABLE_ERRORS = (*REFUSALS, QuotaSpent, RateLimited, Unreachable)


class EntryQuery(NamedTuple):
    """Selects time entries by days, workspaces and user; `user_id` None selects those of every user.

    `from_reports` reads even recent entries from reports, which have amounts and no running timers.
    `all_workspaces` also selects cached entries of workspaces that `workspace_ids` does not list.
    `since` is when the user's account was created. Only imports are older: a fetch ends with the first empty year
    before it, unless the whole range is older.
    """

    date_range: DateRange
    workspace_ids: Collection[int]
    user_id: int | None
    from_reports: bool
    refresh: bool
    all_workspaces: bool
    since: datetime | None = None

    @property
    def is_reports_only(self) -> bool:
        """Whether reports alone have the entries: the cache has those of the token's owner, without amounts."""
        return self.from_reports or self.user_id is None

    def select_in_workspaces(self, entries: Iterable[TimeEntry]) -> list[TimeEntry]:
        """Return the entries that are in one of the workspaces."""
        return [entry for entry in entries if self.all_workspaces or entry.workspace_id in self.workspace_ids]

    def select(self, entries: Iterable[TimeEntry]) -> list[TimeEntry]:
        """Return the entries that are in one of the workspaces and overlap the days; a running one may end now."""
        start, end = self.date_range.start, self.date_range.end
        # A negative duration is a running timer's.
        return [
            entry
            for entry in self.select_in_workspaces(entries)
            if entry.start < end
            and (entry.start >= start or entry.duration < 0 or entry.start + timedelta(seconds=entry.duration) > start)
        ]


class EntryResult(NamedTuple):
    """The entries that a query selects, and the error of each workspace whose reports could not be read.

    `cached_entries` are all of the cached ones; None if there is no cache. Rows that cannot be read are left out and
    counted, whatever they are about. `unread_before` is the first day of an empty year, before which nothing was read.
    """

    entries: list[TimeEntry]
    errors_by_workspace: dict[int, TogglError]
    unread_before: date | None
    source: Source
    as_of: datetime
    cached_entries: Collection[TimeEntry] | None
    unreadable_count: int


class _ReportReads(NamedTuple):
    """The reports that were read, the error of each workspace whose reports were not, and where years remained."""

    reads: list[CacheRead[TimeEntry]]
    errors_by_workspace: dict[int, TogglError]
    unread_before: list[date]


class TimeEntrySource:
    """Reads the time entries that a query selects: the owner's recent ones from the cache, others from reports."""

    def __init__(self, cache: TimeEntryCache, reports: Reports) -> None:
        self._cache = cache
        self._reports = reports

    async def fetch(self, query: EntryQuery) -> EntryResult:
        """Return every entry that a query selects.

        Raises:
            NotFound: Reports alone have the entries, and there is no workspace.
            TogglError: Reports alone have the entries, and none could be read.
        """
        if query.is_reports_only and not query.workspace_ids:
            raise NotFound(_NO_WORKSPACE)
        cache_read = None if query.user_id is None else await self._cache.read(refresh=query.refresh)
        cached = await self._cache.any_age_or_none() if cache_read is None else cache_read.collection
        reports, errors, unread_before = await self._fetch_reports(query)
        reads = reports if cache_read is None else [*reports, cache_read]
        entries = {key: entry for report in reports for key, entry in report.collection.items.items()}
        if cache_read is not None:
            entries = _merge_cache_over_reports(entries, cache_read.collection.items, self._cache.earliest_start())
        return EntryResult(
            entries=query.select(entries.values()),
            errors_by_workspace=errors,
            unread_before=max(unread_before, default=None),
            source=_least_fresh(reads),
            as_of=min(read.as_of for read in reads),
            cached_entries=None if cached is None else cached.items.values(),
            unreadable_count=len({key for read in reads for key in read.collection.unreadable_ids} - entries.keys()),
        )

    def needs_reports(self, query: EntryQuery) -> bool:
        """Tell whether reports have entries that the query may select, and the cache has not."""
        return query.is_reports_only or query.date_range.start - MAX_DURATION < self._cache.earliest_start()

    async def fetch_tagged_ids(
        self, workspace_id: int, tag_id: int, last: date, since: date
    ) -> AsyncGenerator[set[int]]:
        """Yield the ids of everybody's completed entries that have a tag, year by year, from the last day back.

        An empty year before `since`, when the user's account was created, is the last one.

        Raises:
            TogglError: A report could not be read to its end.
        """
        for query in split_by_year(ReportQuery(workspace_id, FIRST_DAY, last, None, tag_id=tag_id)):
            read, error = await self._reports.read_entries(query, refresh=True)
            if error is not None:
                raise error
            yield set(read.collection.ids)
            if not read.collection.ids and query.last < since:
                break

    async def _fetch_reports(self, query: EntryQuery) -> _ReportReads:
        """Return the reports of every workspace, or none where the cache has every entry."""
        reports = _ReportReads([], {}, [])
        if not self.needs_reports(query):
            return reports
        for workspace_id in query.workspace_ids:
            try:
                await self._read_reports(workspace_id, query, reports)
            except RECOVERABLE_ERRORS as error:
                reports.errors_by_workspace[workspace_id] = error
        errors = reports.errors_by_workspace
        if errors and query.is_reports_only and not reports.reads:
            raise next(iter(errors.values()))
        return reports

    async def _read_reports(self, workspace_id: int, query: EntryQuery, reports: _ReportReads) -> None:
        """Add the reports of a workspace to those that were read.

        Raises:
            TogglError: One of them could not be read to its end.
        """
        since = query.since and query.date_range.calendar.day_of(query.since)
        for report_query in self._report_queries(workspace_id, query):
            for year in split_by_year(report_query):
                days = replace(query.date_range, first=year.first, last=year.last)
                # Where the cache has the entries, it replaces those of reports.
                digest = self._cache.digest_days(days, (lambda _: True) if query.is_reports_only else None)
                report = year._replace(fingerprint=await digest)
                read, error = await self._reports.read_entries(report, refresh=query.refresh)
                reports.reads.append(read)
                if error is not None:
                    raise error
                if since is not None and not read.collection.ids and year.last < since <= query.date_range.last:
                    if report_query.first < year.first:
                        reports.unread_before.append(year.first)
                    break

    def _report_queries(self, workspace_id: int, query: EntryQuery) -> Iterator[ReportQuery]:
        """Yield a workspace's reports: from the day before, for entries over midnight, to where the cache begins.

        Another one has the entries that began earlier and last into the range: by then they are long. Where a user's
        days exceed one report, the second begins as early instead, with the short entries of those weeks.
        """
        date_range, calendar = query.date_range, query.date_range.calendar
        before, last, reach = max(date_range.first - _DAY, FIRST_DAY), date_range.last, date_range.start
        if not query.is_reports_only:
            earliest_cached = self._cache.earliest_start()
            last, reach = min(last, calendar.day_of(earliest_cached)), min(reach, earliest_cached)
        earliest = max(calendar.day_of(reach - MAX_DURATION), FIRST_DAY)
        if query.user_id is not None and last - before >= MAX_REPORT_LENGTH:
            before = min(before, earliest)
        if before <= last:
            yield ReportQuery(workspace_id, before, last, query.user_id)
        last = min(last, before - _DAY)
        if earliest <= last:
            gap = date_range.start - calendar.midnight_of(last + _DAY)
            seconds = min(round(gap.total_seconds()), MIN_LONG_SECONDS)
            yield ReportQuery(workspace_id, earliest, last, query.user_id, min_seconds=seconds)


def _merge_cache_over_reports(
    reports: Mapping[int, TimeEntry], entries: Mapping[int, TimeEntry], oldest_kept: datetime
) -> dict[int, TimeEntry]:
    """Return the cached entries with their amounts, and the reports' entries from before the cache begins.

    The cache knows what has changed and what was deleted since a report was made.
    """
    if not reports:
        return dict(entries)
    older = {key: entry for key, entry in reports.items() if entry.start < oldest_kept}
    return older | {key: _copy_amounts(entry, reports.get(key)) for key, entry in entries.items()}


def _copy_amounts(entry: TimeEntry, report_entry: TimeEntry | None) -> TimeEntry:
    """Return an entry with a report's user and amount, unless the report priced it before a change."""
    if report_entry is None or entry.pricing_key != report_entry.pricing_key:
        return entry
    return entry.model_copy(update={field: getattr(report_entry, field) for field in REPORT_FIELDS})


def _least_fresh(reads: Iterable[CacheRead[TimeEntry]]) -> Source:
    return SOURCES_BY_FRESHNESS[max(SOURCES_BY_FRESHNESS.index(read.source) for read in reads)]
