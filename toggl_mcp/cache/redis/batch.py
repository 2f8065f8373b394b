"""Reads that wait at the same time are sent together: the way to a worker thread takes longer than the server."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.lowlevel import RunVar

from toggl_mcp.cache.redis.connection import BuildCommands, Reply, ServerUnavailable
from toggl_mcp.errors import CacheBusy

Send = Callable[[Sequence[BuildCommands]], Awaitable[Sequence[Sequence[Reply]]]]
"""Returns the replies to each of several reads.

Raises:
    ServerUnavailable, CacheBusy: There are none.
"""


@dataclass(slots=True, eq=False)
class _Read:
    build_commands: BuildCommands
    outcome: Sequence[Reply] | ServerUnavailable | CacheBusy | None = None


@dataclass(slots=True)
class _Queue:
    """The reads that were not sent yet, and what is set when those end that are under way, if any are."""

    reads: list[_Read] = field(default_factory=list[_Read])
    end: anyio.Event | None = None


class BatchReader:
    """Sends one batch at a time: what comes meanwhile is the next one. Each event loop has its own batches."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._queue = RunVar[_Queue]("reads")

    async def read(self, build_commands: BuildCommands) -> Sequence[Reply]:
        """Return the replies to commands.

        Raises:
            ServerUnavailable, CacheBusy: There are none.
        """
        queue, read = self._open_queue(), _Read(build_commands)
        queue.reads.append(read)
        try:
            while (outcome := read.outcome) is None:
                if queue.end is None:
                    await self._send_all(queue)
                else:
                    await queue.end.wait()
        finally:
            if read in queue.reads:  # Nobody waits for it any more.
                queue.reads.remove(read)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _open_queue(self) -> _Queue:
        queue = self._queue.get(None)
        if queue is None:
            self._queue.set(queue := _Queue())
        return queue

    async def _send_all(self, queue: _Queue) -> None:
        """Send what waits, and give each read its outcome."""
        batch, queue.reads, queue.end = queue.reads, [], anyio.Event()
        try:
            replies = await self._send([read.build_commands for read in batch])
            for read, outcome in zip(batch, replies, strict=True):
                read.outcome = outcome
        except (ServerUnavailable, CacheBusy) as error:
            if isinstance(error, ServerUnavailable):  # It would cost those that came meanwhile another timeout.
                batch, queue.reads = [*batch, *queue.reads], []
            for read in batch:
                read.outcome = error
        except BaseException:  # The others wait still.
            queue.reads = [*batch, *queue.reads]
            raise
        finally:
            queue.end.set()
            queue.end = None
