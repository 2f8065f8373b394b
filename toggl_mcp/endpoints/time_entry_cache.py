"""The account's own time entries: fetched once, then kept up to date by what has changed since."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import anyio

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.keys import time_entries_key
from toggl_mcp.endpoints.core.mutation import Mutation
from toggl_mcp.endpoints.core.parsing import parse_model, parse_rows
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339

MAX_AGE = timedelta(days=89)
"""How far back the log goes: Toggl's own limit is 90 days."""
MAX_AHEAD = timedelta(days=366)
"""How far ahead: entries can be planned."""
TTL_SECONDS = 120.0
"""`/me` allows 30 requests an hour on every plan: one in two minutes."""
SYNC_OVERLAP = timedelta(seconds=60)
MAX_CLOCK_SKEW = timedelta(hours=24)
"""How far ahead of Toggl's this computer's clock may be without a change being missed."""
MAX_SYNC_AGE = timedelta(days=80)
"""Toggl tells what has changed for three months at most."""
MAX_ROWS = 1000
"""Rows at which Toggl cuts an answer without a word."""


NO_ID = 0
"""The id that no entry has."""


class TimeEntryCache(Snapshots[TimeEntry]):
    """The entries of the token's owner, in all workspaces, that began in the last 89 days or are planned."""

    def __init__(self, store: Store, scope: str, transport: Transport, *, may_be_stale: bool) -> None:
        expire_after = TTL_SECONDS if store.expire_after is None else store.expire_after
        super().__init__(
            store,
            time_entries_key(scope),
            TimeEntry,
            self._sync,
            ttl_seconds=min(TTL_SECONDS, expire_after),
            may_be_stale=may_be_stale,
        )
        self._transport = transport
        self._clock = store.clock

    def oldest_kept(self) -> datetime:
        """Return the moment before whose start nothing is kept."""
        return self._now() - MAX_AGE

    def horizon(self) -> datetime:
        """Return the moment after which nothing that is planned is known."""
        return self._now() + MAX_AHEAD

    async def settle(self, mutation: Mutation[TimeEntry], doubtful_keys: Sequence[Key], *, drops_related: bool) -> None:
        """Settle a change; a timer that runs has stopped any other at its start.

        Of two that were started at once, Toggl has to say which has stopped which: the log is dropped.
        """
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            await super().settle(mutation, doubtful_keys, drops_related=drops_related)
            for row in mutation.rows:
                if row.item is not None and row.item.running:
                    await self._stop_others(row.item)

    async def _stop_others(self, item: TimeEntry) -> None:
        for key in await self._other_running_ids(item.id):
            row = await self.get_row(key)
            entry = self._parse_row(row.text)
            if entry is None or not entry.running:
                continue
            if not _starts_before(entry, item):
                return await self.invalidate()
            await self.write_through(key, entry.stop_at(item.start), row)
        return None

    async def update_where(self, change: Callable[[TimeEntry], TimeEntry]) -> None:
        """Write through what a confirmed change of something else has done to the entries that are known.

        It counts as a write in any case: an answer that is under way, and reports, may be from before it.
        """
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            await self.write_through(NO_ID, None)
            collection = await self.any_age_or_none()
            for key in [key for key, entry in collection.items.items() if change(entry) != entry] if collection else ():
                row = await self.get_row(key)
                if (entry := self._parse_row(row.text)) is not None:
                    await self.write_through(key, change(entry), row)

    async def fetch_recently_changed(self) -> Mapping[int, TimeEntry]:
        """Return what has changed in the last day, however long ago it began, straight from Toggl."""
        since = {"since": str(int((self._now() - MAX_CLOCK_SKEW).timestamp()))}
        return {
            entry.id: entry for entry in await self._fetch_entries(since, use_reserve=True) if entry.deleted_at is None
        }

    async def _other_running_ids(self, row_id: int) -> list[int]:
        """Return the ids of the other entries whose timers are known to run."""
        collection = await self.any_age_or_none()
        return [
            key for key, entry in (collection.items.items() if collection else ()) if entry.running and key != row_id
        ]

    async def _sync(self, *, use_reserve: bool) -> Mapping[int, TimeEntry]:
        """Return every entry of the log, by one request where the last snapshot can be gone on from."""
        collection = await self.any_age_or_none()
        since = None if collection is None else _sync_since(collection, self._now())
        if collection is None or since is None or since < self._now() - MAX_SYNC_AGE:
            return await self._fetch_window(self.oldest_kept(), self.horizon(), use_reserve=use_reserve)
        changes = await self._fetch_entries({"since": str(int(since.timestamp()))}, use_reserve=use_reserve)
        if len(changes) >= MAX_ROWS:
            return await self._fetch_window(self.oldest_kept(), self.horizon(), use_reserve=use_reserve)
        return _merge(collection.items, changes, self.oldest_kept())

    async def _fetch_window(self, first: datetime, end: datetime, *, use_reserve: bool) -> Mapping[int, TimeEntry]:
        """Return every entry that starts in a window; what Toggl has cut is asked for in halves."""
        entries = await self._fetch_entries(
            {"start_date": to_rfc3339(first), "end_date": to_rfc3339(end)}, use_reserve=use_reserve
        )
        middle = first + (min(end, max(self._now(), first + timedelta(hours=1))) - first) / 2
        if len(entries) < MAX_ROWS or middle - first < timedelta(minutes=1):
            return {entry.id: entry for entry in entries if entry.deleted_at is None}
        older = await self._fetch_window(first, middle, use_reserve=use_reserve)
        return {**older, **await self._fetch_window(middle, end, use_reserve=use_reserve)}

    async def _fetch_entries(self, query: Mapping[str, str], *, use_reserve: bool) -> list[TimeEntry]:
        answer = await self._transport.send("GET", "me/time_entries", query=query, use_reserve=use_reserve)
        return [parse_model(TimeEntry, row) for row in parse_rows(answer)]

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _sync_since(collection: Collection[TimeEntry], now: datetime) -> datetime | None:
    """Return since when changes are to be asked for: when Toggl was last asked, less an overlap.

    Our clock may be ahead of Toggl's, so an earlier `updated_at` of the latest entry counts instead. That entry may be
    one of ours, written through since Toggl was asked, so as many seconds as have passed since are taken off it.
    """
    if collection.version.fetched_at is None:
        return None
    requested_at = datetime.fromtimestamp(collection.version.fetched_at, UTC)
    latest_change = max(
        (entry.updated_at for entry in collection.items.values() if entry.updated_at), default=requested_at
    )
    return min(requested_at, max(latest_change - (now - requested_at), requested_at - MAX_CLOCK_SKEW)) - SYNC_OVERLAP


def _merge(
    entries: Mapping[int, TimeEntry], changes: list[TimeEntry], oldest_kept: datetime
) -> Mapping[int, TimeEntry]:
    """Return what is known after these changes, each of which may have been known already."""
    by_id = dict(entries)
    for entry in changes:
        if not _is_older(entry, by_id.get(entry.id)):
            by_id[entry.id] = entry
    return {key: entry for key, entry in by_id.items() if entry.deleted_at is None and entry.start >= oldest_kept}


def _starts_before(timer: TimeEntry, later_timer: TimeEntry) -> bool:
    """Tell whether Toggl started one timer before another; where it does not say when, ids tell."""
    times = timer.updated_at, later_timer.updated_at
    if None in times or times[0] == times[1]:
        return timer.id < later_timer.id
    return _is_older(timer, later_timer)


def _is_older(entry: TimeEntry, stored: TimeEntry | None) -> bool:
    return bool(stored and stored.updated_at and entry.updated_at and entry.updated_at < stored.updated_at)
