"""What every store promises."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cache.support import MINE, ROWS, write_row
from tests.sandbox.clock import Clock
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import (
    DEFAULT_TTL_SECONDS,
    MAX_CLOCK_DIFFERENCE_SECONDS,
    ExpireAfter,
    Key,
    Row,
    Snapshot,
    Store,
    Version,
)
from toggl_mcp.models.quota import Bucket

pytestmark = pytest.mark.anyio

OTHER_KEYS = [MINE._replace(scope="theirs"), MINE._replace(kind="projects"), MINE._replace(parent=8)]


async def test_read_unknown_key_has_no_version_and_no_snapshot(store: Store) -> None:
    assert await store.get_version(MINE) == Version(0, None)
    assert await store.get_row(MINE, 1) == Row(Version(0, None), None)
    assert await store.read(MINE) is None


async def test_replace_snapshot_is_read_back_unchanged(store: Store) -> None:
    assert await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12.5)
    assert await store.read(MINE) == Snapshot(Version(0, 12.5), ROWS)
    assert await store.get_version(MINE) == Version(0, 12.5)
    for row_id, text in ROWS.items():
        assert await store.get_row(MINE, row_id) == Row(Version(0, 12.5), text)
        assert store.try_get_row(MINE, row_id) in (None, Row(Version(0, 12.5), text))
    assert await store.get_row(MINE, 4) == Row(Version(0, 12.5), None)


async def test_replace_empty_collection_is_a_snapshot(store: Store) -> None:
    assert await store.replace(MINE, {}, expected=Version(0), fetched_at=12)
    assert await store.read(MINE) == Snapshot(Version(0, 12), {})


async def test_replace_overwrites_the_former_snapshot(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    later = {1: ROWS[1], 2: "changed", 9: "new"}
    assert await store.replace(MINE, later, expected=Version(0), fetched_at=13)
    assert await store.read(MINE) == Snapshot(Version(0, 13), later)


async def test_replace_fetched_before_a_write_is_not_stored(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await write_row(store, MINE, 1, "written")
    assert not await store.replace(MINE, ROWS, expected=Version(0), fetched_at=13)
    assert await store.read(MINE) == Snapshot(Version(1, 12), {**ROWS, 1: "written"})
    assert await store.replace(MINE, ROWS, expected=Version(1), fetched_at=14)
    assert await store.read(MINE) == Snapshot(Version(1, 14), ROWS)


async def test_replace_requested_before_the_stored_snapshot_is_not_stored(store: Store, clock: Clock) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=clock.now)
    assert not await store.replace(MINE, {}, expected=Version(0), fetched_at=clock.now - 0.1)
    assert await store.read(MINE) == Snapshot(Version(0, clock.now), ROWS)


async def test_replace_of_the_expected_snapshot_is_stored_whatever_its_time(store: Store, clock: Clock) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=clock.now + 1)
    assert await store.replace(MINE, {}, expected=await store.get_version(MINE), fetched_at=clock.now)
    assert await store.read(MINE) == Snapshot(Version(0, clock.now), {})


async def test_replace_after_an_invalidation_is_stored_whatever_its_time(store: Store, clock: Clock) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=clock.now)
    await store.write(MINE.scope, invalidate=[MINE])
    assert await store.replace(MINE, {}, expected=Version(1), fetched_at=clock.now - 10)


async def test_replace_expecting_a_later_version_is_not_stored(store: Store) -> None:
    assert not await store.replace(MINE, ROWS, expected=Version(1), fetched_at=12)
    assert await store.read(MINE) is None


async def test_write_inserts_updates_and_deletes_a_row(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await write_row(store, MINE, 4, "new")
    await write_row(store, MINE, 1, "changed")
    await write_row(store, MINE, 2, None)
    await write_row(store, MINE, 99, None)
    assert await store.read(MINE) == Snapshot(Version(4, 12), {1: "changed", 3: ROWS[3], 4: "new"})
    assert await store.get_row(MINE, 4) == Row(Version(4, 12), "new")
    assert await store.get_row(MINE, 2) == Row(Version(4, 12), None)


async def test_write_without_snapshot_increments_the_version_only(store: Store) -> None:
    await write_row(store, MINE, 1, "written")
    assert await store.get_row(MINE, 1) == Row(Version(1, None), None)
    assert await store.read(MINE) is None
    assert not await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    assert await store.replace(MINE, {}, expected=Version(1), fetched_at=12)
    assert await store.read(MINE) == Snapshot(Version(1, 12), {})


async def test_invalidate_drops_the_snapshot_and_increments_the_version(store: Store) -> None:
    await write_row(store, MINE, 1, None)
    await store.replace(MINE, ROWS, expected=Version(1), fetched_at=12)
    await store.write(MINE.scope, invalidate=[MINE])
    assert await store.get_version(MINE) == Version(2, None)
    assert await store.get_row(MINE, 1) == Row(Version(2, None), None)
    assert await store.read(MINE) is None
    assert not await store.replace(MINE, ROWS, expected=Version(1), fetched_at=13)


async def test_invalidate_unknown_key_increments_the_version(store: Store) -> None:
    await store.write(MINE.scope, invalidate=[MINE])
    await store.write(MINE.scope, invalidate=[MINE])
    assert await store.get_version(MINE) == Version(2, None)


async def test_acquire_lease_is_exclusive_until_released(store: Store, clock: Clock) -> None:
    until = await store.acquire_lease(MINE, 15)
    assert until == clock.now + 15
    assert await store.acquire_lease(MINE, 15) is None
    await store.release_lease(MINE, clock.now + 15)
    assert await store.acquire_lease(MINE, 15) == until


async def test_acquire_lease_renewed_lasts_from_now_on(store: Store, clock: Clock) -> None:
    until = await store.acquire_lease(MINE, 15)
    clock.now += 10
    renewed_until = await store.acquire_lease(MINE, 15, held_until=until)
    assert renewed_until == clock.now + 15
    clock.now += 14.9
    assert await store.acquire_lease(MINE, 15) is None
    assert await store.acquire_lease(MINE, 15, held_until=until) is None
    clock.now += 0.1
    assert await store.acquire_lease(MINE, 15) is not None


async def test_release_lease_after_expiry_leaves_the_new_lease(store: Store, clock: Clock) -> None:
    lapsed = await store.acquire_lease(MINE, 15)
    assert lapsed is not None
    clock.now = lapsed
    until = await store.acquire_lease(MINE, 15)
    assert until is not None
    await store.release_lease(MINE, lapsed)
    assert await store.acquire_lease(MINE, 15) is None
    await store.release_lease(MINE, until)
    assert await store.acquire_lease(MINE, 15) is not None


async def test_acquire_lease_renewed_after_another_has_had_it_fails(store: Store, clock: Clock) -> None:
    lapsed = await store.acquire_lease(MINE, 15)
    assert lapsed is not None
    clock.now = lapsed + 1
    until = await store.acquire_lease(MINE, 15)
    assert until is not None
    await store.release_lease(MINE, until)
    assert await store.acquire_lease(MINE, 15, held_until=lapsed) is None


async def test_release_lease_frees_it_for_a_clock_that_is_behind(store: Store, clock: Clock) -> None:
    until = await store.acquire_lease(MINE, 15)
    assert until is not None
    await store.release_lease(MINE, until)
    clock.now -= MAX_CLOCK_DIFFERENCE_SECONDS / 2
    assert await store.acquire_lease(MINE, 15) is not None


async def test_acquire_lease_succeeds_after_expiry(store: Store, clock: Clock) -> None:
    assert await store.acquire_lease(MINE, 15)
    clock.now += 14.9
    assert not await store.acquire_lease(MINE, 60)
    clock.now += 0.1
    assert await store.acquire_lease(MINE, 60)
    clock.now += 59.9
    assert not await store.acquire_lease(MINE, 15)


async def test_acquire_lease_tolerates_clock_skew(store: Store, clock: Clock) -> None:
    assert await store.acquire_lease(MINE, 15)
    clock.now -= MAX_CLOCK_DIFFERENCE_SECONDS
    assert not await store.acquire_lease(MINE, 15)


async def test_acquire_lease_clock_set_back_does_not_prolong_the_lease(store: Store, clock: Clock) -> None:
    assert await store.acquire_lease(MINE, 15)
    clock.now -= 3600
    assert await store.acquire_lease(MINE, 15)


async def test_release_lease_without_a_lease_leaves_it_free(store: Store) -> None:
    await store.release_lease(MINE, 15)
    assert await store.get_version(MINE) == Version(0, None)
    assert await store.acquire_lease(MINE, 15)


async def test_acquire_lease_does_not_increment_the_version(store: Store) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    until = await store.acquire_lease(MINE, 15)
    assert until is not None
    await store.release_lease(MINE, until)
    assert await store.read(MINE) == Snapshot(Version(0, 12), ROWS)


async def test_write_does_not_release_the_lease(store: Store) -> None:
    await store.acquire_lease(MINE, 15)
    await write_row(store, MINE, 1, "written")
    await store.write(MINE.scope, invalidate=[MINE])
    await store.replace(MINE, ROWS, expected=Version(2), fetched_at=12)
    assert not await store.acquire_lease(MINE, 15)


async def test_record_bucket_overwrites_the_bucket_of_its_name(store: Store) -> None:
    assert list(await store.list_buckets("mine")) == []
    await store.write("mine", bucket=Bucket("organization", 29, 100.5))
    await store.write("mine", bucket=Bucket("me", 28, 200))
    await store.write("mine", bucket=Bucket("organization", 27, 100.5))
    await store.write("theirs", bucket=Bucket("me", 1, 300))
    assert list(await store.list_buckets("mine")) == [Bucket("me", 28, 200), Bucket("organization", 27, 100.5)]
    assert list(await store.list_buckets("theirs")) == [Bucket("me", 1, 300)]


@pytest.mark.parametrize("second_key", OTHER_KEYS)
async def test_store_operations_leave_other_keys_unchanged(store: Store, second_key: Key) -> None:
    await store.replace(MINE, ROWS, expected=Version(0), fetched_at=12)
    await write_row(store, MINE, 1, "written")
    await store.acquire_lease(MINE, 15)
    assert await store.get_version(second_key) == Version(0, None)
    assert await store.read(second_key) is None
    assert await store.get_row(second_key, 1) == Row(Version(0, None), None)
    assert await store.acquire_lease(second_key, 15)
    await store.write(second_key.scope, invalidate=[second_key])
    assert await store.read(MINE) == Snapshot(Version(1, 12), {**ROWS, 1: "written"})


async def test_replace_any_text_is_read_back_exactly(store: Store) -> None:
    texts = dict(
        enumerate(["", "\x00", "\ud83d", "é", "e\u0301", "\u202eabc", "x" * 100_000, "'); DROP TABLE entity;--"])
    )
    await store.replace(MINE, texts, expected=Version(0), fetched_at=12)
    snapshot = await store.read(MINE)
    assert snapshot is not None
    assert snapshot.rows == texts
    assert [(await store.get_row(MINE, row_id)).text for row_id in texts] == list(texts.values())


async def test_read_snapshot_does_not_change_after_a_write(store: Store) -> None:
    rows = dict(ROWS)
    await store.replace(MINE, rows, expected=Version(0), fetched_at=12)
    rows.clear()
    before = await store.read(MINE)
    await write_row(store, MINE, 1, "written")
    assert before == Snapshot(Version(0, 12), ROWS)


async def test_aclose_store_reopens_on_use(store: Store) -> None:
    await store.aclose()
    await write_row(store, MINE, 1, None)
    await store.aclose()
    await store.aclose()
    assert await store.acquire_lease(MINE, 15)


@pytest.mark.parametrize(
    ("expire_after", "expected"),
    [(timedelta(minutes=15), 900.0), (60, 60.0), (0, 0.0), (None, None), (DEFAULT_TTL_SECONDS, DEFAULT_TTL_SECONDS)],
)
async def test_expire_after_is_in_seconds(path: Path, expire_after: ExpireAfter, expected: float | None) -> None:
    for store in (MemoryStore(expire_after=expire_after), SqliteStore(path, expire_after=expire_after)):
        assert store.expire_after == expected


async def test_expire_after_negative_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        MemoryStore(expire_after=-1)
    with pytest.raises(ValueError, match="0 or more"):
        SqliteStore(path, expire_after=timedelta(seconds=-1))


SCOPES = st.sampled_from(["one", "two", "three", "four", "five"])
STEPS = st.lists(st.tuples(SCOPES, st.sampled_from([7, 8]), st.integers(1, 5), st.booleans()), max_size=40)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_read_of_another_scope_finds_nothing(store: Store, steps: list[tuple[str, int, int, bool]]) -> None:
    for scope, parent, row_id, whole in steps:
        key = Key(scope, "clients", parent)
        if whole:
            version = await store.get_version(key)
            await store.replace(key, {row_id: f"{scope} {parent}"}, expected=version, fetched_at=12)
        else:
            await write_row(store, key, row_id, f"{scope} {parent}")
        for read_key in (
            Key(scope, "clients", parent) for scope in ("one", "two", "three", "four", "five") for parent in (7, 8)
        ):
            snapshot = await store.read(read_key)
            texts = set[str]() if snapshot is None else set(snapshot.rows.values())
            assert texts <= {f"{read_key.scope} {read_key.parent}"}
