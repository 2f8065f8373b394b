"""What several tests of the cache share."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from toggl_mcp.cache.store import Key, Row, RowWrite, Store, Version

MINE = Key("mine", "clients", 7)
ROWS = {1: '{"name":"Acme"}', 2: '{"name":"Żubr 🦬"}', 3: '{"name":"a\\u0000b\x00c"}'}


async def write_row(store: Store, key: Key, row_id: int, text: str | None, expected: Row | None = None) -> Version:
    """Write one row, and return the version then."""
    (version,) = await store.write(key.scope, rows=[RowWrite(key, row_id, text, expected)])
    return version


async def reserve_slot(store: Store, scope: str, max_wait_seconds: float) -> float:
    """Reserve a slot whatever remains, and return the seconds until it."""
    return (await store.reserve_slot(scope, (), 0, max_wait_seconds)).wait_seconds


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return db.execute(statement).fetchall()
    finally:
        db.close()


@contextmanager
def lock_file(path: Path, lock: Literal["IMMEDIATE", "EXCLUSIVE"] = "IMMEDIATE") -> Generator[sqlite3.Connection]:
    """Hold a file as another process does: let others read, or not even that; what was written is undone."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute(f"BEGIN {lock}")
        yield db
    finally:
        db.close()


@contextmanager
def limit_file_size(size: int) -> Generator[None]:
    """Let no file grow beyond this size, as a full disk does."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
