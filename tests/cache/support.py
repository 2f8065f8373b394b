"""What several tests of the cache share."""

from dataclasses import dataclass

from toggl_mcp.cache.store import Key

MINE = Key("mine", "clients", 7)
ROWS = {1: '{"name":"Acme"}', 2: '{"name":"Żubr 🦬"}', 3: '{"name":"a\\u0000b\x00c"}'}


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now
