"""What several tests of the cache share."""

import sqlite3
from pathlib import Path

from toggl_mcp.cache.store import Key

MINE = Key("mine", "clients", 7)
ROWS = {1: '{"name":"Acme"}', 2: '{"name":"Żubr 🦬"}', 3: '{"name":"a\\u0000b\x00c"}'}


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()
