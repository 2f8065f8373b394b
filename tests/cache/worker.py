"""A process that shares a cache: `python -m tests.cache.worker <action> <path or URL>`."""

import sqlite3
import sys
from itertools import count
from math import inf
from pathlib import Path

import anyio

from tests.cache.support import MINE, write_row
from toggl_mcp.cache.redis.address import is_redis_url, parse_redis_url
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Version
from toggl_mcp.models.quota import PendingChange


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def replace(path: Path) -> None:
    """Replace the whole collection for ever, each time by rows that carry the same number."""
    store = SqliteStore(path)
    for number in count(1):
        version = await store.get_version(MINE)
        await store.replace(MINE, dict.fromkeys(range(2000), f"{number}"), expected=version, fetched_at=number)
        say(str(number))


async def write(path: Path) -> None:
    """Do a hundred writes after a line of input."""
    store = SqliteStore(path)
    say("ready")
    sys.stdin.readline()
    for row in range(100):
        await write_row(store, MINE, row, "written")
    await store.aclose()


async def open_change(place: str) -> None:
    """Record a change that is never settled, in a file or on a server."""
    store = RedisStore(parse_redis_url(place)) if is_redis_url(place) else SqliteStore(Path(place))
    await store.replace(MINE, {1: "written"}, expected=Version(0), fetched_at=12)
    await store.reserve_slot(MINE.scope, (), 0, inf, PendingChange("change", [MINE]))
    say("open")
    await anyio.sleep_forever()


def hold(path: Path) -> None:
    """Hold the file until a line of input."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    say("ready")
    sys.stdin.readline()
    db.close()


def probe(path: Path) -> None:
    """Tell whether the file is locked."""
    db = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        say("locked")
    else:
        say("free")
    finally:
        db.close()


if __name__ == "__main__":
    action, file = sys.argv[1], Path(sys.argv[2])
    if action == "open_change":
        anyio.run(open_change, sys.argv[2])
    elif action in ("hold", "probe"):
        {"hold": hold, "probe": probe}[action](file)
    else:
        anyio.run({"replace": replace, "write": write}[action], file)
