"""A cache in the memory of one process, gone when it ends."""

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from toggl_mcp.cache.store import DEFAULT_EXPIRY, ExpireAfter, Key, Mark, Row, Snapshot, holds, seconds
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.quota import Bucket, queued


@dataclass(slots=True)
class _Collection:
    version: int = 0
    fetched: float | None = None
    rows: dict[int, str] = field(default_factory=dict[int, str])
    claimed: float = 0.0
    lease: float = 0.0

    @property
    def mark(self) -> Mark:
        return Mark(self.version, self.fetched)


class MemoryStore:
    """Keeps the cache in dictionaries. It may be shared by threads and event loops, not by processes."""

    def __init__(self, *, expire_after: ExpireAfter = DEFAULT_EXPIRY, clock: Clock | None = None) -> None:
        self.expire_after = seconds(expire_after)
        self.clock = clock or SystemClock()
        self.owed: set[Key] = set()
        self._one = threading.Lock()
        self._collections: defaultdict[Key, _Collection] = defaultdict(_Collection)
        self._buckets: defaultdict[str, dict[str, Bucket]] = defaultdict(dict)
        self._due: defaultdict[str, float] = defaultdict(float)

    async def mark(self, key: Key) -> Mark:
        """Return how far the collection has come."""
        with self._one:
            return self._collections[key].mark

    async def row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        with self._one:
            there = self._collections[key]
            return Row(there.mark, there.rows.get(row_id))

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""
        with self._one:
            there = self._collections[key]
            return None if there.fetched is None else Snapshot(there.mark, dict(there.rows))

    async def replace(self, key: Key, rows: Mapping[int, str], *, seen: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `seen`; tell whether it was stored."""
        with self._one:
            there = self._collections[key]
            if there.version != seen:
                return False
            there.rows, there.fetched = dict(rows), fetched_at
            return True

    async def write(self, key: Key, row_id: int, text: str | None, *, seen: Row | None = None) -> Mark:
        """Put one row in, or take it out, and count a write (without a snapshot only count); return the mark then.

        If the row is not as it was `seen` any more, or all were read anew, nobody can tell which of two answers is the
        later: the snapshot is dropped instead.
        """
        with self._one:
            there = self._collections[key]
            if seen is not None and (seen.mark.fetched_at, seen.text) != (there.fetched, there.rows.get(row_id)):
                there.rows, there.fetched = {}, None
            there.version += 1
            there.rows.pop(row_id, None)
            if text is not None and there.fetched is not None:
                there.rows[row_id] = text
            return there.mark

    async def forget(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""
        with self._one:
            there = self._collections[key]
            there.version += 1
            there.rows, there.fetched = {}, None

    async def claim(self, key: Key, seconds: float) -> float | None:
        """Win the right to refresh, and return when it lapses by itself (UNIX time); None while another has it."""
        with self._one:
            there = self._collections[key]
            now = self.clock()
            if holds(there.claimed, there.lease, now):
                return None
            there.claimed, there.lease = now, seconds
            return now + seconds

    async def release(self, key: Key, until: float) -> None:
        """Give the right to refresh back that lapses then, unless it has lapsed and another has won it."""
        with self._one:
            there = self._collections[key]
            if there.claimed + there.lease == until:
                there.lease = 0.0

    async def buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        with self._one:
            return sorted(self._buckets[scope].values())

    async def note(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        with self._one:
            self._buckets[scope][bucket.name] = bucket

    async def turn(self, scope: str, patience: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it."""
        with self._one:
            self._due[scope], wait = queued(self._due[scope], self.clock(), patience)
            return wait

    async def aclose(self) -> None:
        """Do nothing: nothing is held open."""
