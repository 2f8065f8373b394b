"""What stands under our keys: foreign values count as absent, and every key expires."""

from math import inf

import pytest

from tests.cache.redis.replicas import OpenStore, store_rows
from tests.cache.redis.server import Server
from tests.cache.support import MINE, ROWS, write_row
from tests.cache.test_journal import make_record
from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import Row, RowWrite, Snapshot, Store
from toggl_mcp.models.quota import Bucket, PendingChange

pytestmark = pytest.mark.anyio


async def change_and_settle(store: Store, clock: Clock) -> None:
    """Do all that a change does on a server."""
    record = make_record("it", clock)
    await store.reserve_slot("mine", ("me",), 0, inf, PendingChange("it", [MINE], record=record))
    bucket = Bucket("me", 4, 3600)
    await store.write("mine", rows=[RowWrite(MINE, 1, "x")], bucket=bucket, settled_id="it", records=[record])


@pytest.mark.parametrize("kind", ["collection", "pending", "buckets", "queue", "entries", "records", "generation"])
@pytest.mark.parametrize("value", ["text", "list", "fields"])
@pytest.mark.parametrize("is_read_first", [True, False])
async def test_foreign_value_counts_as_absent(
    server: Server, open_replica: OpenStore, clock: Clock, *, kind: str, value: str, is_read_first: bool
) -> None:
    store = open_replica()
    await store_rows(store)
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE], record=make_record("id", clock)))
    await store.write("mine", bucket=Bucket("me", 5, clock.now + 60))
    (name,) = server.execute("KEYS", f"*:{kind}*")
    is_text = server.execute("TYPE", name) == [b"string"]
    server.execute("DEL", name)
    if value == "list":
        server.execute("RPUSH", name, "foreign")
    elif value == "text" or is_text:
        server.execute("SET", name, "foreign")
    else:
        server.execute("HSET", name, b"\xff\xff", "foreign", "state", "{}", "1", b"\xff", "id", "{}", "me", "[]")

    if is_read_first:
        assert await store.list_records("mine") == (
            [] if kind in {"entries", "records"} else [make_record("id", clock)]
        )
        assert len(await store.list_buckets("mine")) == (kind != "buckets")
        assert await store.read(MINE) is None or kind not in {"collection", "generation"}
    await change_and_settle(store, clock)
    version = await store_rows(store, fetched_at=13)
    assert await store.read(MINE) == Snapshot(version, ROWS)
    assert await store.get_row(MINE, 1) == Row(version, ROWS[1])
    assert make_record("it", clock) in await store.list_records("mine")
    assert list(await store.list_buckets("mine")) == [Bucket("me", 4, 3600)]
    assert store.problem is None


async def test_write_settles_a_change_in_whose_place_is_a_foreign_value(
    server: Server, open_replica: OpenStore
) -> None:
    store = open_replica()
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE]))
    (name,) = server.execute("KEYS", "*:pending:*")
    server.execute("SET", name, "foreign")
    await store.write("mine", settled_id="id")

    assert store.problem is None


@pytest.mark.parametrize(("field", "value"), [("1", b"\xff"), ("x", b"foreign"), ("state", b"{}")])
async def test_foreign_field_of_a_collection_leaves_no_row_and_no_snapshot(
    server: Server, open_replica: OpenStore, field: str, value: bytes
) -> None:
    store, other_store = open_replica(), open_replica()
    await store_rows(store)
    expected = await store.get_row(MINE, 1)
    (name,) = server.execute("KEYS", "*:collection:*")
    server.execute("HSET", name, field, value)

    assert await store.read(MINE) is None
    for _ in range(2):
        row = await other_store.get_row(MINE, 1)
        assert row.text in (None, ROWS[1] if field == "x" else None)
        assert row.version.fetched_at is None or field == "x"
    assert (await write_row(store, MINE, 1, "changed", expected)).fetched_at is None or field == "x"


async def test_every_key_expires(server: Server, open_replica: OpenStore, clock: Clock) -> None:
    store = open_replica()
    await store_rows(store)
    await store.reserve_slot("mine", (), 0, inf, PendingChange("id", [MINE], record=make_record("id", clock)))
    await store.write("mine", bucket=Bucket("me", 5, 3600))
    names = server.execute("KEYS", "*")

    assert len(names) == 7
    assert min(int(server.execute("TTL", name)[0]) for name in names) > 3000
