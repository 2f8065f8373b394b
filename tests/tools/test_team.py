"""The users of a workspace, and what they work on."""

from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from tests.cache.support import lock_file
from tests.endpoints.support import fault_in_turn, with_action
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, running
from tests.tools.host import Host, serve
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox
from toggl_mcp.sandbox.behaviors import Behaviors

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

ME, TANE, INES, PRIYA, JONAS, AIKO = range(7_301_001, 7_301_007)
WEB_SHOP = 201_500_302


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Host]:
    """A host of a server with every tool."""
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        yield Host(client)


def add_work(sandbox: Sandbox) -> None:
    """Let Tāne's timer run, and the user have worked this week and in the one before."""
    running(sandbox, "2025-10-14T17:00", "Rolls")["user_id"] = TANE
    add_entry(sandbox, "2025-10-13T08:00", "2025-10-13T10:00", "Bread", project_id=WEB_SHOP)
    add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T09:00", "Bread", project_id=WEB_SHOP)
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T09:30", "Cake")
    add_entry(sandbox, "2025-10-07T09:00", "2025-10-07T09:30", "Old")["user_id"] = TANE


@pytest.mark.parametrize("emails", [False, True])
async def test_list_users_names_the_people_and_their_emails_only_if_requested(host: Host, *, emails: bool) -> None:
    result = await host.call("list_users", emails=emails)
    names = ["Inés Moreau", "Jonas Weber", "Marama Quayle", "Priya Natarajan", "Tāne Whitlock", "青木 愛子"]
    assert [user["name"] for user in result["users"]] == names
    assert {user["name"] for user in result["users"] if user["role"] == "admin"} == {"Marama Quayle"}
    assert all(("email" in user) is emails for user in result["users"])


async def test_list_users_pages_and_costs_one_request(host: Host, sandbox: Sandbox) -> None:
    await host.call("get_account")
    before = len(sandbox.calls)
    first = await host.call("list_users", limit=5)
    second = await host.call("list_users", limit=5, cursor=first["next_cursor"])
    found = await host.call("list_users", name="tāne")
    assert (first["remaining"], len(second["users"]), found["users"][0]["id"]) == (1, 1, TANE)
    assert len(sandbox.calls) == before + 1


@pytest.mark.parametrize("team_activity", ["latest of each user", "latest 20"])
async def test_get_team_activity_names_who_works_on_what_now(clock: Clock, team_activity: Any) -> None:  # noqa: ANN401 - a literal
    sandbox = Sandbox(clock=clock, behaviors=Behaviors(team_activity=team_activity))
    sandbox.state.entries = {}
    add_work(sandbox)
    async with Client(serve(sandbox, clock, toolsets="team")) as client:
        result = await Host(client).call("get_team_activity")

    assert result["running"] == 1
    assert result["users"] == [
        {"user_id": TANE, "user": "Tāne Whitlock", "running": True, "description": "Rolls", "seconds": 3600},
        {
            "user_id": ME,
            "user": "Marama Quayle",
            "running": False,
            "description": "Cake",
            "seconds": 1800,
            "stopped_at": "2025-10-14T09:30:00",
        },
        {"user_id": INES, "user": "Inés Moreau", "running": False},
        {"user_id": JONAS, "user": "Jonas Weber", "running": False},
        {"user_id": PRIYA, "user": "Priya Natarajan", "running": False},
        {"user_id": AIKO, "user": "青木 愛子", "running": False},
    ]


