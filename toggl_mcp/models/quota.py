"""Toggl's hourly quotas, and the ledger through which processes share what they know of them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Bucket(NamedTuple):
    """One quota as Toggl last reported it: requests left, and when the count starts anew (seconds, UNIX time)."""

    name: str
    remaining: int
    resets_at: float


class Ledger(Protocol):
    """Keeps what is known of the quotas of a token (`scope` is its digest)."""

    async def buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every bucket that was ever noted, expired ones too."""
        ...

    async def note(self, scope: str, bucket: Bucket) -> None:
        """Put down what an answer said, in place of what was known of that bucket."""
        ...
