"""Toggl's hourly quotas, and the ledger through which processes share what they know of them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Bucket(NamedTuple):
    """One quota as Toggl last reported it: requests left, and when the count starts anew (seconds, UNIX time)."""

    name: str
    remaining: int
    resets_at: float


PACE = 1.0
"""Seconds between two requests, in the long run: what Toggl calls a safe window for one token and address."""
BURST = 5
"""Requests that may be sent at once before the pace is kept."""
LONGEST_QUEUE = 60.0
"""Seconds beyond which a queue is no queue but a clock that was set back."""


def queued(due: float, now: float, patience: float) -> tuple[float, float]:
    """Take one turn, unless it is longer than `patience`: return when the queue is empty, and the seconds to wait."""
    there = min(max(due, now), now + LONGEST_QUEUE)
    wait = max(0.0, there + PACE - now - BURST * PACE)
    return (there + PACE if wait <= patience else there), wait


class Ledger(Protocol):
    """Keeps what is known of the quotas of a token (`scope` is its digest), and the turns of its requests."""

    async def buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        ...

    async def note(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        ...

    async def turn(self, scope: str, patience: float) -> float:
        """Take the next turn to send a request, and return how many seconds to wait for it.

        A turn that is further away than `patience` seconds is told, and not taken.
        """
        ...
