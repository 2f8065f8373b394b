"""What several tests of the cache share."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from anyio.lowlevel import checkpoint

from toggl_mcp.cache.store import Key

MINE = Key("mine", "clients", 7)
ROWS = {1: '{"name":"Acme"}', 2: '{"name":"Żubr 🦬"}', 3: '{"name":"a\\u0000b\x00c"}'}


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await checkpoint()


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()
