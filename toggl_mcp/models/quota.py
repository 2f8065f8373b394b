"""Toggl's hourly quotas, the pace of requests, and the store through which processes share both."""

from collections.abc import Awaitable, Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from toggl_mcp.models.journal import ChangeRecord

QUOTA_WINDOW_SECONDS = 3600.0
"""Seconds after which a quota resets at the latest."""


class Bucket(NamedTuple):
    """One quota as Toggl last reported it: the requests that remain, and when it resets (UNIX time in seconds)."""

    name: str
    remaining: int
    resets_at: float

    def is_current(self, now: float) -> bool:
        """Return whether its hour is not over."""
        # A reset more than an hour ahead was recorded by a clock that was ahead of this one: when it is, is unknown.
        return now < self.resets_at <= now + QUOTA_WINDOW_SECONDS


PACE_SECONDS = 1.0
"""Seconds between two requests in the long run; Toggl calls it a safe window for one token and address."""
BURST = 17
"""Requests that may be sent at once after a pause; with one a second, 27 in ten seconds, which Toggl has allowed."""
MAX_QUEUE_SECONDS = 60.0
"""Seconds of the longest queue, and of the longest pause that each request waits for."""
IMPOSSIBLE_QUEUE_SECONDS = 70.0
"""Seconds of a queue that no clocks a little apart explain, only one that was set back: nothing waits in it."""
THROTTLED_PACE_SECONDS = 1.2
"""Seconds between two requests while none is sent in a burst: on their way they may come closer together."""
THROTTLED_SECONDS = 600.0
"""Seconds after a response that asked for fewer requests during which none is sent in a burst."""


class Queue(NamedTuple):
    """The queue of a token's requests: when it is empty, and when Toggl last asked for fewer (UNIX times)."""

    empty_at: float = 0.0
    throttled_at: float = 0.0

    def reserve(self, now: float, max_wait_seconds: float) -> tuple["Queue", float]:
        """Return the queue after one more request, and the seconds until its slot.

        The generic cell rate algorithm. A request that would wait longer than `max_wait_seconds` takes no slot.
        """
        pace_seconds, burst = (THROTTLED_PACE_SECONDS, 1) if self._is_throttled(now) else (PACE_SECONDS, BURST)
        is_impossible = self.empty_at > now + IMPOSSIBLE_QUEUE_SECONDS
        empty_at = now if is_impossible else min(max(self.empty_at, now), now + MAX_QUEUE_SECONDS)
        wait = max(0.0, empty_at - now - (burst - 1) * pace_seconds)
        return self._replace(empty_at=empty_at + pace_seconds if wait <= max_wait_seconds else empty_at), wait

    def throttle(self, now: float, pause_seconds: float) -> "Queue":
        """Return the queue after a response that asked for fewer requests, and for a pause."""
        # The requests of a burst have been sent, so nothing waits for them; those since the first such response do.
        waiting_until = self.empty_at if self._is_throttled(now) else now
        pause_seconds = min(max(pause_seconds, THROTTLED_PACE_SECONDS), MAX_QUEUE_SECONDS)
        return Queue(max(waiting_until, now + pause_seconds), now)

    def _is_throttled(self, now: float) -> bool:
        return 0 <= now - self.throttled_at < THROTTLED_SECONDS


def find_scarcest(buckets: Iterable[Bucket], names: Container[str], now: float) -> Bucket | None:
    """Return the bucket with the fewest requests remaining, of those with these names whose hour is not over."""
    current = [bucket for bucket in buckets if bucket.name in names and bucket.is_current(now)]
    return min(current, key=lambda bucket: bucket.remaining, default=None)


class Admission(NamedTuple):
    """Whether a request may be sent: its scarcest quota, where that is known, and the seconds until its slot."""

    bucket: Bucket | None
    wait_seconds: float


@dataclass(slots=True)
class PendingChange:
    """A change that is recorded with its slot, before it is sent, and settled with what its confirmation says remains.

    `keys` are the scope, kind and parent of each collection that it may alter.
    """

    record_id: str
    keys: Sequence[tuple[str, str, int]]
    is_recorded: bool = False
    """Whether the store may have a record of it, which is removed when it is settled."""
    bucket: Bucket | None = None
    attempts: int = 0
    """How often it was sent."""
    record: ChangeRecord | None = None
    """What the journal has of it from now on, if it is sent."""
    require_lock: Callable[[], Awaitable[None]] | None = None
    """Raises an error unless the lock that it needs is still held; called once it is recorded, before it is sent."""


class QuotaStore(Protocol):
    """Keeps the quotas of a token (`scope` is its digest), and the slots of its requests."""

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket, those whose hour is over as well."""
        ...

    async def write(self, scope: str, *, bucket: Bucket) -> object:
        """Record a bucket, in place of the one with its name."""
        ...

    async def reserve_slot(
        self,
        scope: str,
        bucket_names: Container[str],
        reserved: int,
        max_wait_seconds: float,
        pending: PendingChange | None = None,
    ) -> Admission:
        """Reserve the next slot to send a request, unless `reserved` requests or fewer remain in one of these buckets.

        A slot that is further away than `max_wait_seconds` is returned, and not reserved. With the slot of a change,
        `pending` is recorded: if this process ends before the change is settled, its collections are dropped. Its
        record enters the journal, from which older ones go.
        """
        ...

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let the requests of every process wait for a pause, and then send none of them in a burst for a while."""
        ...
