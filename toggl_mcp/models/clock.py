"""The time and pauses, from one object, so that a test can move both together."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """The time, and pauses."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        ...


class SystemClock:
    """The computer's clock."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await anyio.sleep(seconds)
