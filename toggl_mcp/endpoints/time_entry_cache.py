"""The cache of the token owner's time entries: fetched once, then kept up to date by the changes since."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self, TypeVar

import anyio

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Key, Row, Version
from toggl_mcp.endpoints.core.cached_collection import CachedCollection
from toggl_mcp.endpoints.core.change import Cascade, Change, ConfirmedRow
from toggl_mcp.endpoints.core.collection import CacheRead, Collection
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.parsing import parse_entry, parse_items, parse_rows
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.time_entry_window import EntryWindow
from toggl_mcp.errors import QuotaSpent, RateLimited, Unreachable
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.call import report_page
from toggl_mcp.models.journal import RowChange
from toggl_mcp.models.period import DateRange
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339

E = TypeVar("E", bound=WorkspaceResource)

MAX_AGE = timedelta(days=89)
"""How far back it goes: Toggl's limit is 90 days."""
MAX_AHEAD = timedelta(days=366)
"""How far ahead it goes: entries can be planned."""
TTL_SECONDS = 120.0
"""The user's own quota may be as low as 30 requests an hour: one in two minutes."""
SYNC_OVERLAP = timedelta(seconds=60)
"""How far a sync reaches back before the last request: a change may show up at Toggl a little late."""
MAX_CLOCK_SKEW = timedelta(hours=24)
"""How far this computer's clock may be ahead of Toggl's without a change being missed."""
RETENTION = timedelta(days=1)
"""How long an entry that has left the window is kept: a report that is cached may be from before it came."""
MAX_SYNC_AGE = timedelta(days=80)
"""How far back a sync may reach: Toggl has the changes of three months."""
MAX_ROWS = 1000
"""Rows at which Toggl truncates a response without saying so."""


NO_ID = 0
"""An id that no entry has."""


