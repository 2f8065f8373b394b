"""What everybody in a workspace has worked on: read from Toggl's reports and dashboard, and cached in memory."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.api import REPORTS_PATH_PREFIX, Transport
from toggl_mcp.endpoints.core.cached_collection import CachedCollection
from toggl_mcp.endpoints.core.collection import CacheRead
from toggl_mcp.endpoints.core.parsing import parse_model, parse_rows, to_fields
from toggl_mcp.endpoints.reports import REPORT_TTL_SECONDS, cache_report
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.period import DateRange
from toggl_mcp.models.users import DAYS_IN_WEEK, Activity, DailySeconds, WeekOfUser

M = TypeVar("M", bound=BaseModel)

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
CACHE_SIZE = 64
"""Reports of a kind that are cached in memory."""

_log = logging.getLogger(__name__)


class _DaysQuery(NamedTuple):
    """Selects a workspace's days, of one project if given; after a change of their time entries it is another query."""

    workspace_id: int
    first: date
    last: date
    digest: str
    project_id: int = 0

    def to_body(self) -> dict[str, object]:
        """Return the body of a report; what is left out defaults to the user's preference, which may round."""
        days = {"start_date": self.first.isoformat(), "end_date": self.last.isoformat()}
        return {**days, "rounding": 0, "rounding_minutes": 0}


class TeamReports:
    """Reads what all users of a workspace did; a change of the token's owner from here makes it be read again.

    Args:
        transport: Sends the requests.
        clock: The time.
        entry_cache: The time entries of the token's owner.
    """

    def __init__(self, transport: Transport, clock: Clock, entry_cache: TimeEntryCache) -> None:
        self._transport = transport
        self._clock = clock
        self._entry_cache = entry_cache
        self._project_days = lru_cache(CACHE_SIZE)(self._open_project_days)
        self._user_days = lru_cache(CACHE_SIZE)(self._open_user_days)
        self._activity = lru_cache(CACHE_SIZE)(self._open_activity)

    async def read_project_days(
        self, workspace_id: int, project_id: int, days: DateRange, *, refresh: bool = False
    ) -> CacheRead[DailySeconds]:
        """Return the seconds of a project on each day, by the project's id; running timers are in no report.

        Source: https://engineering.toggl.com/docs/reports/detailed_reports.

        Raises:
            Unreachable: The report cannot be read.
        """
        digest = await self._entry_cache.digest_days(days, lambda entry: entry.project_id == project_id)
        query = _DaysQuery(workspace_id, days.first, days.last, digest, project_id)
        return await self._project_days(query).read(refresh=refresh)

    async def read_user_days(
        self, workspace_id: int, week: DateRange, *, refresh: bool = False
    ) -> CacheRead[DailySeconds]:
        """Return the seconds of each user on each day of a week, by the user's id; running timers are in no report.

        Source: https://engineering.toggl.com/docs/reports/weekly_reports.
        """
        digest = await self._entry_cache.digest_days(week, lambda entry: entry.workspace_id == workspace_id)
        query = _DaysQuery(workspace_id, week.first, week.last, digest)
        return await self._user_days(query).read(refresh=refresh)

    async def read_activity(self, workspace_id: int, *, refresh: bool = False) -> CacheRead[Activity]:
        """Return what each user works on now or, of one without a running timer, worked on last, by the user's id.

        Source: https://engineering.toggl.com/docs/api/dashboard.

        Raises:
            Forbidden: Only admins may see it.
        """
        version = await self._entry_cache.get_version()
        return await self._activity(workspace_id, version.number).read(refresh=refresh)

    def _open_project_days(self, query: _DaysQuery) -> CachedCollection[DailySeconds]:
        fetch = partial(_fetch_project_days, query)
        return cache_report(DailySeconds, fetch, self._transport, self._clock, REPORT_TTL_SECONDS)

    def _open_user_days(self, query: _DaysQuery) -> CachedCollection[DailySeconds]:
        fetch = partial(_fetch_user_days, query)
        return cache_report(DailySeconds, fetch, self._transport, self._clock, REPORT_TTL_SECONDS)

    def _open_activity(self, workspace_id: int, _: int) -> CachedCollection[Activity]:
        fetch = partial(_fetch_activity, workspace_id)
        # It has running timers, which are as fresh as those of the token's owner.
        return cache_report(Activity, fetch, self._transport, self._clock, self._entry_cache.ttl_seconds)


async def _fetch_project_days(query: _DaysQuery, transport: Transport) -> Mapping[int, DailySeconds]:
    path = f"{REPORTS_PATH_PREFIX}workspace/{query.workspace_id}/search/time_entries/totals"
    options = {"project_ids": [query.project_id], "granularity": "day", "with_graph": True}
    response = await transport.query_report(path, query.to_body() | options)
    points = [to_fields(point).get("seconds") for point in parse_rows(to_fields(response.data).get("graph"))]
    seconds = [point for point in points if isinstance(point, int)]
    if len(seconds) != (query.last - query.first).days + 1:
        message = "Toggl's report lacks some of the days. Look at the project in Toggl's web app."
        raise Unreachable(message)
    return {query.project_id: DailySeconds(seconds=seconds)}


async def _fetch_user_days(query: _DaysQuery, transport: Transport) -> Mapping[int, DailySeconds | None]:
    path = f"{REPORTS_PATH_PREFIX}workspace/{query.workspace_id}/weekly/time_entries"
    response = await transport.query_report(path, query.to_body())
    users, unreadable = _parse_readable(WeekOfUser, parse_rows(response.data))
    seconds: defaultdict[int, list[int]] = defaultdict(lambda: [0] * DAYS_IN_WEEK)
    for user in users:
        seconds[user.user_id] = [sum(pair) for pair in zip(seconds[user.user_id], user.seconds, strict=True)]
    return {user_id: DailySeconds(seconds=days) for user_id, days in seconds.items()} | unreadable


async def _fetch_activity(workspace_id: int, transport: Transport) -> Mapping[int, Activity | None]:
    response = await transport.send("GET", f"workspaces/{workspace_id}/dashboard/all_activity")
    # Some programs read an object here, of an older version of the API.
    rows = parse_rows(to_fields(response).get("activity", response))
    activities, unreadable = _parse_readable(Activity, rows)
    activities.sort(key=lambda item: (item.running, item.stop or LONG_AGO))
    return {item.user_id: item for item in activities} | unreadable


def _parse_readable(model: type[M], rows: Sequence[object]) -> tuple[list[M], dict[int, None]]:
    """Return the models of rows, and a negative number for each row that cannot be read."""
    items: list[M] = []
    for row in rows:
        try:
            items.append(parse_model(model, row))
        except Unreachable:
            _log.warning("A row of a team's report cannot be read, and is left out.")
    return items, dict.fromkeys(range(len(items) - len(rows), 0))
