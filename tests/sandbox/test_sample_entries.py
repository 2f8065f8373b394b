"""The entries that the sample studio has written down."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import AUCKLAND
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

Row = dict[str, Any]


@pytest.fixture
def everybodys(sandbox: Sandbox) -> list[Row]:
    return list(sandbox.state.entries.values())


@pytest.fixture
def mine(everybodys: list[Row]) -> list[Row]:
    return [row for row in everybodys if row["user_id"] == 7_301_001 and not row["server_deleted_at"]]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(AUCKLAND)


def ended(rows: list[Row]) -> list[Row]:
    return sorted((row for row in rows if row["stop"]), key=lambda row: row["start"])


def test_it_is_the_same_at_the_same_time_and_moves_with_the_clock(sandbox: Sandbox, clock: Clock) -> None:
    again = Sandbox(clock=clock).state.entries
    clock.now += 7 * 86_400
    later = Sandbox(clock=clock).state.entries
    assert sandbox.state.entries == again
    assert max(row["start"] for row in later.values()) == "2025-10-16T08:28:20+00:00"


def test_sandboxes_of_one_moment_share_no_row(sandbox: Sandbox, clock: Clock) -> None:
    first = next(row for row in sandbox.state.entries.values() if row["tags"])
    first["tags"].append("mine")
    first["tag_ids"].append(1)
    first["description"] = "Mine"

    again = Sandbox(clock=clock).state.entries[first["id"]]

    assert "mine" not in again["tags"]
    assert 1 not in again["tag_ids"]
    assert again["description"] != "Mine"


def test_it_goes_back_120_days_and_stays_below_the_most_that_is_listed(mine: list[Row], clock: Clock) -> None:
    days_ago = [(clock.now - local(row["start"]).timestamp()) / 86_400 for row in mine]
    assert 119 < max(days_ago) < 121
    assert 300 < len([days for days in days_ago if days < 89]) < 700


def test_the_user_works_in_both_workspaces_and_colleagues_in_one(everybodys: list[Row]) -> None:
    places = {(row["user_id"], row["workspace_id"]) for row in everybodys}
    assert places == {
        (7_301_001, HARBOUR_STUDIO),
        (7_301_001, NIGHT_SCHOOL),
        (7_301_002, HARBOUR_STUDIO),
        (7_301_003, HARBOUR_STUDIO),
    }
    assert not any(row["billable"] for row in everybodys if row["workspace_id"] == NIGHT_SCHOOL)


def test_every_entry_names_what_there_is(everybodys: list[Row], sandbox: Sandbox) -> None:
    world = sandbox.state
    assert list(world.entries) == [row["id"] for row in everybodys]
    assert min(world.entries) == 3_731_000_001
    for row in everybodys:
        assert row["tags"] == [world.tags[tag_id]["name"] for tag_id in row["tag_ids"]]
        assert row["project_id"] is None or world.projects[row["project_id"]]["workspace_id"] == row["workspace_id"]
        assert row["task_id"] is None or world.tasks[row["task_id"]]["project_id"] == row["project_id"]


def test_some_entries_lack_a_project_a_description_tags_or_money(mine: list[Row]) -> None:
    for field in ("project_id", "description", "tags", "billable"):
        assert {bool(row[field]) for row in mine} == {True, False}


def test_some_entries_overlap_and_some_go_on_after_midnight(mine: list[Row]) -> None:
    pairs = itertools.pairwise(ended(mine))
    overlaps = [first for first, second in pairs if second["start"] < first["stop"]]
    over_midnight = [row for row in ended(mine) if local(row["start"]).date() < local(row["stop"]).date()]
    assert len(overlaps) > 3
    assert len(over_midnight) > 3


def test_an_entry_spans_the_night_in_which_the_clocks_change(mine: list[Row]) -> None:
    (night,) = [row for row in ended(mine) if row["duration"] < 86_400 and _changes_clocks(row)]
    assert local(night["start"]).utcoffset() == timedelta(hours=12)
    assert local(night["stop"]).date().isoformat() == "2025-09-28"


def test_there_is_a_timer_an_entry_of_no_time_a_long_one_and_deleted_ones(
    everybodys: list[Row], mine: list[Row], clock: Clock
) -> None:
    (timer,) = [row for row in everybodys if row["duration"] < 0]
    assert (timer["description"], timer["project_id"], timer["workspace_id"]) == (
        "Checkout page",
        201_500_302,
        HARBOUR_STUDIO,
    )
    assert timer["duration"] == -int(clock.now - 25 * 60)
    assert [row["duration"] for row in mine if row["stop"] is None] == [0, timer["duration"]]
    assert len([row for row in mine if row["duration"] > 86_400]) == 1
    assert len([row for row in everybodys if row["server_deleted_at"]]) == 2


def test_the_days_around_the_ends_of_months_have_entries(mine: list[Row]) -> None:
    days = {local(row["start"]).date().isoformat() for row in mine}
    assert {"2025-09-30", "2025-10-01", "2025-10-07", "2025-10-08"} <= days


def _changes_clocks(row: Row) -> bool:
    return local(row["start"]).utcoffset() != local(row["stop"]).utcoffset()