class TimeEntryCache(CachedCollection[TimeEntry]):
    """The entries of the token's owner, in all workspaces, that began in the last 89 days or are planned."""

    DELETIONS_ARE_FINAL = False  # Toggl restores a deleted entry that is edited in bulk.

    def __init__(self, session: Session) -> None:
        expire_after = session.store.expire_after
        super().__init__(
            session.store,
            Key(session.scope, "time_entry", 0),
            TimeEntry,
            session.transport,
            self._sync,
            ttl_seconds=TTL_SECONDS if expire_after is None else min(TTL_SECONDS, expire_after),
            may_be_stale=session.may_be_stale,
        )
        self._clock = session.store.clock
        self._past_key = Key(session.scope, "past", 0)
        self._window: EntryWindow | None = None
        """The window of a fetch that failed after some of its entries had come."""
        self._offsets_by_request: dict[float, float | None] = {}
        """By how much the clock was ahead of Toggl's at the last request from here; since then it may have been set."""

    @property
    def keys(self) -> tuple[Key, Key]:
        """The key of the entries, and one whose writes are the changes that entries from before the window may have."""
        return self.key, self._past_key

    async def count_past_changes(self) -> int:
        """Return the number of changes from here, so far, that a report of before the window may not have."""
        if self._past_key in self._store.pending_invalidations:
            await self._write(invalidate=[self._past_key])
        return (await self._store.get_version(self._past_key)).number

    async def digest_days(self, days: DateRange, is_in_report: Callable[[TimeEntry], bool] | None = None) -> str:
        """Return a digest of what a report of some days depends on, as far as it is known here.

        That is the time zone, in which its days are, the changes from before the cached entries and, unless the cached
        entries replace those of the report, which of them are in it, and the changes from here of what was in it.
        """
        calendar = days.calendar
        state: list[object] = [calendar.zone.key, await self.count_past_changes()]
        if is_in_report is not None and days.end > self.earliest_start():

            def is_counted(entry: TimeEntry) -> bool:  # A running timer is in no report.
                is_in_days = days.first <= calendar.day_of(entry.start) <= days.last
                return not entry.running and is_in_days and is_in_report(entry)

            state += [await self._list_entries(is_counted), await self._list_changes(is_counted)]
        return hashlib.sha256(repr(state).encode()).hexdigest()

    async def _list_entries(self, is_counted: Callable[[TimeEntry], bool]) -> object:
        """Return what a report shows of the cached entries; where there are none, the number of their changes."""
        collection = await self.any_age_or_none()
        if collection is None:
            return (await self.get_version()).number
        return sorted(
            (entry.id, entry.start, entry.description, entry.tags, *entry.pricing_key)
            for entry in collection.items.values()
            if is_counted(entry)
        )

    async def _list_changes(self, is_counted: Callable[[TimeEntry], bool]) -> list[tuple[str, bool]]:
        """Return the changes from here of entries that a report may have had, or may have now, and which are confirmed.

        The entries alone do not tell: they may be as they were when the report was read, and it may have had more,
        which was made in the web app and has come and gone here since.
        """

        def may_count(text: str | None) -> bool:
            entry = self._parse_row(text)
            return entry is not None and is_counted(entry)

        return [
            (record.record_id, record.is_confirmed)
            for record in await self._store.list_records(self.key.scope)
            if record.kind == self.key.kind
            and any(
                may_count(before) or may_count(after) or (before is None and record.verb != "add")
                for _, before, after in record.rows
            )
        ]

    async def invalidate(self, *other_keys: Key, drops_names: bool = False) -> None:
        """Drop the entries, and all that depends on those from before the window."""
        await super().invalidate(*other_keys, self._past_key, drops_names=drops_names)

    def earliest_start(self) -> datetime:
        """Return the earliest start of an entry that is cached."""
        return self._now() - MAX_AGE

    def latest_start(self) -> datetime:
        """Return the latest start of a planned entry that is cached."""
        return self._now() + MAX_AHEAD

    async def settle_change(
        self, change: Change[TimeEntry], keys_to_invalidate: Sequence[Key], *, drops_names: bool
    ) -> None:
        """Settle a change; the start of a timer stops any other that runs.

        Where another timer was started later than this one, only Toggl knows which runs: the collection is dropped.
        """
        with anyio.CancelScope(shield=True):
            is_of_past = any(self._is_of_past(row, change) for row in change.rows)
            timers = [row.item for row in change.rows if row.item is not None and row.item.running]
            with self._invalidate_later_if_busy(self.key):
                if timers:
                    # Its own row comes first: of two that start at once, the one that is written last finds the other.
                    await self._write(change.rows)
                    change.rows.clear()
                for timer in timers:
                    await self._stop_others(timer)
            if self.key in self._store.pending_invalidations:
                keys_to_invalidate = [*keys_to_invalidate, self.key]
            if self.key in keys_to_invalidate or is_of_past:
                keys_to_invalidate = [*keys_to_invalidate, self._past_key]
            if change.record.verb == "add" and change.journal_rows:
                self._add_stopped_rows(change)
            # By now Toggl counts it on the projects, not already when it was opened.
            settled = {"settled_at": self._clock()}
            change.records = tuple(
                record.model_copy(update=settled) if record.is_confirmed else record for record in change.records
            )
            # Last of all: until the change is settled, the end of this process makes the collection untrusted.
            await super().settle_change(change, keys_to_invalidate, drops_names=drops_names)

    def _is_of_past(self, row: ConfirmedRow[TimeEntry], change: Change[TimeEntry]) -> bool:
        """Tell whether an entry was or is from before the window; what is gone without having been cached may be."""
        entries = [self._parse_row(change.get_row_before(row.row_id).text), row.item]
        starts = [entry.start for entry in entries if entry is not None]
        return min(starts, default=self.earliest_start()) <= self.earliest_start()

    async def _stop_others(self, item: TimeEntry) -> None:
        """Stop the other cached timers; where another's change hides them, it is not known which run."""
        collection = await self.any_age_or_none()
        if collection is None:
            return await super().invalidate()
        for key, cached_entry in collection.items.items():
            if not cached_entry.running or key == item.id:
                continue
            row = await self.get_row(key)
            if row.version.fetched_at is None:
                return await super().invalidate()
            entry = self._parse_row(row.text)
            if entry is None or not entry.running:
                continue
            if not _starts_before(entry, item):
                return await self.invalidate()
            await self.write_through(key, entry.stop_at(item.start), row)
        return None

    def _add_stopped_rows(self, change: Change[TimeEntry]) -> None:
        """Let the journal have the timers that ran before a new one was started, as Toggl is taken to stop them."""
        timer = self._parse_row(change.journal_rows[0].after)
        for row_id, before, _ in change.record.rows:
            entry = self._parse_row(before)
            if timer is not None and entry is not None:
                change.add_journal_row(row_id, entry.stop_at(timer.start), before=entry)
        change.confirm()

    async def update_where(
        self, matches: Callable[[TimeEntry], bool], change: Callable[[TimeEntry], TimeEntry]
    ) -> Cascade:
        """Write through what a confirmed change of another resource has done to the cached entries that match."""
        row_changes: list[RowChange] = []
        with anyio.CancelScope(shield=True), self._invalidate_later_if_busy(self.key):
            await self._apply_pending_invalidations()
            snapshot = await self._store.read(self.key)
            # Counts as a write even if no entry matches: a response on its way, or a report, may be from before it.
            rows: list[ConfirmedRow[TimeEntry]] = [ConfirmedRow(NO_ID, None)]
            for row_id, text in snapshot.rows.items() if snapshot else ():
                entry = self._parse_row(text)
                if snapshot and entry is not None and matches(entry):
                    changed_entry = change(entry)
                    rows.append(ConfirmedRow(row_id, changed_entry, Row(snapshot.version, text)))
                    # When Toggl changed them is not known: it may be now, or not count as a change.
                    after = changed_entry.model_dump_json(exclude_none=True, exclude={"updated_at"})
                    row_changes.append(RowChange(row_id, text, after))
            await self._write(rows, [self._past_key])
        return Cascade(self.key.kind, row_changes)

    async def fetch_recently_changed(self) -> Mapping[int, TimeEntry | None]:
        """Return the entries that were changed in the last day, whatever their start, as Toggl has them."""
        since = {"since": str(int((self._now() - MAX_CLOCK_SKEW).timestamp()))}
        entries, _ = await self._fetch_entries(self._transport.reserved, since)
        return _drop_deleted(entries)

    async def store_if_unchanged(
        self, items: Mapping[int, TimeEntry | None], *, expected: Version, requested_at: float
    ) -> CacheRead[TimeEntry]:
        """Store the entries as the base does, and keep by which clock they were requested."""
        self._offsets_by_request.clear()
        if self._clock() >= requested_at:  # Else it was set back meanwhile, and by how much it was ahead is not known.
            self._offsets_by_request[requested_at] = self._transport.clock_offset_seconds
        return await super().store_if_unchanged(items, expected=expected, requested_at=requested_at)

    async def _sync(self, transport: Transport) -> Mapping[int, TimeEntry | None]:
        """Return all entries as Toggl has them: the cached ones with the changes since, or else the whole window.

        That is requested as long as it has rows that cannot be read: only it shows which of them are still in it.
        """
        collection = await self.any_age_or_none()
        since: datetime | None = None
        if collection is not None and not collection.unreadable_ids:
            offset_seconds = self._offsets_by_request.get(collection.version.fetched_at or 0.0)
            since = _sync_since(collection, offset_seconds)
        if collection is None or since is None or since < self._now() - MAX_SYNC_AGE:
            return await self._fetch_window(transport, self.earliest_start(), self.latest_start())
        changes, is_truncated = await self._fetch_entries(transport, {"since": str(int(since.timestamp()))})
        # What was written through without Toggl's `updated_at` is among the changes, unless Toggl has not done it after
        # all, such as stopping the former timer.
        assumed_ids = {key for key, entry in collection.items.items() if entry.updated_at is None}
        if is_truncated or not assumed_ids <= changes.keys():
            entries = await self._fetch_window(transport, self.earliest_start(), self.latest_start())
            return _merge(entries, changes, self._now())
        return _merge(collection.items, changes, self._now())

    async def _fetch_window(
        self, transport: Transport, first: datetime, end: datetime
    ) -> Mapping[int, TimeEntry | None]:
        """Return every entry that starts in a window; after a failure, fetch only those that had not come.

        Raises:
            QuotaSpent, RateLimited, Unreachable: Toggl gave no answer in time; the message counts the rows so far.
        """
        version, now = (await self.get_version()).number, self._now()
        window, self._window = self._window, None
        is_continued = window is not None and window.is_current(now, version)
        if window is None or not is_continued:
            window = EntryWindow(end, now, version)
        try:
            await self._fetch_pages(transport, first, window)
            if window.page_count == 1:
                return _drop_deleted(window.entries)
            # From one response to the next, an entry may have moved from what was to come into what had come.
            since = _reach_back(window.requested_at, window.clock_offset_seconds)
            changes, is_truncated = await self._fetch_entries(transport, {"since": str(int(since.timestamp()))})
        except (QuotaSpent, RateLimited, Unreachable) as error:
            if window.entries:
                self._window = window
                progress = f"{len(window.entries):,} time entries are read and kept, and more are to come"
                error.args = (f"{progress}: repeat the call to continue. {error}",)
            raise
        if is_continued and is_truncated:
            return await self._fetch_window(transport, first, end)
        return _merge(window.entries, changes, self._now())

    async def _fetch_pages(self, transport: Transport, first: datetime, window: EntryWindow) -> None:
        """Fetch what is missing of a window: Toggl truncates a response to the newest, so older ones follow."""
        while first < window.end:
            days = {"start_date": to_rfc3339(first), "end_date": to_rfc3339(window.end)}
            page, is_truncated = await self._fetch_entries(transport, days)
            if not window.page_count:
                window.clock_offset_seconds = self._transport.clock_offset_seconds
            window.add_page(page, first, is_truncated=is_truncated)
            await report_page(len(page))

    async def _fetch_entries(
        self, transport: Transport, query: Mapping[str, str]
    ) -> tuple[dict[int, TimeEntry | None], bool]:
        """Return the entries of a response, and whether Toggl may have truncated it."""
        rows = parse_rows(await transport.send("GET", "me/time_entries", query=query))
        is_truncated = len(rows) >= MAX_ROWS
        return parse_items(rows, parse_entry), is_truncated

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


