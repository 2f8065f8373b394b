"""Detailed reports: time entries of any age, and of a whole team. https://engineering.toggl.com/docs/reports/detailed_reports."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from toggl_mcp.api import REPORTS_PATH_PREFIX, Transport
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Version
from toggl_mcp.endpoints.core.cached_collection import CachedCollection, Fetch
from toggl_mcp.endpoints.core.collection import CacheRead, Collection
from toggl_mcp.endpoints.core.paging import FetchedPage, PagedFetch
from toggl_mcp.endpoints.core.parsing import parse_entry, parse_items, parse_rows, seconds_between, to_fields
from toggl_mcp.errors import QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.time_entries import TimeEntry

M = TypeVar("M", bound=BaseModel)

REPORT_PAGE_SIZE = 200
MAX_REPORT_LENGTH = timedelta(days=365)
"""From the first day to after the last one: Toggl's limit."""
MAX_ROW_NUMBER_DIGITS = 9
MAX_ID_DIGITS = 19
REPORT_CACHE_SIZE = 256
"""Reports that are cached in memory."""
REPORT_TTL_SECONDS = 600.0
OLD_REPORT_TTL_SECONDS = 2 * 3600.0
"""Of a report that ends more than a year ago: all years together may cost more than an hour's quota."""


class ReportQuery(NamedTuple):
    """Selects a report: a workspace's entries that begin on these days, the last included, of one user or of all.

    `min_seconds` leaves out entries of fewer seconds, by their order: Toggl's filter needs a paid feature.
    `tag_id` leaves out entries without that tag.
    `fingerprint` is a digest of the cached entries: a change makes it another report.
    """

    workspace_id: int
    first: date
    last: date
    user_id: int | None
    min_seconds: int = 0
    tag_id: int | None = None
    fingerprint: str = ""


class ReportRead(NamedTuple):
    """A report's entries, and the error for which those of its later pages are missing."""

    read: CacheRead[TimeEntry]
    error: TogglError | None = None


class _Report(NamedTuple):
    """A report that is cached, and its pages while it is fetched."""

    collection: CachedCollection[TimeEntry]
    pages: PagedFetch[TimeEntry]


