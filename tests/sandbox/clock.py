"""A clock that tests move."""

from anyio.lowlevel import checkpoint


class Clock:
    def __init__(self) -> None:
        self.now: float = 1_760_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let it be later by so much; several who sleep at once wake in turn, not one after the other."""
        until = self.now + seconds
        await checkpoint()
        self.now = max(self.now, until)
