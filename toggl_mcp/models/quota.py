"""Toggl's hourly quotas, and the store through which processes share them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Bucket(NamedTuple):
    """One quota as Toggl last reported it: requests remaining, and when the count restarts (seconds, UNIX time)."""

    name: str
    remaining: int
    resets_at: float


PACE_SECONDS = 1.0
"""Seconds between two requests, in the long run: what Toggl calls a safe window for one token and address."""
BURST = 5
"""Requests that may be sent at once before the pace is kept."""
MAX_QUEUE_SECONDS = 60.0
"""Seconds of queue beyond which the clock must have been set back."""


def gcra(queue_empty_at: float, now: float, max_wait_seconds: float) -> tuple[float, float]:
    """Return when the queue is empty after one more request, and the seconds that it waits.

    A request that would wait longer than `max_wait_seconds` takes no slot.
    """
    empty_at = min(max(queue_empty_at, now), now + MAX_QUEUE_SECONDS)
    wait = max(0.0, empty_at + PACE_SECONDS - now - BURST * PACE_SECONDS)
    return (empty_at + PACE_SECONDS if wait <= max_wait_seconds else empty_at), wait


class QuotaStore(Protocol):
    """Stores the quotas of a token (`scope` is its digest), and the slots of its requests."""

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was recorded, expired ones too."""
        ...

    async def record(self, scope: str, bucket: Bucket) -> None:
        """Record a bucket of a response, in place of the one of that name."""
        ...

    async def reserve_slot(self, scope: str, max_wait_seconds: float) -> float:
        """Reserve the next slot to send a request, and return the seconds to wait for it.

        A slot that is more than `max_wait_seconds` away is returned, and not reserved.
        """
        ...
