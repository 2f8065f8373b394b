"""The account's own time entries: fetched once, then kept up to date by what has changed since."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import anyio

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Row, Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.keys import log_key
from toggl_mcp.endpoints.core.parsing import parsed, rows
from toggl_mcp.models.time_entries import TimeEntry, stamp

REACH = timedelta(days=89)
"""How far back the log goes: Toggl's own limit is 90 days."""
AHEAD = timedelta(days=366)
"""How far ahead: entries can be planned."""
FRESH_SECONDS = 120.0
"""`/me` allows 30 requests an hour on every plan: one in two minutes."""
OVERLAP = timedelta(seconds=60)
SKEW = timedelta(hours=24)
"""How far ahead of Toggl's this computer's clock may be without a change being missed."""
OLDEST_MARK = timedelta(days=80)
"""Toggl tells what has changed for three months at most."""
MOST = 1000
"""Rows at which Toggl cuts an answer without a word."""


NOBODY = 0
"""The id that no entry has."""


class EntryLog(Snapshots[TimeEntry]):
    """The entries of the token's owner, in all workspaces, that began in the last 89 days or are planned."""

    def __init__(self, store: Store, scope: str, transport: Transport, *, may_be_stale: bool) -> None:
        expire_after = FRESH_SECONDS if store.expire_after is None else store.expire_after
        super().__init__(
            store,
            log_key(scope),
            TimeEntry,
            self._up_to_date,
            keep=min(FRESH_SECONDS, expire_after),
            may_be_stale=may_be_stale,
        )
        self._transport = transport
        self._clock = store.clock

    def reach(self) -> datetime:
        """Return the moment before whose start nothing is kept."""
        return self._now() - REACH

    def horizon(self) -> datetime:
        """Return the moment after which nothing that is planned is known."""
        return self._now() + AHEAD

    async def put(self, row_id: int, item: TimeEntry | None, seen: Row | None = None) -> None:
        """Write a confirmed change through; a timer that runs has stopped any other at its start.

        Of two that were started at once, Toggl has to say which has stopped which: the log is dropped.
        """
        with anyio.CancelScope(shield=True), self._owed_if_busy(self.key):
            await super().put(row_id, item, seen)
            if item is not None and item.running:
                await self._stop_others(item)

    async def _stop_others(self, item: TimeEntry) -> None:
        for key in await self._running_besides(item.id):
            former = await self.row(key)
            known = self._readable(former.text)
            if known is None or not known.running:
                continue
            if not _started_before(known, item):
                return await self.forget()
            await super().put(key, known.stopped(item.start), former)
        return None

    async def amend(self, change: Callable[[TimeEntry], TimeEntry]) -> None:
        """Write through what a confirmed change of something else has done to the entries that are known.

        It counts as a write in any case: an answer that is under way, and reports, may be from before it.
        """
        with anyio.CancelScope(shield=True), self._owed_if_busy(self.key):
            await super().put(NOBODY, None)
            known = await self.last()
            for key in [key for key, entry in known.items.items() if change(entry) != entry] if known else ():
                former = await self.row(key)
                if (entry := self._readable(former.text)) is not None:
                    await super().put(key, change(entry), former)

    async def changed_lately(self) -> Mapping[int, TimeEntry]:
        """Return what has changed in the last day, however long ago it began, straight from Toggl."""
        since = {"since": str(int((self._now() - SKEW).timestamp()))}
        return {entry.id: entry for entry in await self._asked_for(since, urgent=True) if entry.deleted_at is None}

    async def _running_besides(self, row_id: int) -> list[int]:
        """Return the ids of the other entries whose timers are known to run."""
        known = await self.last()
        return [key for key, entry in (known.items.items() if known else ()) if entry.running and key != row_id]

    async def _up_to_date(self, *, urgent: bool) -> Mapping[int, TimeEntry]:
        """Return every entry of the log, by one request where the last snapshot can be gone on from."""
        known = await self.last()
        since = None if known is None else _mark(known, self._now())
        if known is None or since is None or since < self._now() - OLDEST_MARK:
            return await self._window(self.reach(), self.horizon(), urgent=urgent)
        changed = await self._asked_for({"since": str(int(since.timestamp()))}, urgent=urgent)
        if len(changed) >= MOST:
            return await self._window(self.reach(), self.horizon(), urgent=urgent)
        return _merged(known.items, changed, self.reach())

    async def _window(self, first: datetime, end: datetime, *, urgent: bool) -> Mapping[int, TimeEntry]:
        """Return every entry that starts in a window; what Toggl has cut is asked for in halves."""
        found = await self._asked_for({"start_date": stamp(first), "end_date": stamp(end)}, urgent=urgent)
        middle = first + (min(end, max(self._now(), first + timedelta(hours=1))) - first) / 2
        if len(found) < MOST or middle - first < timedelta(minutes=1):
            return {entry.id: entry for entry in found if entry.deleted_at is None}
        older = await self._window(first, middle, urgent=urgent)
        return {**older, **await self._window(middle, end, urgent=urgent)}

    async def _asked_for(self, query: Mapping[str, str], *, urgent: bool) -> list[TimeEntry]:
        answer = await self._transport.send("GET", "me/time_entries", query=query, urgent=urgent)
        return [parsed(TimeEntry, row) for row in rows(answer)]

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


def _mark(known: Collection[TimeEntry], now: datetime) -> datetime | None:
    """Return since when changes are to be asked for: when Toggl was last asked, less an overlap.

    Our clock may be ahead of Toggl's, so an earlier `updated_at` of the latest entry counts instead. That entry may be
    one of ours, written through since Toggl was asked, so as many seconds as have passed since are taken off it.
    """
    if known.mark.fetched_at is None:
        return None
    asked = datetime.fromtimestamp(known.mark.fetched_at, UTC)
    latest = max((entry.updated_at for entry in known.items.values() if entry.updated_at), default=asked)
    return min(asked, max(latest - (now - asked), asked - SKEW)) - OVERLAP


def _merged(known: Mapping[int, TimeEntry], changed: list[TimeEntry], reach: datetime) -> Mapping[int, TimeEntry]:
    """Return what is known after these changes, each of which may have been known already."""
    merged = dict(known)
    for entry in changed:
        if not _is_older(entry, merged.get(entry.id)):
            merged[entry.id] = entry
    return {key: entry for key, entry in merged.items() if entry.deleted_at is None and entry.start >= reach}


def _started_before(one: TimeEntry, other: TimeEntry) -> bool:
    """Tell whether Toggl started one timer before another; where it does not say when, ids tell."""
    times = one.updated_at, other.updated_at
    if None in times or times[0] == times[1]:
        return one.id < other.id
    return _is_older(one, other)


def _is_older(entry: TimeEntry, known: TimeEntry | None) -> bool:
    return bool(known and known.updated_at and entry.updated_at and entry.updated_at < known.updated_at)
