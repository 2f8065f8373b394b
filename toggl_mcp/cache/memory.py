"""A cache in the memory of one process, gone when it ends."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    Row,
    Snapshot,
    Version,
    expiry_seconds,
    lease_active,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, gcra


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
    """Keeps the cache in dictionaries. It may be shared by threads and event loops, not by processes."""

    def __init__(self, *, expire_after: ExpireAfter = DEFAULT_TTL_SECONDS, clock: Clock | None = None) -> None:
        self.expire_after = expiry_seconds(expire_after)
        self.clock = clock or SystemClock()
        self.pending_invalidations: set[Key] = set()
        self._lock = threading.Lock()
        self._collections: defaultdict[Key, _Collection] = defaultdict(_Collection)
        self._buckets: defaultdict[str, dict[str, Bucket]] = defaultdict(dict)
        self._due: defaultdict[str, float] = defaultdict(float)

    async def get_version(self, key: Key) -> Version:
        """Return how far the collection has come."""
        with self._lock:
            return self._collections[key].stored_version

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        return self.try_get_row(key, row_id)

    def try_get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, on the calling thread."""
        with self._lock:
            stored = self._collections[key]
            return Row(stored.stored_version, stored.rows.get(row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""
        with self._lock:
            stored = self._collections[key]
            return None if stored.fetched_at is None else Snapshot(stored.stored_version, dict(stored.rows))

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `expected`; tell whether it was stored."""
        with self._lock:
            stored = self._collections[key]
            if stored.version != expected:
                return False
            stored.rows, stored.fetched_at = dict(rows), fetched_at
            return True

    async def write(self, key: Key, row_id: int, text: str | None, *, expected: Row | None = None) -> Version:
        """Put one row in, or take it out, and count a write (without a snapshot only count); return the mark then.

        If the row is no longer the `expected` one, or all were read anew, nobody can tell which of two answers is the
        later: the snapshot is dropped instead.
        """
        with self._lock:
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

    async def invalidate(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""
        with self._lock:
            stored = self._collections[key]
            stored.version += 1
            stored.rows, stored.fetched_at = {}, None

    async def acquire_lease(self, key: Key, seconds: float) -> float | None:
        """Win the right to refresh, and return when it lapses by itself (UNIX time); None while another has it."""
        with self._lock:
            stored = self._collections[key]
            now = self.clock()
            if lease_active(stored.leased_at, stored.lease_seconds, now):
                return None
            stored.leased_at, stored.lease_seconds = now, seconds
            return now + seconds

    async def release_lease(self, key: Key, until: float) -> None:
        """Give the right to refresh back that lapses then, unless it has lapsed and another has won it."""
        with self._lock:
            stored = self._collections[key]
            if stored.leased_at + stored.lease_seconds == until:
                stored.lease_seconds = 0.0

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        with self._lock:
            return sorted(self._buckets[scope].values())

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        with self._lock:
            self._buckets[scope][bucket.name] = bucket

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it."""
        with self._lock:
            self._due[scope], wait = gcra(self._due[scope], self.clock(), max_wait_seconds)
            return wait

    async def aclose(self) -> None:
        """Do nothing: nothing is held open."""