class CascadingEndpoint(CachedEndpoint[E]):
    """An endpoint whose changes cascade to time entries, in a cache that it shares with others or, alone, owns."""

    CASCADING_VERBS: ClassVar[frozenset[str]] = frozenset()
    """The verbs that change time entries too: those are in doubt with the verb's outcome."""

    @classmethod
    def from_session(cls, session: Session, workspace_id: int, entry_cache: TimeEntryCache | None = None) -> Self:
        """Return a workspace's endpoint on a session, and on a cache of time entries, that it shares with others."""
        endpoint = cls.__new__(cls)
        endpoint._bind(workspace_id, session, entry_cache)  # noqa: SLF001 - the other half of its constructor
        return endpoint

    def _bind(self, workspace_id: int, session: Session, entry_cache: TimeEntryCache | None = None) -> None:
        super()._bind(workspace_id, session)
        self._entry_cache = entry_cache or TimeEntryCache(session)

    def _keys_if_applied(self, verb: str) -> list[Key]:
        """Return the keys of its own collection and, for a verb that cascades, of the time entries."""
        entry_keys = self._entry_cache.keys if verb in self.CASCADING_VERBS else ()
        return [*super()._keys_if_applied(verb), *entry_keys]


def _sync_since(collection: Collection[TimeEntry], clock_offset_seconds: float | None) -> datetime | None:
    """Return the moment, by Toggl's clock, since which to request changes; None if nothing was fetched before."""
    if collection.version.fetched_at is None:
        return None
    return _reach_back(datetime.fromtimestamp(collection.version.fetched_at, UTC), clock_offset_seconds)


