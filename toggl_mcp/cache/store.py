"""What the endpoints ask of a cache."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, Protocol

from toggl_mcp.models.clock import Clock
from toggl_mcp.models.quota import QuotaStore

DEFAULT_TTL_SECONDS = 3600.0
"""Seconds for which a collection counts as fresh."""

MAX_CLOCK_DIFFERENCE_SECONDS = 5.0
"""Seconds by which clocks may differ."""

ExpireAfter = timedelta | float | None
"""A timedelta or seconds; None is never, 0 is always ask."""


class Key(NamedTuple):
    """Names one collection of one token: nobody else's token leads to it."""

    scope: str
    kind: str
    parent: int


class Version(NamedTuple):
    """How far a collection has come: the number of writes, and when Toggl was asked for it (UNIX time).

    `fetched_at` is None when there is no snapshot.
    """

    number: int
    fetched_at: float | None


class Snapshot(NamedTuple):
    """A whole collection as Toggl last sent it, with every write since: JSON texts by id."""

    version: Version
    rows: Mapping[int, str]


class Row(NamedTuple):
    """One row, or its absence, and the mark of its collection at that moment."""

    version: Version
    text: str | None


class Store(QuotaStore, Protocol):
    """Keeps snapshots. Each method is one atomic step, safe under threads, event loops and processes."""

    expire_after: float | None
    clock: Clock
    """For everything that is measured against what is kept here."""
    pending_invalidations: set[Key]
    """Collections that have changed while the store could not be told: to be forgotten before they are believed."""

    async def get_version(self, key: Key) -> Version:
        """Return how far the collection has come."""
        ...

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        ...

    def try_get_row(self, key: Key, row_id: int) -> Row | None:
        """Return one row without waiting, on the calling thread; None where only `get_row` can tell."""
        ...

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None when there is none."""
        ...

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        """Store a whole collection, unless a write came in since version `expected`; tell whether it was stored.

        Does not count as a write.
        """
        ...

    async def write(self, key: Key, row_id: int, text: str | None, *, expected: Row | None = None) -> Version:
        """Put one row in, or take it out, and count a write (without a snapshot only count); return the mark then.

        If the row is no longer the `expected` one, or all were read anew, nobody can tell which of two answers is the
        later: the snapshot is dropped instead.
        """
        ...

    async def invalidate(self, key: Key) -> None:
        """Drop the snapshot, and count a write."""
        ...

    async def acquire_lease(self, key: Key, seconds: float) -> float | None:
        """Win the right to refresh, and return when it lapses by itself (UNIX time); None while another has it."""
        ...

    async def release_lease(self, key: Key, until: float) -> None:
        """Give the right to refresh back that lapses then, unless it has lapsed and another has won it."""
        ...

    async def aclose(self) -> None:
        """Let go of what is held open."""
        ...


def expiry_seconds(expire_after: ExpireAfter) -> float | None:
    """Return an expiry in seconds.

    Raises:
        ValueError: It is negative.
    """
    value = expire_after.total_seconds() if isinstance(expire_after, timedelta) else expire_after
    if value is not None and value < 0:
        message = "expire_after has to be 0 or more seconds, or None for never."
        raise ValueError(message)
    return value


def lease_active(leased_at: float, lease_seconds: float, now: float) -> bool:
    """Tell whether a claim holds; one from the future was made before a clock was set back, and does not."""
    return leased_at - MAX_CLOCK_DIFFERENCE_SECONDS <= now < leased_at + lease_seconds
