"""Stores on one server, as replicas have them."""

from collections.abc import Callable

from tests.cache.support import MINE, ROWS
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.store import Key, Store, Version

OpenStore = Callable[..., RedisStore]


async def store_rows(store: Store, key: Key = MINE, fetched_at: float = 12) -> Version:
    """Store a snapshot, as a reader does, and return its version."""
    expected = await store.get_version(key)
    assert await store.replace(key, ROWS, expected=expected, fetched_at=fetched_at)
    return expected._replace(fetched_at=fetched_at)
