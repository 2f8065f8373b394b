"""Totals by report after something has changed, and of what began long before."""

from collections import Counter
from typing import Any

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host, serve
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Version
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302
TUESDAY = {"start": "2025-10-14", "end": "2025-10-14"}
OLD = {"start": "2025-05-06", "end": "2025-05-06"}


class RecordingStore(MemoryStore):
    """A store that records which collections are read."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.reads: list[Key] = []

    async def get_version(self, key: Key, *, waited_seconds: float = 0.0, is_refresh: bool = False) -> Version:
        self.reads.append(key)
        return await super().get_version(key, waited_seconds=waited_seconds, is_refresh=is_refresh)


async def test_summarize_time_warm_reads_each_collection_once(sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP)
    store = RecordingStore(clock)
    async with Client(serve(sandbox, clock, store=store)) as client:
        await Host(client).call("summarize_time", **TUESDAY, group_by=["client", "project"])
        store.reads.clear()
        await Host(client).call("summarize_time", **TUESDAY, group_by=["client", "project"])

    assert sorted(key.kind for key in store.reads) == ["account", "client", "names", "project", "time_entry"]


async def fetch_total(host: Host, **arguments: object) -> tuple[float, int, dict[str, float] | None]:
    total = (await host.call("summarize_time", **arguments))["total"]
    return total["hours"], total["entries"], total.get("amounts")


async def test_summarize_time_amounts_follow_edits_and_deletions(host: Host, sandbox: Sandbox) -> None:
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    first = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", **shop)
    second = add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", **shop)
    assert await fetch_total(host, **TUESDAY, amounts=True) == (2.0, 2, {"NZD": 190.0})

    await host.call("delete_time_entries", ids=[first["id"]])
    await host.call("edit_time_entries", ids=[second["id"]], stop="2025-10-14T12:00")
    new = {"start": "2025-10-14T13:00", "duration": 3600, "project": "Web shop", "billable": True}
    await host.create_entry(**new)

    assert await fetch_total(host, **TUESDAY, amounts=True) == (3.0, 2, {"NZD": 285.0})
    assert await fetch_total(host, **TUESDAY) == (3.0, 2, None)


async def test_summarize_time_amounts_name_a_running_timer_as_what_has_none(host: Host) -> None:
    await host.call("start_timer", project="Web shop", start="5pm", billable=True)

    result = await host.call("summarize_time", **TUESDAY, amounts=True)

    assert result["incomplete_reason"] == "The running timer has no amount before it is stopped."
    stopped = await host.call("stop_timer")
    assert stopped["entry"]["seconds"] == 3600
    assert await fetch_total(host, **TUESDAY, amounts=True) == (1.0, 1, {"NZD": 95.0})


async def test_summarize_time_amounts_exclude_entries_deleted_in_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, billable=True)
    await fetch_total(host, **TUESDAY, amounts=True)
    sandbox.state.remove_entry(row["id"])
    clock.now += 121

    assert await fetch_total(host, **TUESDAY, amounts=True) == (0.0, 0, None)


async def test_summarize_time_team_total_includes_a_created_entry_at_once(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", user_id=7_301_002)
    assert await fetch_total(host, **TUESDAY, user="all") == (1.0, 1, None)
    await host.create_entry(start="2025-10-14T11:00", duration=3600)

    assert await fetch_total(host, **TUESDAY, user="all") == (2.0, 2, None)


async def test_create_time_entries_of_long_ago_counts_at_once_and_blocks_a_duplicate(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    assert await fetch_total(host, **OLD) == (0.0, 0, None)
    entry = {"start": "2025-05-06T09:00", "duration": 3600, "description": "Long ago"}
    await host.create_entry(**entry)
    for _ in range(2):
        assert await fetch_total(host, **OLD) == (1.0, 1, None)
        assert (await host.create_entry(**entry))["status"] == "already_there"
        assert (await host.fail_to_create_entry(**entry, tags=["design"]))["code"] == "overlap"
        clock.now += 125
    assert len(sandbox.state.entries) == 1


async def test_summarize_time_counts_an_entry_that_the_web_app_moved_to_long_ago(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00")
    assert await fetch_total(host, **OLD) == (0.0, 0, None)
    sandbox.state.edit_entry(row["id"], start=at("2025-05-06T09:00"), stop=at("2025-05-06T10:00"))
    clock.now += 121

    assert await fetch_total(host, **OLD) == (1.0, 1, None)


async def test_summarize_time_counts_an_entry_that_grew_older_than_the_cache_since_the_report(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    day = {"start": "2025-07-17", "end": "2025-07-17"}
    assert await fetch_total(host, **day) == (0.0, 0, None)
    start = clock.now - 89 * 86_400 + 300
    sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 3600)
    for seconds in (121, 300):
        clock.now += seconds

        assert await fetch_total(host, **day) == (1.0, 1, None)


async def test_summarize_time_of_a_year_after_a_start_and_a_stop_sends_no_report(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    assert await fetch_total(host, period="this_year") == (1.0, 1, None)
    await host.call("start_timer", description="New")
    clock.now += 60
    await host.call("stop_timer")
    sandbox.calls.clear()

    assert await fetch_total(host, period="this_year") == (1.02, 2, None)
    assert [call.path for call in sandbox.calls if "/reports/" in call.path] == []


async def test_summarize_time_of_long_ago_follows_a_deletion_of_an_entry_of_then(host: Host) -> None:
    entry = {"start": "2025-05-06T09:00", "duration": 3600, "description": "Long ago"}
    created = await host.create_entry(**entry)
    assert await fetch_total(host, **OLD) == (1.0, 1, None)
    await host.call("delete_time_entries", ids=[created["id"]])

    assert await fetch_total(host, **OLD) == (0.0, 0, None)


async def test_create_time_entries_of_long_ago_lost_response_is_reconciled(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" and "reports" not in call.path else None
    result = await host.create_entry(start="2025-05-06T09:00", duration=3600, description="Long ago")

    assert [*sandbox.state.entries] == [result["id"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"start": "2025-10-12", "end": "2025-10-12"}, 24.0),
        ({"start": "2025-10-12", "end": "2025-10-12", "user": "all"}, 24.0),
        ({"start": "2025-10-13", "end": "2025-10-13", "user": "all"}, 9.0),
        ({"start": "2025-10-13", "end": "2025-10-13", "amounts": True}, 9.0),
    ],
    ids=str,
)
async def test_summarize_time_splits_an_entry_over_several_days_by_day(
    host: Host, sandbox: Sandbox, arguments: dict[str, object], expected: float
) -> None:
    add_entry(sandbox, "2025-10-10T17:00", "2025-10-13T09:00", "Forgotten", project_id=WEB_SHOP, billable=True)
    hours, _, amounts = await fetch_total(host, **arguments)

    assert hours == expected
    assert "amounts" not in arguments or amounts == {"NZD": 95.0 * expected}


async def test_summarize_time_splits_an_entry_of_long_ago_by_day(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-05-02T17:00", "2025-05-05T09:00", "Forgotten")

    assert (await fetch_total(host, start="2025-05-04", end="2025-05-04"))[0] == 24.0
    assert (await fetch_total(host, start="2025-05-05", end="2025-05-11"))[0] == 9.0


@pytest.mark.parametrize("year", [2023, 2024])
async def test_summarize_time_of_a_year_counts_what_lasts_into_it_in_two_reports_a_workspace(
    host: Host, sandbox: Sandbox, year: int
) -> None:
    add_entry(sandbox, f"{year - 1}-12-31T23:00", f"{year}-01-01T01:00", "New year's eve")
    add_entry(sandbox, f"{year - 1}-12-10T00:00", f"{year}-01-02T00:00", "Forgotten")
    add_entry(sandbox, f"{year - 1}-12-20T09:00", f"{year - 1}-12-20T10:00", "Before")

    assert await fetch_total(host, start=f"{year}-01-01", end=f"{year}-12-31") == (1.0 + 24.0, 2, None)
    reports = Counter(call.path for call in sandbox.calls if "/reports/" in call.path)
    assert set(reports.values()) == {2}


async def test_summarize_time_misspelt_tag_is_not_found_and_unused_tag_is_zero(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["design"])
    error = await host.fail("summarize_time", **TUESDAY, tag="desing")

    assert (error["code"], "“design”" in error["message"]) == ("not_found", True)
    assert await fetch_total(host, **TUESDAY, tag="on site") == (0.0, 0, None)


async def test_summarize_time_cached_name_sends_no_lookup(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP)
    for _ in range(3):
        assert await fetch_total(host, **TUESDAY, project="Web shop") == (1.0, 1, None)

    assert [call.path for call in sandbox.calls] == ["/me", "/me/time_entries"]


async def test_summarize_time_reports_follow_edit_tag_and_delete_project(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-03-24T09:00", "2025-03-24T10:00", project_id=WEB_SHOP, tags=["on site"])
    march = {"start": "2025-03-01", "end": "2025-03-31", "group_by": ["project", "tag"]}
    await host.call("summarize_time", **march)
    await host.call("delete_project", project=WEB_SHOP)
    await host.call("edit_tag", tag=17_300_303, name="at site")

    result = await host.call("summarize_time", **march)

    assert [group["by"] for group in result["groups"]] == [{"project": "(no project)", "tag": "at site"}]


async def test_edit_tag_renames_entries_tagged_under_each_former_name(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["design"])
    await host.call("list_tags")
    await host.call("list_time_entries")
    sandbox.state.rename_tag(17_300_301, "x")
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", tags=["x"])
    clock.now += 900
    await host.call("list_time_entries")
    await host.call("edit_tag", tag=17_300_301, name="y")

    assert (await host.call("summarize_time", tag="y"))["total"]["hours"] == 2.0


async def test_edit_tag_renames_cached_entries(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["design"])
    await host.call("list_tags")
    await host.call("list_time_entries")
    sandbox.state.rename_tag(17_300_301, "x")
    clock.now += 90
    await host.call("edit_tag", tag=17_300_301, name="y")

    assert (await host.call("list_time_entries"))["entries"][0]["tags"] == ["y"]


async def test_edit_tag_keeps_entries_of_a_new_tag_with_the_former_name(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_tags")
    sandbox.state.rename_tag(17_300_301, "x")
    sandbox.state.add_tag(HARBOUR_STUDIO, "design")
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", tags=["design"])
    clock.now += 90
    await host.call("list_time_entries")
    await host.call("edit_tag", tag=17_300_301, name="y")

    assert (await host.call("list_time_entries"))["entries"][0]["tags"] == ["design"]


async def test_summarize_time_follows_a_new_time_zone_within_the_hour(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, "2025-02-28T23:30", "2025-03-01T00:30")
    add_entry(sandbox, "2025-03-01T12:00", "2025-03-01T13:00")
    add_entry(sandbox, "2025-03-02T18:00", "2025-03-02T18:10")
    clock.now = at("2025-10-16T12:00")
    day = {"start": "2025-03-01", "end": "2025-03-01"}
    before = await host.call("summarize_time", **day)
    sandbox.state.me["timezone"] = "Europe/Berlin"
    clock.now += 3600
    after = await host.call("summarize_time", **day)
    sandbox.state.me["timezone"] = "Pacific/Honolulu"
    await host.call("get_account", refresh=True)
    west = await host.call("summarize_time", **day)

    assert (before["timezone"], before["total"]["seconds"]) == ("Pacific/Auckland", 5400)
    assert (after["timezone"], after["total"]["seconds"]) == ("Europe/Berlin", 3600)
    # The day ends later in the west: reports of the former zone lack its evening.
    assert (west["timezone"], west["total"]["seconds"]) == ("Pacific/Honolulu", 600)
