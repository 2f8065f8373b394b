"""Entries from reports: older ones, and those of a whole team. https://engineering.toggl.com/docs/reports/detailed_reports."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from toggl_mcp.api import REPORTS, Transport
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import Reading
from toggl_mcp.endpoints.core.parsing import parsed, rows
from toggl_mcp.errors import InvalidArguments, Unreachable
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.time_entries import TimeEntry

PER_PAGE = 200
MOST_PAGES = 25
"""Pages of one report: more would take a call's whole time, and much of an hour's requests."""
KEPT = 32
"""Reports that are kept in memory."""
KEEP_SECONDS = 600.0


class Asked(NamedTuple):
    """One report: a workspace's entries that begin on these days, the last included, of one user or of everybody.

    `shortest` leaves out entries of fewer seconds. `version` stands for what the log knew: after a change a report is
    another one.
    """

    workspace_id: int
    first: date
    last: date
    user_id: int | None
    version: int
    shortest: int = 0


class Reports:
    """Reads detailed reports page by page, and keeps them in memory for ten minutes."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._report = lru_cache(KEPT)(self._made)

    async def entries(self, asked: Asked, *, refresh: bool = False) -> Reading[TimeEntry]:
        """Return a report's entries, and how they came to be known; no report has running timers.

        Raises:
            InvalidArguments: There are too many for one report.
        """
        return await self._report(asked).read(refresh=refresh)

    def _made(self, asked: Asked) -> Snapshots[TimeEntry]:
        async def fetch(*, urgent: bool) -> Mapping[int, TimeEntry]:  # noqa: ARG001 - a report is never urgent
            return await self._pages(asked)

        store = MemoryStore(expire_after=KEEP_SECONDS, clock=self._clock)
        key = Key("", "report", asked.workspace_id)
        return Snapshots(store, key, TimeEntry, fetch, keep=KEEP_SECONDS, may_be_stale=True)

    async def _pages(self, asked: Asked) -> Mapping[int, TimeEntry]:
        path = f"{REPORTS}workspace/{asked.workspace_id}/search/time_entries"
        body: dict[str, Any] = {"start_date": asked.first.isoformat(), "end_date": asked.last.isoformat()}
        body |= {"enrich_response": True, "page_size": PER_PAGE, "order_by": "date", "order_dir": "ASC"}
        body |= {} if asked.user_id is None else {"user_ids": [asked.user_id]}
        body |= {"min_duration_seconds": asked.shortest} if asked.shortest else {}
        found: dict[int, TimeEntry] = {}
        row_number = 0
        for _ in range(MOST_PAGES):
            answer = await self._transport.search(path, body | ({"first_row_number": row_number} if row_number else {}))
            for row in rows(answer.data):
                found |= {entry.id: entry for entry in _entries(row, asked.workspace_id)}
            following = answer.headers.get("X-Next-Row-Number")
            if following is None:
                return found
            row_number = _further(following, row_number, answer.data)
        message = f"More than {MOST_PAGES * PER_PAGE} entries; ask for a shorter period, or for one workspace."
        raise InvalidArguments(message)


def by_year(asked: Asked) -> Iterator[Asked]:
    """Give the reports that together make up a longer one: Toggl makes them for 365 days at most."""
    first = asked.first
    while first <= asked.last:
        last = min(asked.last, first + timedelta(days=364))
        yield asked._replace(first=first, last=last)
        first = last + timedelta(days=1)


def _further(following: str, row_number: int, page: object) -> int:
    """Return where the next page begins.

    Raises:
        Unreachable: It would not lead on, so some entries would be missing without a word.
    """
    if not following.isdecimal() or int(following) <= row_number or not page:
        message = "Toggl's report broke off before its end. Try again in a minute, or ask for a shorter period."
        raise Unreachable(message)
    return int(following)


def _entries(row: object, workspace_id: int) -> Iterator[TimeEntry]:
    """Give the entries of one row of a report.

    Raises:
        Unreachable: It has none, so time would be missing without a word.
    """
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    times = cast("list[dict[str, Any]]", fields.get("time_entries"))
    if not times:
        message = "Toggl's report has a row that cannot be read. Ask for other days, or look in Toggl's web app."
        raise Unreachable(message)
    shared = {
        name: fields.get(name) for name in ("user_id", "project_id", "task_id", "billable", "description", "currency")
    }
    shared |= {"workspace_id": workspace_id, "user_name": fields.get("username"), "tags": fields.get("tag_names")}
    for told in times:
        amount = fields.get("billable_amount_in_cents") if len(times) == 1 else _earned(fields, told)
        times_of_it = {"id": told.get("id"), "start": told.get("start"), "duration": told.get("seconds")}
        yield parsed(TimeEntry, shared | times_of_it | {"at": told.get("at"), "amount_in_cents": amount})


def _earned(fields: Mapping[str, Any], told: Mapping[str, Any]) -> int | None:
    """Return what one of several entries in a row earned, in cents, by the row's rate."""
    rate = fields.get("hourly_rate_in_cents")
    return round(rate * (told.get("seconds") or 0) / 3600) if rate and fields.get("billable") else None
