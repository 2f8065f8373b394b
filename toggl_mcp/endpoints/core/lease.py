"""A lease: of the processes that share a cache, one at a time fetches a collection, or holds a lock."""

import logging
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar

import anyio

from toggl_mcp.cache.store import Key, Store
from toggl_mcp.errors import CacheBusy, Unreachable

_log = logging.getLogger(__name__)

LEASE_SECONDS = 5.0
"""Seconds that a lease lasts: others wait this long for a process that was killed while it fetched."""
RENEWAL_SECONDS = 2.0
"""Seconds after which a lease is renewed while the response is awaited."""
POLL_SECONDS = 0.05
"""Seconds between two attempts to acquire a lease that another process has."""
MAX_ARRIVAL_SECONDS = 20.0
"""Seconds after which a change that is pending in another process has come to Toggl, or was given up: its call's."""
MIN_HOLD_SECONDS = 10.0
"""Seconds of a call's time that remain after it has waited for a lock; of a shorter time, half of it."""


class Lease:
    """The lease on what has this key in a store."""

    def __init__(self, store: Store, key: Key) -> None:
        self._store = store
        self._key = key
        self._held_until: float | None = None
        self._renewal = anyio.Lock()

    async def acquire(self) -> bool:
        """Return whether the lease was free, and is held from now on."""
        self._held_until = await self._store.acquire_lease(self._key, LEASE_SECONDS)
        return self._held_until is not None

    async def renew(self) -> bool:
        """Renew the lease, and return whether it is still held: while a process stands still, it may lapse."""
        # Cut off, it could leave a lease in the store whose end is not known here, so that nobody releases it.
        with anyio.CancelScope(shield=True):
            async with self._renewal:
                if self._held_until is not None:
                    held_until = self._held_until
                    self._held_until = await self._store.acquire_lease(self._key, LEASE_SECONDS, held_until=held_until)
        return self._held_until is not None

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """Renew the lease that was acquired, and release it at the end."""
        failure: Exception | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._renew)
                try:
                    yield
                except Exception as error:  # noqa: BLE001 - raised below: a task group would wrap it
                    failure = error
                finally:
                    tasks.cancel_scope.cancel()
            if failure is not None:
                raise failure
        finally:
            with anyio.CancelScope(shield=True), _tolerate_busy_cache():
                if self._held_until is not None:  # None: another process has it by now.
                    await self._store.release_lease(self._key, self._held_until)

    async def _renew(self) -> None:
        """Renew the lease until it is lost, so that a slow response is still one request."""
        while self._held_until is not None:
            await anyio.sleep(RENEWAL_SECONDS)
            with _tolerate_busy_cache():
                await self.renew()


class HeldLock:
    """A shared lock while a call holds it: the call's changes name its key, and each is sent only if it is still held.

    A holder that stood still may have lost it. Whoever has it then sees the changes that are on their way, and waits.
    """

    def __init__(self, key: Key, purpose: str, lease: Lease) -> None:
        self.key = key
        self._purpose = purpose
        self._lease = lease

    async def require(self) -> None:
        """Require that it is still held.

        Raises:
            Unreachable: It is not.
        """
        if not await self._lease.renew():
            message = (
                "This call stood still, or was without the cache's server, for so long that another one that "
                f"{self._purpose} could begin; the rest was not sent. Repeat the call."
            )
            raise Unreachable(message)


HELD_LOCK: ContextVar[HeldLock | None] = ContextVar("held_lock", default=None)
"""The shared lock that this context's call holds; None where it holds none."""


class SharedLock:
    """A lock that one holder at a time has, of all in the processes that share a store.

    Args:
        store: What they share.
        key: The key of its lease there.
        purpose: What a call does that holds it, for the error of those that wait.
    """

    def __init__(self, store: Store, key: Key, purpose: str) -> None:
        self._store = store
        self._key = key
        self._purpose = purpose
        self._process_lock = anyio.Lock()
        self._pending_since: dict[str, float] = {}

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """Hold the lock, as soon as nobody else does.

        Raises:
            Unreachable: Others held it for too long.
        """
        lease, must_queue = Lease(self._store, self._key), self._process_lock.locked()
        deadline = _end_of_wait()
        async with AsyncExitStack() as stack:
            with _wait_until(deadline, self._purpose):
                await stack.enter_async_context(self._process_lock)
                if must_queue:  # Others look only at times: a process with a queue would never leave the lock to them.
                    await anyio.sleep(2 * POLL_SECONDS)
                while not await lease.acquire():  # noqa: ASYNC110 - no event crosses to another process
                    await anyio.sleep(POLL_SECONDS)
            await stack.enter_async_context(lease.hold())
            with _wait_until(deadline, self._purpose):
                while await self._is_change_arriving():  # noqa: ASYNC110 - no event crosses to another process
                    await anyio.sleep(POLL_SECONDS)
            token = HELD_LOCK.set(HeldLock(self._key, self._purpose, lease))
            try:
                yield
            finally:
                HELD_LOCK.reset(token)

    async def _is_change_arriving(self) -> bool:
        """Return whether a change may still come to Toggl that a former holder had on its way as it lost the lock."""
        now = anyio.current_time()
        self._pending_since = {
            key: self._pending_since.get(key, now) for key in await self._store.list_pending(self._key)
        }
        return any(now - since < MAX_ARRIVAL_SECONDS for since in self._pending_since.values())


def _end_of_wait() -> float:
    """Return until when a call can wait, so that enough of its time remains."""
    now = anyio.current_time()
    remaining = anyio.current_effective_deadline() - now
    return now + max(remaining / 2, remaining - MIN_HOLD_SECONDS)


@contextmanager
def _wait_until(deadline: float, purpose: str) -> Generator[None]:
    """Wait for a lock at most until then.

    Raises:
        Unreachable: Others have it until then.
    """
    try:
        with anyio.fail_after(deadline - anyio.current_time()):
            yield
    except TimeoutError as error:
        message = (
            f"Another call that {purpose} goes on, and this one waited for it; nothing was changed. "
            "Repeat it in a minute."
        )
        raise Unreachable(message) from error


@contextmanager
def _tolerate_busy_cache() -> Generator[None]:
    """Let a lease lapse that a busy cache neither renews nor releases."""
    try:
        yield
    except CacheBusy:
        _log.warning("The cache is busy; a lease lapses by itself in some seconds.", exc_info=True)
