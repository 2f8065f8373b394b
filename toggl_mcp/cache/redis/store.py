"""A store on a Redis or Valkey server, shared by every process on every machine that uses it."""

import secrets
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import TypeVar
from uuid import uuid4

import anyio
import anyio.to_thread

from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.batch import BatchReader
from toggl_mcp.cache.redis.connection import RedisServer, Reply, ServerUnavailable
from toggl_mcp.cache.redis.layout import Names, decode_time
from toggl_mcp.cache.redis.outage import MissedWrites, Outage
from toggl_mcp.cache.redis.tables import Tables
from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    ExpireAfter,
    Key,
    Row,
    RowWrite,
    Snapshot,
    Version,
    expiry_seconds,
)
from toggl_mcp.models.clock import Clock, SystemClock
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.quota import Admission, Bucket, PendingChange

T = TypeVar("T")

RETRY_SECONDS = 5.0
"""Seconds between two attempts to use a server that is away."""
MAX_FIRST_NUMBER = 2**40


class RedisStore:
    """Keeps the cache on a server, and in memory while the server is away.

    Each step runs in a worker thread, reads of rows in batches, and the cancellation of its caller does not interrupt
    it. While a change of another store is pending, its collections have no snapshot here, except for those who have
    waited for it: nothing else tells whether that store still lives.

    Each method raises CacheBusy if other processes change the same data without end.

    Args:
        address: The server.
        expire_after: How long a snapshot is fresh.
        clock: What ages of snapshots, quotas and records are measured by; leases and the pace are by the server's.
        retry_seconds: Seconds between two attempts to use a server that is away.
        draw_number: Returns the number of writes at which a collection begins; it should not return one twice.
        decode_time: Returns the server's time from its reply.
    """

    def __init__(
        self,
        address: RedisAddress,
        *,
        expire_after: ExpireAfter = DEFAULT_TTL_SECONDS,
        clock: Clock | None = None,
        retry_seconds: float = RETRY_SECONDS,
        draw_number: Callable[[], int] = lambda: secrets.randbelow(MAX_FIRST_NUMBER),
        decode_time: Callable[[Reply], float] = decode_time,
    ) -> None:
        self.expire_after = expiry_seconds(expire_after)
        self.clock = clock or SystemClock()
        self.pending_invalidations: set[Key] = set()
        self._address = address
        self._draw_number = draw_number
        names = Names(address.prefix)
        self._server = RedisServer(address, names.generation)
        self._tables = Tables(self._server, names, self.clock, draw_number, decode_time)
        self._owner_id = uuid4().hex
        self._outage = Outage(self._deliver, retry_seconds)
        self._batch_reader = BatchReader(lambda reads: self._run_in_thread(lambda: self._server.read_all(reads)))

    @property
    def problem(self) -> str | None:
        """Why the server cannot be used, and what to do about it; None while it can."""
        return self._outage.problem

    async def get_version(self, key: Key, *, waited_seconds: float = 0.0, is_refresh: bool = False) -> Version:
        """Return the version of a collection."""
        try:
            return (await self._get_row(key, None, waited_seconds=waited_seconds, is_refresh=is_refresh)).version
        except ServerUnavailable:
            return await self._outage.memory.get_version(key)

    async def get_row(self, key: Key, row_id: int) -> Row:
        """Return one row, in one round trip."""
        try:
            return await self._get_row(key, row_id)
        except ServerUnavailable:
            return await self._outage.memory.get_row(key, row_id)

    def try_get_row(self, key: Key, row_id: int) -> Row | None:  # noqa: ARG002 - the protocol's
        """Return None: only `get_row` can tell."""
        return None

    async def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot."""
        try:
            return await self._run(lambda: self._tables.read(key))
        except ServerUnavailable:
            return await self._outage.memory.read(key)

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: Version, fetched_at: float) -> bool:
        """Store a snapshot, unless the collection has been written to, or the stored one was requested later."""
        try:
            return await self._run(lambda: self._tables.replace(key, rows, expected, fetched_at))
        except ServerUnavailable:
            return await self._outage.memory.replace(key, rows, expected=expected, fetched_at=fetched_at)

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
        """Write rows, drop snapshots, record a bucket, and settle a change."""
        try:
            return await self._run(lambda: self._tables.write(scope, rows, invalidate, bucket, settled_id, records))
        except ServerUnavailable:
            self._outage.add_write(scope, [*invalidate, *(row.key for row in rows)], bucket, settled_id, records)
            return await self._outage.memory.write(
                scope, rows=rows, invalidate=invalidate, bucket=bucket, settled_id=settled_id, records=records
            )

    async def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        """Return the records of the journal."""
        try:
            return await self._run(lambda: self._tables.list_records(scope))
        except ServerUnavailable:
            return await self._outage.memory.list_records(scope)

    async def list_pending(self, key: Key) -> Collection[str]:
        """Return the ids of the pending changes of other stores that may alter a collection; none without the server.

        Whether another store lives is not known: they count for as long as a call can take.
        """
        try:
            return await self._run(lambda: self._tables.list_pending(key, self._owner_id))
        except ServerUnavailable:
            return ()

    async def acquire_lease(self, key: Key, seconds: float, *, held_until: float | None = None) -> float | None:
        """Acquire the lease to refresh, or renew it."""
        try:
            return await self._run(lambda: self._tables.acquire_lease(key, seconds, held_until))
        except ServerUnavailable:
            # Memory never had the server's lease, nor will the server have memory's when it is back: then it is lost.
            renewed_until = await self._outage.memory.acquire_lease(key, seconds, held_until=held_until)
            return renewed_until or await self._outage.memory.acquire_lease(key, seconds)

    async def release_lease(self, key: Key, held_until: float) -> None:
        """Release the lease to refresh: it lasts no longer."""
        await self.acquire_lease(key, 0, held_until=held_until)

    async def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""
        try:
            return await self._run(lambda: self._tables.list_buckets(scope))
        except ServerUnavailable:
            return await self._outage.memory.list_buckets(scope)

    async def reserve_slot(
        self,
        scope: str,
        bucket_names: Container[str],
        reserved: int,
        max_wait_seconds: float,
        pending: PendingChange | None = None,
    ) -> Admission:
        """Reserve the next slot to send a request, and record a change with it."""
        try:
            return await self._run(
                lambda: self._tables.reserve_slot(
                    scope, bucket_names, reserved, max_wait_seconds, pending, self._owner_id
                )
            )
        except ServerUnavailable:
            if pending is not None:
                self._outage.add_pending(scope, pending)
            return await self._outage.memory.reserve_slot(scope, bucket_names, reserved, max_wait_seconds, pending)

    async def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""
        try:
            await self._run(lambda: self._tables.throttle(scope, pause_seconds))
        except ServerUnavailable:
            await self._outage.memory.throttle(scope, pause_seconds)

    async def aclose(self) -> None:
        """Close the connections; the next use opens others."""
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close)

    async def _get_row(
        self, key: Key, row_id: int | None, *, waited_seconds: float = 0.0, is_refresh: bool = False
    ) -> Row:
        """Return one row, or none of them, and the version; see `Tables.decode_row`."""
        self._require_server()
        owner_id = self._owner_id
        replies = await self._batch_reader.read(
            lambda generation: self._tables.build_row_commands(generation, key, row_id)
        )
        row = self._tables.decode_row(replies, key, owner_id, waited_seconds=waited_seconds, is_refresh=is_refresh)
        return row or Row(await self._run(lambda: self._tables.begin_anew(key, owner_id)), None)

    def _deliver(self, scope: str, missed: MissedWrites) -> None:
        self._tables.deliver(scope, missed, self._owner_id)

    def _close(self) -> None:
        self._outage.close()
        self._server.close()
        self._owner_id = uuid4().hex  # What is still recorded counts as another's from now on.

    async def _run(self, step: Callable[[], T]) -> T:
        """Return the result of a step on the server.

        Raises:
            ServerUnavailable: It cannot be used, so memory is used instead.
        """
        self._require_server()
        return await self._run_in_thread(step)

    def _require_server(self) -> None:
        """Require that the server is not away, or that it is time for this caller to try it."""
        if not self._outage.may_use_server(self.clock()):
            raise ServerUnavailable

    async def _run_in_thread(self, step: Callable[[], T]) -> T:
        """Return the result of a step, and note whether the server is away."""
        was_away = self.problem is not None

        def deliver_and_run() -> T:
            self._outage.deliver()
            return step()

        try:
            result = await anyio.to_thread.run_sync(deliver_and_run)
        except ServerUnavailable as error:
            memory = MemoryStore(expire_after=self.expire_after, clock=self.clock, first_number=self._draw_number())
            self._outage.begin(self._describe_problem(error), memory, self.clock())
            raise
        if was_away:
            self._outage.end()
        return result

    def _describe_problem(self, error: ServerUnavailable) -> str:
        return (
            f"The server of the cache, {self._address}, cannot be used: {error}. This process keeps its cache in "
            "memory until it can, which is tried every few seconds. Start it, or correct TOGGL_MCP_CACHE and restart."
        )
