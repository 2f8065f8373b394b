"""While the server cannot be used: the memory in its place, and what the server has to learn of it afterwards."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.connection import ServerUnavailable
from toggl_mcp.cache.store import Key
from toggl_mcp.errors import CacheBusy
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.quota import Bucket, PendingChange

_log = logging.getLogger("toggl_mcp.cache")


@dataclass(slots=True)
class MissedWrites:
    """What the server has missed of one scope: what is doubtful now, what remains, and the journal."""

    invalidate: set[Key] = field(default_factory=set[Key])
    buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])
    settled_ids: set[str] = field(default_factory=set[str])
    records: dict[str, ChangeRecord] = field(default_factory=dict[str, ChangeRecord])
    pending: dict[str, PendingChange] = field(default_factory=dict[str, PendingChange])
    """Changes that are not settled yet."""

    @property
    def is_urgent(self) -> bool:
        """Whether others would read something outdated without it."""
        return bool(self.invalidate or self.settled_ids or self.pending)


Deliver = Callable[[str, MissedWrites], None]
"""Writes to the server what it has missed of a scope.

Raises:
    ServerUnavailable, CacheBusy: It was not written.
"""


class Outage:
    """Whether the server is away, and what it has missed; threads may share it.

    What others would read wrongly without it is delivered from a thread of its own as well: this process may get no
    further call, while others believe what the server has.

    Args:
        deliver: Writes what was missed.
        pause_seconds: Seconds between two attempts to use a server that is away.
    """

    def __init__(self, deliver: Deliver, pause_seconds: float) -> None:
        self.problem: str | None = None
        """Why the server cannot be used, and what to do about it; None while it can."""
        self.memory = MemoryStore()
        self._pause_seconds = pause_seconds
        self._retry_at = 0.0
        self._deliver = deliver
        self._lock = threading.Lock()
        self._missed: dict[str, MissedWrites] = {}
        self._delivery_lock = threading.Lock()
        """Held while what was missed is written: nothing may be read from the server before that ends."""
        self._undelivered: list[tuple[str, MissedWrites]] = []
        self._courier: threading.Thread | None = None
        self._closing = threading.Event()

    def begin(self, problem: str, memory: MemoryStore, now: float) -> None:
        """Begin with an empty memory, unless the server is away already, and say so once."""
        with self._lock:
            self._retry_at = now + self._pause_seconds
            if self.problem is None:
                self.problem, self.memory = problem, memory
                _log.warning("%s", problem)

    def end(self) -> None:
        """End it: the server can be used again."""
        with self._lock:
            if self.problem is not None:
                self.problem = None
                _log.warning("The server of the cache can be used again.")

    def may_use_server(self, now: float) -> bool:
        """Return whether to use the server now; while it is away, one caller tries after each pause."""
        with self._lock:
            # A time further ahead than the pause was noted by a clock that has been set back since.
            if self.problem is not None and self._retry_at - self._pause_seconds <= now < self._retry_at:
                return False
            self._retry_at = now + self._pause_seconds
            return True

    def add_write(
        self,
        scope: str,
        invalidate: Iterable[Key],
        bucket: Bucket | None,
        settled_id: str | None,
        records: Sequence[ChangeRecord],
    ) -> None:
        """Note a write that the server has missed."""
        with self._lock:
            missed = self._missed.setdefault(scope, MissedWrites())
            missed.invalidate.update(invalidate)
            if bucket is not None:
                missed.buckets[bucket.name] = bucket
            if settled_id is not None:
                missed.settled_ids.add(settled_id)
                missed.pending.pop(settled_id, None)
                missed.records.pop(settled_id, None)
            missed.records.update((record.record_id, record) for record in records)
            self._start_courier_if_urgent()

    def add_pending(self, scope: str, pending: PendingChange) -> None:
        """Note a change whose record the server has missed."""
        with self._lock:
            missed = self._missed.setdefault(scope, MissedWrites())
            missed.pending[pending.record_id] = pending
            if pending.record is not None:
                missed.records[pending.record_id] = pending.record
            self._start_courier_if_urgent()

    def deliver(self) -> None:
        """Write to the server what it has missed; to be done before anything is read from it.

        Raises:
            ServerUnavailable, CacheBusy: It was not written; the next call tries again.
        """
        if not self._missed and not self._undelivered:
            return
        with self._delivery_lock:
            with self._lock:
                self._undelivered += self._missed.items()
                self._missed = {}
            while self._undelivered:
                self._deliver(*self._undelivered[0])
                del self._undelivered[0]

    def close(self) -> None:
        """End the thread, and try for a last time to deliver."""
        self._closing.set()
        if courier := self._courier:
            courier.join()
        self._closing.clear()
        try:
            self.deliver()
        except (ServerUnavailable, CacheBusy):
            _log.warning(
                "What this process changed while the server of the cache was away could not be stored there. Other "
                "processes see it when their cache expires."
            )

    def _start_courier_if_urgent(self) -> None:
        if self._courier is None and any(missed.is_urgent for missed in self._missed.values()):
            self._courier = threading.Thread(target=self._deliver_later, name="cache delivery", daemon=True)
            self._courier.start()

    def _deliver_later(self) -> None:
        while not self._closing.wait(self._pause_seconds):
            try:
                self.deliver()
            except (ServerUnavailable, CacheBusy):
                continue
            self.end()
            with self._lock:
                if not any(missed.is_urgent for missed in self._missed.values()):
                    self._courier = None
                    return
        with self._lock:
            self._courier = None
