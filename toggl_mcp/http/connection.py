"""A connection on which a request does not arrive forever."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
"""Seconds in which the headers of a request have to arrive, or what is left of a refused one, from its first byte."""


class BoundedConnection(H11Protocol):
    """uvicorn's connection, closed where headers do not arrive in time: it waits for them without end."""

    _closing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._set_timer()

    def data_received(self, data: bytes) -> None:
        """Read what arrived."""
        super().data_received(data)
        # Before the first request there is no cycle, whatever uvicorn's types say.
        is_idle = self.cycle is None or self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]
        if not is_idle:
            self._unset_timer()
        elif self._closing is None:
            self._set_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._unset_timer()

    def _set_timer(self) -> None:
        self._closing = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _unset_timer(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
