"""An event loop of its own, in a thread of its own, for callers that have none."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TypeVar

import anyio
from anyio.from_thread import BlockingPortal

from toggl_mcp.errors import InvalidArguments

T = TypeVar("T")


class Portal:
    """Runs coroutines for any number of threads, also for one that is inside a running event loop."""

    def __init__(self) -> None:
        ready: Future[BlockingPortal] = Future()
        self._thread = Thread(target=anyio.run, args=(_serve, ready), name="toggl-mcp-portal", daemon=True)
        self._thread.start()
        self._portal = ready.result()
        self._closing = Lock()
        self._closed = False

    def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the coroutine returns, or raise what it raises.

        Raises:
            InvalidArguments: It is closed.
        """
        if self._closed:
            message = "This endpoint is closed; make a new one."
            raise InvalidArguments(message)
        return self._portal.call(call)

    def close_after(self, last: Callable[[], Awaitable[None]]) -> None:
        """Let what is running finish, run one last thing, and end the thread; once closed, do nothing."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._portal.call(last)
                self._portal.call(self._portal.stop)
                self._thread.join()


async def _serve(ready: Future[BlockingPortal]) -> None:
    async with BlockingPortal() as portal:
        ready.set_result(portal)
        await portal.sleep_until_stopped()
