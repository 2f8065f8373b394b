"""The journal of changes, in every store."""

from math import inf

import pytest

from tests.cache.support import MINE
from tests.sandbox.clock import Clock
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store
from toggl_mcp.models.journal import ChangeRecord, RowChange
from toggl_mcp.models.quota import PendingChange

pytestmark = pytest.mark.anyio


def make_record(record_id: str, clock: Clock, change_id: str = "") -> ChangeRecord:
    return ChangeRecord(
        record_id=record_id,
        change_id=change_id or record_id,
        made_at=clock.now,
        verb="edit",
        kind="client",
        workspace_id=7,
        rows=(RowChange(1, '{"name":"Café"}', None),),
    )


async def open_record(store: Store, record: ChangeRecord, scope: str = "mine") -> None:
    await store.reserve_slot(scope, (), 0, inf, PendingChange(record.record_id, [MINE], record=record))


async def test_reserve_slot_records_a_change_until_it_is_settled(store: Store, clock: Clock) -> None:
    record = make_record("first", clock)
    await open_record(store, record)
    assert await store.list_records("mine") == [record]
    confirmed = record.confirm([RowChange(1, "{}", "{}")], ())
    await store.write("mine", settled_id="first", records=[confirmed])

    assert await store.list_records("mine") == [confirmed]
    assert await store.list_records("theirs") == []


async def test_write_settled_without_a_record_removes_it(store: Store, clock: Clock) -> None:
    await open_record(store, make_record("refused", clock))
    await store.write("mine", settled_id="refused")

    assert await store.list_records("mine") == []


async def test_reserve_slot_further_away_than_allowed_records_nothing(store: Store, clock: Clock) -> None:
    record = make_record("late", clock)
    await store.throttle("mine", 50)
    await store.reserve_slot("mine", (), 0, 1, PendingChange("late", [MINE], record=record))

    assert await store.list_records("mine") == []


async def test_journal_keeps_seven_days_and_the_last_changes_of_an_account(store: Store, clock: Clock) -> None:
    await open_record(store, make_record("theirs", clock), "theirs")
    await open_record(store, make_record("old", clock))
    clock.now += 7 * 86_400 + 100
    for number in range(502):
        clock.now += 2
        for part in "ab":
            await open_record(store, make_record(f"{number}{part}", clock, str(number)))
    records = await store.list_records("mine")

    assert [record.change_id for record in records[::2]] == [str(number) for number in range(2, 502)]
    assert len(records) == 2 * 500
    assert [record.record_id for record in await store.list_records("theirs")] == ["theirs"]


async def test_journal_of_a_change_whose_process_ended_is_read_by_another(sqlite: SqliteStore, clock: Clock) -> None:
    record = make_record("cut off", clock)
    await open_record(sqlite, record)
    await sqlite.aclose()

    assert await sqlite.list_records("mine") == [record]
