"""The clock: the time, and waiting, so that a test can move both together."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""
        ...


class SystemClock:
    """The computer's clock."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""
        await anyio.sleep(seconds)
