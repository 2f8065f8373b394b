"""A store in the memory of one process, lost when the process ends."""

import threading
from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field

from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    Row,
    RowWrite,
    Snapshot,
    Version,
    expiry_seconds,
    is_unchanged,
    lease_active,
    may_replace,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.journal import MAX_CHANGES, MAX_JOURNAL_SECONDS, ChangeRecord
from toggl_mcp.models.quota import Admission, Bucket, PendingChange, Queue, find_scarcest


@dataclass(slots=True)
class _Collection:
    version: Version = field(default_factory=Version)
    rows: dict[int, str] = field(default_factory=dict[int, str])
    leased_at: float = 0.0
    lease_seconds: float = 0.0

    def drop(self) -> None:
        """Drop the snapshot."""
        self.rows, self.version = {}, Version(self.version.number, None)

    def count_write(self) -> Version:
        """Count a write, and return the version then."""
        self.version = self.version._replace(number=self.version.number + 1)
        return self.version


class MemoryStore:
    """Keeps the cache in dictionaries; threads and event loops may share it, processes cannot.

    `first_number` is the number of writes at which its collections begin.
    """

    def __init__(
        self, *, expire_after: ExpireAfter = DEFAULT_TTL_SECONDS, clock: Clock | None = None, first_number: int = 0
    ) -> None:
        self.expire_after = expiry_seconds(expire_after)
        self.clock = clock or SystemClock()
        self.pending_invalidations: set[Key] = set()
        self.problem: str | None = None
        self._lock = threading.Lock()
        self._collections = defaultdict[Key, _Collection](lambda: _Collection(Version(first_number)))
        self._buckets: defaultdict[str, dict[str, Bucket]] = defaultdict(dict)
        self._queues: defaultdict[str, Queue] = defaultdict(Queue)
        self._journals: defaultdict[str, dict[str, ChangeRecord]] = defaultdict(dict)

    async def get_version(
        self,
        key: Key,
        *,
        waited_seconds: float = 0.0,  # noqa: ARG002 - by one clock, the caller can tell
        is_refresh: bool = False,  # noqa: ARG002 - the same
    ) -> Version:
        """Return the version of a collection."""
        with self._lock:
            return self._collections[key].version

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row."""
        return self.try_get_row(key, row_id)

    def try_get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, on the calling thread."""
        with self._lock:
            stored = self._collections[key]
            return Row(stored.version, stored.rows.get(row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot."""
        with self._lock:
            stored = self._collections[key]
            return None if stored.version.fetched_at is None else Snapshot(stored.version, dict(stored.rows))

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: Version, fetched_at: float) -> bool:
        """Store a snapshot, unless the collection has been written to, or the stored one was requested later."""
        with self._lock:
            stored = self._collections[key]
            if not may_replace(stored.version, expected, fetched_at):
                return False
            stored.rows, stored.version = dict(rows), Version(expected.number, fetched_at)
            return True

    async def write(
        self,
        scope: str,
        *,
        rows: Sequence[RowWrite] = (),
        invalidate: Sequence[Key] = (),
        bucket: Bucket | None = None,
        settled_id: str | None = None,
        records: Sequence[ChangeRecord] = (),
    ) -> Sequence[Version]:
        """Write rows, drop snapshots, record a bucket, and settle a change."""
        with self._lock:
            self._journals[scope].update((record.record_id, record) for record in records)
            if settled_id is not None and settled_id not in {record.record_id for record in records}:
                self._journals[scope].pop(settled_id, None)
            if bucket is not None:
                self._buckets[scope][bucket.name] = bucket
            versions = [self._write_row(*row) for row in rows]
            for key in invalidate:
                self._collections[key].drop()
                self._collections[key].count_write()
            return versions

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        """Return the records of the journal."""
        with self._lock:
            return list(self._journals[scope].values())

    async def list_pending(self, key: Key) -> Collection[str]:  # noqa: ARG002 - no other process changes anything here
        """Return none."""
        return ()

    async def acquire_lease(self, key: Key, seconds: float, *, held_until: float | None = None) -> float | None:
        """Acquire the lease to refresh, or renew it."""
        with self._lock:
            stored, now = self._collections[key], self.clock()
            is_held = stored.leased_at + stored.lease_seconds == held_until
            if not is_held and (held_until is not None or lease_active(stored.leased_at, stored.lease_seconds, now)):
                return None
            stored.leased_at, stored.lease_seconds = now, seconds
            return now + seconds

    async def release_lease(self, key: Key, held_until: float) -> None:
        """Release the lease to refresh: it lasts no longer."""
        await self.acquire_lease(key, 0, held_until=held_until)

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""
        with self._lock:
            return sorted(self._buckets[scope].values())

    async def reserve_slot(
        self,
        scope: str,
        bucket_names: Container[str],
        reserved: int,
        max_wait_seconds: float,
        pending: PendingChange | None = None,
    ) -> Admission:
        """Reserve the next slot to send a request."""
        with self._lock:
            now = self.clock()
            bucket = find_scarcest(self._buckets[scope].values(), bucket_names, now)
            if bucket is not None and bucket.remaining <= reserved:
                return Admission(bucket, 0.0)
            self._queues[scope], wait_seconds = self._queues[scope].reserve(now, max_wait_seconds)
            if pending is not None and pending.record is not None and wait_seconds <= max_wait_seconds:
                self._add_record(scope, pending.record, now)
            return Admission(bucket, wait_seconds)

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""
        with self._lock:
            self._queues[scope] = self._queues[scope].throttle(self.clock(), pause_seconds)

    async def aclose(self) -> None:
        """Do nothing: no file is open."""

    def _add_record(self, scope: str, record: ChangeRecord, now: float) -> None:
        journal = self._journals[scope]
        journal[record.record_id] = record
        change_ids = list(dict.fromkeys(record.change_id for record in reversed(journal.values())))[:MAX_CHANGES]
        self._journals[scope] = {
            record_id: record
            for record_id, record in journal.items()
            if record.change_id in change_ids and record.made_at >= now - MAX_JOURNAL_SECONDS
        }

    def _write_row(self, key: Key, row_id: int, text: str | None, expected: Row | None) -> Version:
        stored = self._collections[key]
        if expected is not None and not is_unchanged(expected, Row(stored.version, stored.rows.get(row_id))):
            stored.drop()
        stored.rows.pop(row_id, None)
        if text is not None and stored.version.fetched_at is not None:
            stored.rows[row_id] = text
        return stored.count_write()
