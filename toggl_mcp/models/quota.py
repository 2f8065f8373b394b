"""Toggl's hourly quotas, and the ledger through which processes share what they know of them."""

from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple, Protocol


class Bucket(NamedTuple):
    """One quota as Toggl last reported it: requests left, and when the count starts anew (seconds, UNIX time)."""

    name: str
    remaining: int
    resets_at: float


PACE_SECONDS = 1.0
"""Seconds between two requests, in the long run: what Toggl calls a safe window for one token and address."""
BURST = 5
"""Requests that may be sent at once before the pace is kept."""
MAX_QUEUE_SECONDS = 60.0
"""Seconds beyond which a queue is no queue but a clock that was set back."""


def gcra(queue_empty_at: float, now: float, max_wait_seconds: float) -> tuple[float, float]:
    """Return when the queue is empty after one more request, and the seconds that it waits.

    A request that would wait longer than `max_wait_seconds` takes no slot.
    """
    empty_at = min(max(queue_empty_at, now), now + MAX_QUEUE_SECONDS)
    wait = max(0.0, empty_at + PACE_SECONDS - now - BURST * PACE_SECONDS)
    return (empty_at + PACE_SECONDS if wait <= max_wait_seconds else empty_at), wait


def find_scarcest(buckets: Iterable[Bucket], names: Container[str], now: float) -> Bucket | None:
    """Return the bucket with the fewest requests remaining, of those with these names whose hour is not over."""
    current = [bucket for bucket in buckets if bucket.name in names and bucket.resets_at > now]
    return min(current, key=lambda bucket: bucket.remaining, default=None)


class Admission(NamedTuple):
    """Whether a request may be sent: its scarcest quota, where that is known, and the seconds until its slot."""

    bucket: Bucket | None
    wait_seconds: float


class Change(Protocol):
    """A change that is admitted and recorded together with what the store keeps of it."""

    async def admit(self, bucket_names: Container[str], max_wait_seconds: float) -> Admission:
        """Reserve a slot as `QuotaStore.reserve_slot` does, unless the scarcest of these buckets is spent."""
        ...

    def record(self, bucket: Bucket) -> None:
        """Keep what Toggl's confirmation says remains, until the change is settled."""
        ...


class QuotaStore(Protocol):
    """Keeps what is known of the quotas of a token (`scope` is its digest), and the turns of its requests."""

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        ...

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        ...

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it.

        A turn that is further away than `max_wait_seconds` seconds is told, and not taken.
        """
        ...
