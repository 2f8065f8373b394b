"""A server that load balancers can leave before its socket closes."""

import asyncio
import math
import signal
import socket
import sys
import time
from collections.abc import Iterator
from types import FrameType

import uvicorn

from toggl_mcp.http.connection import BoundedConnection

DRAIN_SECONDS = 5.0
"""Seconds after SIGTERM for which requests are accepted, while `/ready` has load balancers send theirs elsewhere.

Each response asks its client to close the connection.
"""


class DrainableServer(uvicorn.Server):
    """uvicorn's server, which loses no request at its end: SIGTERM drains it, SIGINT does not.

    A further signal ends the wait in progress: first for load balancers, then for what is in progress.
    """

    _drained_at = -math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, or end a wait."""
        if self._is_draining:
            self._drained_at = -math.inf
        elif sig == signal.SIGTERM and not self.should_exit:
            # uvicorn would note the signal, and end the process by it: to be asked to stop is no failure.
            self.should_exit = True
            self._drained_at = time.monotonic() + DRAIN_SECONDS
            for headers in (self.config.encoded_headers, self.server_state.default_headers):
                headers.append((b"connection", b"close"))
        else:
            self.force_exit = self.should_exit
            super().handle_exit(sig, frame)
            if self.force_exit:  # From Python 3.12 on, asyncio waits until they are closed.
                for connection in list(self.server_state.connections):
                    connection.transport.abort()

    async def on_tick(self, counter: int) -> bool:
        """Return whether the socket is to close."""
        return await super().on_tick(counter) and not self._is_draining

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the socket, and answer what arrived before."""
        if sys.platform != "win32":  # asyncio has no readers there.
            await self._accept_queue(sockets or [])
        await super().shutdown(sockets)

    @property
    def _is_draining(self) -> bool:
        return time.monotonic() < self._drained_at

    async def _accept_queue(self, listeners: list[socket.socket]) -> None:
        """Accept what waits at the sockets before they close, as the system would reset it."""
        loop = asyncio.get_running_loop()
        for listener in listeners:
            loop.remove_reader(listener)
        await asyncio.sleep(0)  # Of a closed server, asyncio drops what it has just accepted.
        connections = [connection for listener in listeners for connection in _accept_all(listener)]
        for server in self.servers:
            server.close()
        for connection in connections:
            await loop.connect_accepted_socket(self._make_connection, connection)

    def _make_connection(self) -> BoundedConnection:
        return BoundedConnection(self.config, self.server_state, self.lifespan.state)


def _accept_all(listener: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            yield listener.accept()[0]
        except OSError:  # Nothing waits, or no more files can be opened.
            return