def _reach_back(requested_at: datetime, clock_offset_seconds: float | None) -> datetime:
    """Return the moment of a request by Toggl's clock, or somewhat earlier, since which to request changes."""
    # Toggl compares with its own clock. By how much ours was ahead at the request only the process that sent it can
    # tell; for another's the whole day before is requested. If ours was behind, `requested_at` is early enough.
    if clock_offset_seconds is None:
        return requested_at - MAX_CLOCK_SKEW
    return requested_at - timedelta(seconds=max(0.0, clock_offset_seconds)) - SYNC_OVERLAP


def _merge(
    entries: Mapping[int, TimeEntry | None], changes: Mapping[int, TimeEntry | None], now: datetime
) -> Mapping[int, TimeEntry | None]:
    """Return the entries after these changes; one that is older than the cached entry is skipped."""
    newer = {key: entry for key, entry in changes.items() if entry is None or not is_older(entry, entries.get(key))}
    by_id = _drop_deleted({**entries, **newer})
    return {key: entry for key, entry in by_id.items() if entry is None or _is_retained(entry, now)}


def _is_retained(entry: TimeEntry, now: datetime) -> bool:
    """Tell whether an entry runs, is in the window, or has left it lately: by its age, or as its start was changed."""
    is_recent = entry.running or entry.start >= now - MAX_AGE - RETENTION
    return is_recent or (entry.updated_at is not None and entry.updated_at >= now - RETENTION)


def _drop_deleted(entries: Mapping[int, TimeEntry | None]) -> dict[int, TimeEntry | None]:
    return {key: entry for key, entry in entries.items() if entry is None or entry.deleted_at is None}


def _starts_before(timer: TimeEntry, later_timer: TimeEntry) -> bool:
    """Tell whether Toggl started one timer before another; where its times do not tell, the ids do."""
    times = timer.updated_at, later_timer.updated_at
    if None in times or times[0] == times[1]:
        return timer.id < later_timer.id
    return is_older(timer, later_timer)


def is_older(entry: TimeEntry, stored: TimeEntry | None) -> bool:
    """Return whether Toggl changed an entry before it changed another; not, where it does not say when."""
    return bool(stored and stored.updated_at and entry.updated_at and entry.updated_at < stored.updated_at)
