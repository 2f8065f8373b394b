"""An event loop that does not wait: while nobody has anything to do, its time jumps to when somebody has."""

import asyncio
import selectors
from collections.abc import Mapping


class _Impatient(selectors.DefaultSelector):
    """Looks at once, and remembers for how long it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select()
        events = super().select(0)
        self.skipped += 0 if events else max(0.0, timeout)
        return events


class JumpingLoop(asyncio.SelectorEventLoop):
    """For tests that use no threads: these take real time."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.skipped


JUMPING: tuple[str, Mapping[str, object]] = ("asyncio", {"loop_factory": JumpingLoop})
"""An `anyio_backend` with such a loop."""