class Reports:
    """Reads detailed reports page by page, and caches them in memory for ten minutes."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._report = lru_cache(REPORT_CACHE_SIZE)(self._open_report)

    async def read_entries(self, query: ReportQuery, *, refresh: bool = False) -> ReportRead:
        """Return a report's entries, or those of its first pages; a report has no running timers.

        Raises:
            TogglError: Not even the first page could be read.
        """
        report = self._report(query)
        if refresh:
            report.pages.restart()
        try:
            return ReportRead(await report.collection.read(refresh=refresh))
        except (QuotaSpent, RateLimited, Unreachable) as error:
            if not report.pages.items:
                raise
            version = Version(0, report.pages.fetched_at)
            return ReportRead(CacheRead(Collection[TimeEntry].of(report.pages.items, version), "cache"), error)

    def _open_report(self, query: ReportQuery) -> _Report:
        pages = PagedFetch(partial(_fetch_page, query), self._clock)
        is_old = query.last < (datetime.fromtimestamp(self._clock(), UTC) - timedelta(days=365)).date()
        ttl_seconds = OLD_REPORT_TTL_SECONDS if is_old else REPORT_TTL_SECONDS
        return _Report(cache_report(TimeEntry, pages.fetch, self._transport, self._clock, ttl_seconds), pages)


def cache_report(
    model: type[M], fetch: Fetch[M], transport: Transport, clock: Clock, ttl_seconds: float | None
) -> CachedCollection[M]:
    """Return a report that is cached in the memory of this process."""
    store, key = MemoryStore(expire_after=ttl_seconds, clock=clock), Key("", "report", 0)
    return CachedCollection(store, key, model, transport, fetch, ttl_seconds=ttl_seconds, may_be_stale=True)


def split_by_year(query: ReportQuery) -> Iterator[ReportQuery]:
    """Yield the reports that make up a longer one than Toggl allows, the latest first."""
    last = query.last
    while query.first <= last:
        end = last + timedelta(days=1)
        first = max(query.first, end - MAX_REPORT_LENGTH)
        yield query._replace(first=first, last=last)
        last = first - timedelta(days=1)


async def _fetch_page(query: ReportQuery, transport: Transport, number: int, _: object) -> FetchedPage[TimeEntry]:
    path = f"{REPORTS_PATH_PREFIX}workspace/{query.workspace_id}/search/time_entries"
    body: dict[str, Any] = {"start_date": query.first.isoformat(), "end_date": query.last.isoformat()}
    order = {"order_by": "duration", "order_dir": "DESC"} if query.min_seconds else {"order_by": "date"}
    # What is left out defaults to the user's preference, which may round.
    body |= {"enrich_response": True, "page_size": REPORT_PAGE_SIZE, "rounding": 0, "rounding_minutes": 0} | order
    body |= {} if query.user_id is None else {"user_ids": [query.user_id]}
    body |= {} if query.tag_id is None else {"tag_ids": [query.tag_id]}
    body |= {"first_row_number": number} if number > 1 else {}
    response = await transport.query_report(path, body)
    rows = [part for row in parse_rows(response.data) for part in _split_row(row, query.workspace_id)]
    first_id = to_fields(rows[0]).get("id") if rows else None
    # By the seconds that Toggl orders them by, which it may have rounded.
    is_last = any(0 <= seconds < query.min_seconds for seconds in _list_seconds(response.data))
    items = parse_items(rows, parse_entry)
    short_ids = {key for key, item in items.items() if item and 0 <= item.duration < query.min_seconds}
    # A report has no running timers: what looks like one is a row whose seconds cannot be read.
    page = {key: None if item and item.running else item for key, item in items.items() if key not in short_ids}
    next_number, next_id = (response.headers.get(f"X-Next-{name}") for name in ("Row-Number", "ID"))
    if next_number is None or is_last:
        return FetchedPage(page, None, first_id)
    next_id = int(next_id) if next_id is not None and _is_number(next_id, MAX_ID_DIGITS) else None
    next_id = None if next_id in items else next_id  # That of a row of this page says nothing about the next one.
    return FetchedPage(page, _next_row_number(next_number, number, response.data), first_id, next_id)


def _list_seconds(rows: object) -> list[int]:
    """Return the seconds of each entry of a report, as Toggl has them."""
    parts = [to_fields(row).get("time_entries") for row in parse_rows(rows)]
    entries = [to_fields(entry) for part in parts if isinstance(part, list) for entry in cast("list[object]", part)]
    return [entry["seconds"] for entry in entries if isinstance(entry.get("seconds"), int)]


def _next_row_number(next_row_number: str, row_number: int, page: object) -> int:
    """Return the number of the next page's first row.

    Raises:
        Unreachable: It is not after this page's, so entries would be missing.
    """
    if not _is_number(next_row_number, MAX_ROW_NUMBER_DIGITS) or int(next_row_number) <= row_number or not page:
        message = "Toggl's report ended before its last row. Try again in a minute, or ask for a shorter period."
        raise Unreachable(message)
    return int(next_row_number)


def _is_number(text: str, max_digits: int) -> bool:
    return text.isdecimal() and len(text) <= max_digits


def _split_row(row: object, workspace_id: int) -> Iterator[object]:
    """Yield each entry of a report's row with the fields that these share; of a row without any, one without an id."""
    fields = to_fields(row)
    parts = fields.get("time_entries")
    parts = cast("list[object]", parts) if isinstance(parts, list) and parts else [None]
    shared = {
        name: fields.get(name) for name in ("user_id", "project_id", "task_id", "billable", "description", "currency")
    }
    shared |= {"workspace_id": workspace_id, "user_name": fields.get("username"), "tags": fields.get("tag_names")}
    for times in map(to_fields, parts):
        # Toggl may have rounded the seconds all the same, but neither the start nor the stop.
        seconds = seconds_between(times.get("start"), times.get("stop"))
        seconds = times.get("seconds") if seconds is None else seconds
        exact_amount = _exact_amount_in_cents(fields, seconds)
        # Without a rate it is the row's, which Toggl has rounded up, where the entry is alone in the row.
        amount = fields.get("billable_amount_in_cents") if exact_amount is None and len(parts) == 1 else exact_amount
        identity = {name: times.get(name) for name in ("id", "start", "stop", "at")}
        amounts = {"amount_in_cents": amount, "is_amount_rounded": (amount != exact_amount) or None}
        amounts |= {} if exact_amount is None else {"rate_in_cents": fields.get("hourly_rate_in_cents")}
        yield shared | identity | amounts | {"duration": seconds}


def _exact_amount_in_cents(fields: Mapping[str, Any], seconds: object) -> float | None:
    """Return the amount of an entry in cents, unrounded; None without a rate."""
    rate = fields.get("hourly_rate_in_cents")
    if isinstance(rate, int | float) and isinstance(seconds, int) and rate and fields.get("billable"):
        # Toggl rounds each row up, but its total is the sum of unrounded amounts.
        return rate * seconds / 3600
    return None