async def test_get_team_activity_is_fresh_for_two_minutes_and_then_costs_one_request(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_work(sandbox)
    await host.call("get_team_activity")
    running(sandbox, "2025-10-14T17:30", "Buns")["user_id"] = INES
    before = len(sandbox.calls)
    clock.now += 119
    cached = await host.call("get_team_activity")
    assert (cached["source"], cached["running"], cached["users"][0]["seconds"]) == ("cache", 1, 3600 + 119)
    assert len(sandbox.calls) == before

    refreshed = await host.call("get_team_activity", refresh=True)
    assert (refreshed["source"], refreshed["running"], len(sandbox.calls)) == ("toggl", 2, before + 1)
    clock.now += 121
    await host.call("get_team_activity")
    assert len(sandbox.calls) == before + 2


async def test_get_team_activity_after_a_timer_was_started_here_has_it(host: Host) -> None:
    await host.call("get_team_activity")
    await host.call("start_timer", description="Rolls")
    result = await host.call("get_team_activity")
    assert (result["running"], result["users"][0]["description"]) == (1, "Rolls")


async def test_get_team_activity_after_a_timer_was_started_here_while_the_cache_was_busy_has_it(
    sandbox: Sandbox, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "cache.sqlite"
    store = SqliteStore(path, clock=clock, busy_timeout=0.02)
    with ExitStack() as locks:

        def lock() -> None:
            locks.enter_context(lock_file(path))

        async with Client(serve(sandbox, clock, store=store, toolsets="all")) as client:
            host = Host(client)
            await host.call("get_team_activity")
            sandbox.fault = fault_in_turn("POST", with_action(Fault("slow"), lock))
            await host.raw("start_timer", description="Rolls")
            locks.close()
            assert (await host.call("get_team_activity"))["running"] == 1
    await store.aclose()


async def test_get_team_activity_week_after_an_entry_was_created_here_has_it(host: Host) -> None:
    await host.call("list_time_entries", period="today")
    await host.call("get_team_activity", week="this_week")
    await host.create_entry(start="2025-10-14T08:00", duration="30m")
    result = await host.call("get_team_activity", week="this_week")
    assert {user["user_id"]: user["days"] for user in result["users"]}[ME] == {"2025-10-14 Tuesday": 1800}


async def test_get_team_activity_week_after_an_entry_of_the_web_app_was_deleted_here_lacks_it(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_time_entries", period="today")
    entry = add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T12:00")
    await host.call("get_team_activity", week="this_week")
    clock.now += 121
    await host.call("list_time_entries", period="today")

    await host.call("delete_time_entries", ids=[entry["id"]])

    result = await host.call("get_team_activity", week="this_week")
    assert all(not user["days"] for user in result["users"])


@pytest.mark.parametrize(
    ("week", "days"),
    [
        ("this_week", {ME: {"2025-10-13 Monday": 7200, "2025-10-14 Tuesday": 5400}}),
        ("last_week", {TANE: {"2025-10-07 Tuesday": 1800}}),
    ],
)
async def test_get_team_activity_week_has_the_seconds_of_each_day(
    host: Host, sandbox: Sandbox, week: str, days: dict[int, dict[str, int]]
) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO] |= {"only_admins_see_team_dashboard": True, "admin": False}
    add_work(sandbox)
    result = await host.call("get_team_activity", week=week)
    assert {user["user_id"]: user["days"] for user in result["users"] if user["days"]} == days
    assert len(result["users"]) == 6
    assert not any("running" in part for part in (result, *result["users"]))


async def test_get_team_activity_member_is_warned_of_hidden_colleagues(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO]["admin"] = False
    (warning,) = (await host.call("get_team_activity"))["warnings"]
    assert "Toggl may leave out colleagues" in warning


async def test_get_team_activity_for_admins_only_is_forbidden(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO] |= {"admin": False, "only_admins_see_team_dashboard": True}
    assert (await host.fail("get_team_activity"))["code"] == "forbidden"


async def test_get_team_activity_odd_row_is_left_out_and_counted(host: Host, sandbox: Sandbox) -> None:
    add_work(sandbox)
    fault = Fault("odd row", to_odd_row=lambda row: row | {"user_id": None})
    sandbox.fault = lambda call: fault if call.path.endswith("/all_activity") else None
    result = await host.call("get_team_activity")
    assert result["warnings"] == ["Rows that cannot be read, and are left out: 1. Look at them in Toggl's web app."]
    assert [user["running"] for user in result["users"]] == [False] * 6
