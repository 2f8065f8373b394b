"""A connection on which a request does not arrive forever."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 10.0
"""Seconds in which the headers of a request have to arrive, or what is left of a refused one, from its first byte."""
LAST_REQUEST_SECONDS = 1.0
"""Seconds for which an idle connection stays open after the server's socket has closed: a request may be on its way."""


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
        if not self._is_idle:
            self._unset_timer()
        elif self._closing is None:
            self._set_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._unset_timer()

    def shutdown(self) -> None:
        """Close after the request in progress, or after one that comes soon."""
        if self._is_idle:
            self.loop.call_later(LAST_REQUEST_SECONDS, self._close)
        else:
            super().shutdown()

    @property
    def _is_idle(self) -> bool:
        # Before the first request there is no cycle, whatever uvicorn's types say.
        return self.cycle is None or self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _close(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _set_timer(self) -> None:
        self._closing = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _unset_timer(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
