"""Any order of steps leaves any store in the state that a few lines of Python would be in."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from math import inf
from pathlib import Path
from typing import ClassVar, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.cache.redis.server import Server, make_address, open_store
from tests.cache.support import MINE
from tests.sandbox.clock import Clock
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Row, RowWrite, Snapshot, Store, Version
from toggl_mcp.models.quota import Bucket

T = TypeVar("T")

KEYS = st.sampled_from([MINE, MINE._replace(scope="theirs")])
IDS = st.sampled_from([1, 2, 3, 2**40, 2**53 - 1])
TEXTS = st.text(max_size=8)
TIMES = st.sampled_from([1.5, 12.0, 1_760_000_000.0, 2e9])
EMPTY = Snapshot(Version(0, None), {})


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.clock = Clock()
        self.model: dict[Key, Snapshot] = {}
        self.leases: dict[Key, float] = {}
        self.buckets: dict[str, dict[str, Bucket]] = {}
        self.store = self.open_store()

    def open_store(self) -> Store:
        return MemoryStore(clock=self.clock)

    def run(self, step: Coroutine[object, object, T]) -> T:
        return self.loop.run(step)

    def snapshot_in_model(self, key: Key) -> Snapshot:
        return self.model.get(key, EMPTY)

    @rule(
        key=KEYS,
        rows=st.dictionaries(IDS, TEXTS),
        behind=st.integers(-1, 1),
        is_same_snapshot=st.booleans(),
        fetched_at=TIMES,
    )
    def replace(
        self, key: Key, rows: Mapping[int, str], behind: int, *, is_same_snapshot: bool, fetched_at: float
    ) -> None:
        number, stored_at = self.snapshot_in_model(key).version
        expected = Version(number - behind, stored_at if is_same_snapshot else 11.0)
        stored = self.run(self.store.replace(key, rows, expected=expected, fetched_at=fetched_at))
        is_earlier = stored_at is not None and fetched_at < stored_at and not is_same_snapshot
        assert stored == (behind == 0 and not is_earlier)
        if stored:
            self.model[key] = Snapshot(Version(number, fetched_at), rows)

    def write_in_model(self, key: Key, row_id: int, text: str | None) -> Version:
        (number, fetched_at), rows = self.snapshot_in_model(key)
        other_rows = {other_id: row for other_id, row in rows.items() if other_id != row_id}
        new_row = {} if text is None or fetched_at is None else {row_id: text}
        version = Version(number + 1, fetched_at)
        self.model[key] = Snapshot(version, other_rows | new_row)
        return version

    @rule(key=KEYS, reserved=st.integers(0, 5))
    def reserve_slot(self, key: Key, reserved: int) -> None:
        bucket = self.buckets.get(key.scope, {}).get("me")
        admission = self.run(self.store.reserve_slot(key.scope, ["me"], reserved, inf))
        assert admission.bucket == (bucket if bucket is not None and bucket.is_current(self.clock.now) else None)

    @rule(
        key=KEYS,
        rows=st.lists(st.tuples(IDS, st.none() | TEXTS), max_size=2),
        kinds=st.lists(st.sampled_from(["clients", "projects"]), max_size=2),
        bucket=st.none() | st.builds(Bucket, st.sampled_from(["me", "organization"]), st.integers(0, 30), TIMES),
    )
    def write(self, key: Key, rows: list[tuple[int, str | None]], kinds: list[str], bucket: Bucket | None) -> None:
        writes = [RowWrite(key, row_id, text) for row_id, text in rows]
        doubtful = [key._replace(kind=kind) for kind in kinds]
        versions = self.run(self.store.write(key.scope, rows=writes, invalidate=doubtful, bucket=bucket))
        assert list(versions) == [self.write_in_model(key, row_id, text) for row_id, text in rows]
        for doubtful_key in doubtful:
            self.model[doubtful_key] = Snapshot(
                Version(self.snapshot_in_model(doubtful_key).version.number + 1, None), {}
            )
        if bucket is not None:
            self.buckets.setdefault(key.scope, {})[bucket.name] = bucket

    @rule(key=KEYS, seconds=st.integers(0, 60), is_mine=st.booleans())
    def acquire_lease(self, key: Key, seconds: int, is_mine: bool) -> None:  # noqa: FBT001 - the machine calls it
        leased_until = self.leases.get(key, 0.0)
        is_free = is_mine or leased_until <= self.clock.now
        until = self.clock.now + seconds
        held_until = leased_until if is_mine else None
        result = self.run(self.store.acquire_lease(key, seconds, held_until=held_until))
        assert result == (until if is_free else None)
        if is_free:
            self.leases[key] = until

    @rule(seconds=st.integers(0, 60))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def close(self) -> None:
        self.run(self.store.aclose())

    @precondition(lambda self: self.model)
    @rule(key=KEYS, row_id=IDS)
    def get_row(self, key: Key, row_id: int) -> None:
        version, rows = self.snapshot_in_model(key)
        assert self.run(self.store.get_row(key, row_id)) == Row(version, rows.get(row_id))

    @invariant()
    def is_as_expected(self) -> None:
        for key, snapshot in self.model.items():
            assert self.run(self.store.get_version(key)) == snapshot.version
            assert self.run(self.store.read(key)) == (None if snapshot.version.fetched_at is None else snapshot)
        for scope, buckets in self.buckets.items():
            assert list(self.run(self.store.list_buckets(scope))) == sorted(buckets.values())

    def teardown(self) -> None:
        self.run(self.store.aclose())
        self.loop.close()


class FileStoreMachine(StoreMachine):
    """The same for a file that two stores share, taking turns."""

    def open_store(self) -> Store:
        self.folder = tempfile.TemporaryDirectory()
        self.stores = [SqliteStore(Path(self.folder.name) / "cache.sqlite", clock=self.clock) for _ in range(2)]
        return self.stores[0]

    @rule()
    def take_turns(self) -> None:
        self.stores.reverse()
        self.store = self.stores[0]

    def teardown(self) -> None:
        for store in self.stores:
            self.run(store.aclose())
        self.loop.close()
        self.folder.cleanup()


class RedisStoreMachine(StoreMachine):
    """The same for a server that two stores share, taking turns."""

    server: ClassVar[Server]

    def open_store(self) -> Store:
        address = make_address(self.server)
        self.stores = [open_store(address, self.clock) for _ in range(2)]
        return self.stores[0]

    @rule()
    def take_turns(self) -> None:
        self.stores.reverse()
        self.store = self.stores[0]

    def teardown(self) -> None:
        for store in self.stores:
            self.run(store.aclose())
        self.loop.close()


class ValkeyStoreMachine(RedisStoreMachine):
    """The same for Valkey."""


@pytest.fixture
def redis_server(get_server: Callable[[str], Server]) -> None:
    RedisStoreMachine.server = get_server("redis-server")


@pytest.fixture
def valkey_server(get_server: Callable[[str], Server]) -> None:
    ValkeyStoreMachine.server = get_server("valkey-server")


StoreMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
FileStoreMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
RedisStoreMachine.TestCase.settings = FileStoreMachine.TestCase.settings
ValkeyStoreMachine.TestCase.settings = FileStoreMachine.TestCase.settings
TestMemory = StoreMachine.TestCase
TestFile = FileStoreMachine.TestCase
TestRedis = pytest.mark.usefixtures("redis_server")(RedisStoreMachine.TestCase)
TestValkey = pytest.mark.usefixtures("valkey_server")(ValkeyStoreMachine.TestCase)
