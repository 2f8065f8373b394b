"""A store in the memory of one process, lost when the process ends."""

import threading
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    OpenChange,
    Row,
    RowWrite,
    Snapshot,
    Version,
    expiry_seconds,
    lease_active,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, Queue, find_scarcest


@dataclass(slots=True)
class _Collection:
    version: int = 0
    fetched_at: float | None = None
    rows: dict[int, str] = field(default_factory=dict[int, str])
    leased_at: float = 0.0
    lease_seconds: float = 0.0

    @property
    def stored_version(self) -> Version:
        return Version(self.version, self.fetched_at)


class MemoryStore:
    """Keeps the cache in dictionaries; threads and event loops may share it, processes cannot."""

    def __init__(self, *, expire_after: ExpireAfter = DEFAULT_TTL_SECONDS, clock: Clock | None = None) -> None:
        self.expire_after = expiry_seconds(expire_after)
        self.clock = clock or SystemClock()
        self.pending_invalidations: set[Key] = set()
        self._lock = threading.Lock()
        self._collections: defaultdict[Key, _Collection] = defaultdict(_Collection)
        self._buckets: defaultdict[str, dict[str, Bucket]] = defaultdict(dict)
        self._queues: defaultdict[str, Queue] = defaultdict(Queue)

    async def get_version(self, key: Key) -> Version:
        """Return the version of a collection."""
        with self._lock:
            return self._collections[key].stored_version

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row."""
        return self.try_get_row(key, row_id)

    def try_get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, on the calling thread."""
        with self._lock:
            stored = self._collections[key]
            return Row(stored.stored_version, stored.rows.get(row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot."""
        with self._lock:
            stored = self._collections[key]
            return None if stored.fetched_at is None else Snapshot(stored.stored_version, dict(stored.rows))

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        """Store a snapshot, unless the collection has been written to."""
        with self._lock:
            stored = self._collections[key]
            if stored.version != expected:
                return False
            stored.rows, stored.fetched_at = dict(rows), fetched_at
            return True

    async def write(self, key: Key, row_id: int, text: str | None, *, expected: Row | None = None) -> Version:
        """Write one row."""
        with self._lock:
            return self._write(RowWrite(key, row_id, text, expected))

    async def invalidate(self, key: Key) -> None:
        """Drop the snapshot."""
        with self._lock:
            self._invalidate(key)

    async def open_change(
        self, key: Key, row_id: int | None, bucket_names: Container[str], max_wait_seconds: float
    ) -> OpenChange:
        """Reserve a slot for a change, and return the row before it."""
        with self._lock:
            stored = self._collections[key]
            expected = Row(stored.stored_version, None if row_id is None else stored.rows.get(row_id))
            bucket = find_scarcest(self._buckets[key.scope].values(), bucket_names, self.clock())
            is_spent = bucket is not None and bucket.remaining <= 0
            return OpenChange(expected, bucket, 0.0 if is_spent else self._reserve_slot(key.scope, max_wait_seconds))

    async def settle_change(
        self,
        scope: str,
        *,
        writes: Sequence[RowWrite] = (),
        invalidate: Sequence[Key] = (),
        bucket: Bucket | None = None,
    ) -> Sequence[Version]:
        """Write a change through, and record what remains."""
        with self._lock:
            if bucket is not None:
                self._buckets[scope][bucket.name] = bucket
            versions = [self._write(write) for write in writes]
            for key in invalidate:
                self._invalidate(key)
            return versions

    async def acquire_lease(self, key: Key, seconds: float) -> float | None:
        """Acquire the lease to refresh."""
        with self._lock:
            stored = self._collections[key]
            now = self.clock()
            if lease_active(stored.leased_at, stored.lease_seconds, now):
                return None
            stored.leased_at, stored.lease_seconds = now, seconds
            return now + seconds

    async def release_lease(self, key: Key, until: float) -> None:
        """Release the lease to refresh."""
        with self._lock:
            stored = self._collections[key]
            if stored.leased_at + stored.lease_seconds == until:
                stored.lease_seconds = 0.0

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""
        with self._lock:
            return sorted(self._buckets[scope].values())

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Record a bucket."""
        with self._lock:
            self._buckets[scope][bucket.name] = bucket

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Reserve the next slot to send a request."""
        with self._lock:
            return self._reserve_slot(scope, max_wait_seconds)

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""
        with self._lock:
            self._queues[scope] = self._queues[scope].throttle(self.clock(), pause_seconds)

    async def aclose(self) -> None:
        """Do nothing: no file is open."""

    def _write(self, write: RowWrite) -> Version:
        key, row_id, text, expected = write
        stored = self._collections[key]
        if expected is not None and (expected.version.fetched_at, expected.text) != (
            stored.fetched_at,
            stored.rows.get(row_id),
        ):
            stored.rows, stored.fetched_at = {}, None
        stored.version += 1
        stored.rows.pop(row_id, None)
        if text is not None and stored.fetched_at is not None:
            stored.rows[row_id] = text
        return stored.stored_version

    def _invalidate(self, key: Key) -> None:
        stored = self._collections[key]
        stored.version += 1
        stored.rows, stored.fetched_at = {}, None

    def _reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        self._queues[scope], wait_seconds = self._queues[scope].reserve(self.clock(), max_wait_seconds)
        return wait_seconds
