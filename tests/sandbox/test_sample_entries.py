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
def all_rows(sandbox: Sandbox) -> list[Row]:
    return list(sandbox.state.entries.values())


@pytest.fixture
def own_rows(all_rows: list[Row]) -> list[Row]:
    return [row for row in all_rows if row["user_id"] == 7_301_001 and not row["server_deleted_at"]]


def to_local(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(AUCKLAND)


def stopped_rows(rows: list[Row]) -> list[Row]:
    return sorted((row for row in rows if row["stop"]), key=lambda row: row["start"])


def test_sample_entries_are_deterministic_and_move_with_the_clock(sandbox: Sandbox, clock: Clock) -> None:
    copy = Sandbox(clock=clock).state.entries
    clock.now += 7 * 86_400
    later = Sandbox(clock=clock).state.entries
    assert sandbox.state.entries == copy
    assert max(row["start"] for row in later.values()) == "2025-10-16T08:28:20+00:00"


def test_changes_of_sample_entries_reach_no_other_sandbox(sandbox: Sandbox, clock: Clock) -> None:
    state, before = sandbox.state, Sandbox(clock=clock).state.entries
    first = next(row for row in state.entries.values() if row["tags"])

    state.rename_tag(first["tag_ids"][0], "Renamed")
    state.edit_entry(first["id"], description="Mine", tags=[*first["tags"], "mine"])
    state.remove_tag(first["tag_ids"][0])

    assert state.entries[first["id"]]["tags"][-1] == "mine"
    assert Sandbox(clock=clock).state.entries == before


def test_sample_entries_span_120_days_below_max_rows(own_rows: list[Row], clock: Clock) -> None:
    days_ago = [(clock.now - to_local(row["start"]).timestamp()) / 86_400 for row in own_rows]
    assert 119 < max(days_ago) < 121
    assert 300 < len([days for days in days_ago if days < 89]) < 700


def test_sample_entries_user_has_both_workspaces_colleagues_one(all_rows: list[Row]) -> None:
    places = {(row["user_id"], row["workspace_id"]) for row in all_rows}
    assert places == {
        (7_301_001, NIGHT_SCHOOL),
        *((7_301_000 + number, HARBOUR_STUDIO) for number in range(1, 7)),
    }
    assert not any(row["billable"] for row in all_rows if row["workspace_id"] == NIGHT_SCHOOL)


def test_sample_entries_reference_existing_rows(all_rows: list[Row], sandbox: Sandbox) -> None:
    state = sandbox.state
    assert list(state.entries) == [row["id"] for row in all_rows]
    assert min(state.entries) == 3_731_000_001
    for row in all_rows:
        assert row["tags"] == [state.tags[tag_id]["name"] for tag_id in row["tag_ids"]]
        assert row["project_id"] is None or state.projects[row["project_id"]]["workspace_id"] == row["workspace_id"]
        assert row["task_id"] is None or state.tasks[row["task_id"]]["project_id"] == row["project_id"]


def test_sample_entries_include_empty_fields(own_rows: list[Row]) -> None:
    for field in ("project_id", "description", "tags", "billable"):
        assert {bool(row[field]) for row in own_rows} == {True, False}


def test_sample_entries_include_overlaps_and_midnight_crossings(own_rows: list[Row]) -> None:
    pairs = itertools.pairwise(stopped_rows(own_rows))
    overlaps = [first for first, second in pairs if second["start"] < first["stop"]]
    over_midnight = [
        row for row in stopped_rows(own_rows) if to_local(row["start"]).date() < to_local(row["stop"]).date()
    ]
    assert len(overlaps) > 3
    assert len(over_midnight) > 3


def test_sample_entries_include_a_dst_night(own_rows: list[Row]) -> None:
    (night,) = [row for row in stopped_rows(own_rows) if row["duration"] < 86_400 and _changes_clocks(row)]
    assert to_local(night["start"]).utcoffset() == timedelta(hours=12)
    assert to_local(night["stop"]).date().isoformat() == "2025-09-28"


def test_sample_entries_include_timer_zero_long_and_deleted(
    all_rows: list[Row], own_rows: list[Row], clock: Clock
) -> None:
    (timer,) = [row for row in own_rows if row["duration"] < 0]
    assert (timer["description"], timer["project_id"], timer["workspace_id"]) == (
        "Checkout page",
        201_500_302,
        HARBOUR_STUDIO,
    )
    assert timer["duration"] == -int(clock.now - 25 * 60)
    assert len([row for row in all_rows if row["duration"] < 0]) == 2
    assert [row["duration"] for row in own_rows if row["stop"] is None] == [0, timer["duration"]]
    assert len([row for row in own_rows if row["duration"] > 86_400]) == 1
    assert len([row for row in all_rows if row["server_deleted_at"]]) == 2


def test_sample_entries_include_month_boundaries(own_rows: list[Row]) -> None:
    days = {to_local(row["start"]).date().isoformat() for row in own_rows}
    assert {"2025-09-30", "2025-10-01", "2025-10-07", "2025-10-08"} <= days


@pytest.mark.parametrize("days", [0, 45, 180, 409])
def test_sample_entries_nearly_use_up_or_just_exceed_the_estimates(clock: Clock, days: int) -> None:
    clock.now += days * 86_400
    state = Sandbox(clock=clock).state
    shares = [
        sum(row["duration"] for row in state.entries.values() if row["project_id"] == project["id"] and row["stop"])
        / (project["estimated_hours"] * 3600)
        for project in state.projects.values()
        if project["estimated_hours"] and not project["recurring"]
    ]

    assert all(0.85 < share < 1.15 for share in shares)
    assert min(shares) < 1 < max(shares)


def _changes_clocks(row: Row) -> bool:
    return to_local(row["start"]).utcoffset() != to_local(row["stop"]).utcoffset()
