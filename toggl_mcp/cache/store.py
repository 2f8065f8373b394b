"""The protocol of a store: snapshots of collections, leases to refresh them, and the quotas."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from toggl_mcp.models.clock import Clock
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.quota import Bucket, QuotaStore

DEFAULT_TTL_SECONDS = 3600.0
"""Seconds for which a snapshot is fresh."""

MAX_CLOCK_DIFFERENCE_SECONDS = 5.0
"""Seconds by which the clocks of processes that share a store may differ."""

MAX_CLOCK_LEAD_SECONDS = 60.0
"""Seconds that a snapshot may be ahead of the clock; one further ahead is taken for an error."""

ExpireAfter = timedelta | float | None
"""How long a snapshot is fresh, as a timedelta or in seconds; None is for ever, 0 is never."""


class Key(NamedTuple):
    """The name of one collection of one token; `scope` is a digest of the token, so that no other token reads it."""

    scope: str
    kind: str
    parent: int


class Version(NamedTuple):
    """The number of writes to a collection, and when its snapshot was requested (UNIX time); None if it has none."""

    number: int = 0
    fetched_at: float | None = None

    @property
    def as_of(self) -> datetime:
        """When the snapshot was requested, in UTC."""
        return datetime.fromtimestamp(self.fetched_at or 0.0, UTC)


class Snapshot(NamedTuple):
    """A whole collection as Toggl last sent it, with every write since: JSON texts by id, at a version."""

    version: Version
    rows: Mapping[int, str]


class Row(NamedTuple):
    """One row, and the version of its collection; `text` is None where there is no such row."""

    version: Version
    text: str | None


class RowWrite(NamedTuple):
    """A row to put in, or to take out where it has no text; see `Store.write`."""

    key: Key
    row_id: int
    text: str | None
    expected: Row | None = None


class Store(QuotaStore, Protocol):
    """Keeps snapshots and quotas; each method is one atomic step, safe under threads, event loops and processes."""

    expire_after: float | None
    clock: Clock
    """What every age of what is stored is measured by."""
    pending_invalidations: set[Key]
    """Collections whose invalidation could not be stored: whoever reads one from here invalidates it first."""

    @property
    def problem(self) -> str | None:
        """Why this process keeps the cache in memory although it should not, and what to do; None if all is well."""
        ...

    async def get_version(self, key: Key, *, waited_seconds: float = 0.0, is_refresh: bool = False) -> Version:
        """Return the version of a collection.

        While a change of another process is pending, or for a refresh, it may have no snapshot, unless that was
        requested within the `waited_seconds` for which the caller has waited: then it has what was confirmed before.
        """
        ...

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, at a cost that does not grow with the collection."""
        ...

    def try_get_row(self, key: Key, row_id: int) -> Row | None:
        """Return one row without waiting, on the calling thread; None where only `get_row` can tell."""
        ...

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot, however old; None if there is none."""
        ...

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: Version, fetched_at: float) -> bool:
        """Store a snapshot if `may_replace` says so, and return whether it was stored; it does not count as a write."""
        ...

    async def write(
        self,
        scope: str,
        *,
        rows: Sequence[RowWrite] = (),
        invalidate: Sequence[Key] = (),
        bucket: Bucket | None = None,
        settled_id: str | None = None,
        records: Sequence[ChangeRecord] = (),
    ) -> Sequence[Version]:
        """Write rows, drop snapshots and record a bucket, and return the version after each row.

        `settled_id` is the id of a change that is not pending any more. The journal has these records from then on;
        if none is that of the settled change, the change did nothing, and the journal has it no more.

        Each row, and each dropped snapshot, counts as a write of its collection; without a snapshot it is only counted.
        If a row is not the `expected` one any more, or the snapshot is another one, it is unknown which of two
        responses is the later: the snapshot is dropped instead.
        """
        ...

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        """Return the records of the journal in the order in which they were opened."""
        ...

    async def list_pending(self, key: Key) -> Collection[str]:
        """Return the ids of the pending changes of other processes that may alter a collection, and may live."""
        ...

    async def acquire_lease(self, key: Key, seconds: float, *, held_until: float | None = None) -> float | None:
        """Acquire the lease to refresh, or renew the one that is held until then.

        Returns when it expires (UNIX time), or None while another process has it, or has had it since.
        """
        ...

    async def release_lease(self, key: Key, held_until: float) -> None:
        """Release the lease that is held until then, unless another process has one by now."""
        ...

    async def aclose(self) -> None:
        """Close what is open."""
        ...


def expiry_seconds(expire_after: ExpireAfter) -> float | None:
    """Return an expiry in seconds.

    Raises:
        ValueError: It is negative.
    """
    value = expire_after.total_seconds() if isinstance(expire_after, timedelta) else expire_after
    if value is not None and value < 0:
        message = "expire_after has to be 0 or more seconds, or None for a cache that never expires."
        raise ValueError(message)
    return value


def lease_active(leased_at: float, lease_seconds: float, now: float) -> bool:
    """Return whether a lease holds; one that was released lasts no seconds."""
    # A lease from the future was acquired before a clock was set back: it could hold for as long as that.
    return lease_seconds > 0 and leased_at - MAX_CLOCK_DIFFERENCE_SECONDS <= now < leased_at + lease_seconds


def is_unchanged(expected: Row, stored: Row) -> bool:
    """Return whether a row, and the snapshot that it is in, are still the expected ones."""
    return (expected.version.fetched_at, expected.text) == (stored.version.fetched_at, stored.text)


def may_replace(stored: Version, expected: Version, fetched_at: float) -> bool:
    """Return whether a snapshot may replace the stored one: neither a write nor one requested later came between."""
    # The times are compared only of two that were requested at once: since a former one a clock may have been set back.
    is_earlier = stored != expected and stored.fetched_at is not None and fetched_at < stored.fetched_at
    return stored.number == expected.number and not is_earlier
