"""An answer about time that lacks something says so, and where."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import at, done, running
from tests.tools.driving import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, SHOP_SIGN, KILN_COURSE = 201_500_302, 201_500_303, 201_500_401
TANE = 7_301_002
NINE, TEN, ELEVEN = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T11:00"
PAID: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}


async def test_no_amounts_are_told_that_nobody_asked_for(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", **PAID)
    done(sandbox, NINE, TEN, **PAID)
    year = {"period": "this_year", "group_by": ["project"]}

    without = await host.call("summarize_time", **year)
    told = await host.call("summarize_time", **year, amounts=True)

    assert "amounts" not in without["total"] | without["groups"][0]
    assert told["total"]["amounts"] == told["groups"][0]["amounts"] == {"NZD": 190.0}


async def test_what_was_logged_elsewhere_is_told_with_its_amount(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    row = done(sandbox, NINE, TEN, **PAID)
    await host.call("summarize_time", amounts=True)
    clock.now += 130
    sandbox.state.edit_entry(row["id"], stop=at(ELEVEN), duration=7200)
    done(sandbox, ELEVEN, "2025-10-14T12:00", **PAID)

    told = await host.call("summarize_time", amounts=True)

    assert (told["total"]["hours"], told["total"]["amounts"], told["complete"]) == (3.0, {"NZD": 285.0}, True)


async def test_billable_hours_without_an_amount_are_counted_out(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, **PAID)
    done(sandbox, TEN, ELEVEN, workspace=NIGHT_SCHOOL, project_id=KILN_COURSE, billable=True)

    told = await host.call("summarize_time", amounts=True)

    assert (told["total"]["amounts"], told["complete"]) == ({"NZD": 95.0}, False)
    assert "no amount for 1 of the billable entries" in told["incomplete_reason"]


async def test_a_stale_total_is_not_complete(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    done(sandbox, NINE, TEN)
    await host.call("summarize_time")
    clock.now += 130
    sandbox.quota.spend(None)

    told = await host.call("summarize_time")
    listed = await host.call("list_time_entries")

    assert (told["source"], told["complete"]) == ("stale", False)
    assert "since as_of" in told["incomplete_reason"]
    assert "since as_of" in listed["incomplete_reason"]


async def test_names_that_could_not_be_looked_up_are_a_gap(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, project_id=SHOP_SIGN)
    sandbox.fault = lambda call: Fault("402") if call.path.endswith("/projects") else None

    told = await host.call("summarize_time", group_by=["client"])

    assert (told["groups"][0]["by"], told["complete"]) == ({"client": "(client unknown)"}, False)
    assert told["incomplete_reason"].startswith("The names of some projects could not be looked up.")


async def test_the_workspace_that_could_not_be_asked_is_named(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    sandbox.fault = lambda call: Fault("402") if f"workspace/{NIGHT_SCHOOL}/search" in call.path else None

    told = await host.call("summarize_time", period="this_year")
    listed = await host.call("list_time_entries", period="this_year")

    assert (told["total"]["hours"], told["complete"]) == (1.0, False)
    assert told["incomplete_reason"].startswith(
        f"Night School ({NIGHT_SCHOOL}): Toggl's requests for this hour are used up"
    )
    assert listed["incomplete_reason"] == told["incomplete_reason"]


async def test_a_team_s_timers_may_be_running_since_yesterday(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-10-13T09:00", "2025-10-13T10:00", user_id=TANE)

    told = await host.call("summarize_time", period="yesterday", team=True)
    long_ago = await host.call("summarize_time", start="2025-06-02", end="2025-06-06", team=True)

    assert (told["total"]["hours"], told["complete"], long_ago["complete"]) == (1.0, False, True)
    assert "still running" in told["incomplete_reason"]


async def test_one_s_own_timer_has_no_amount_yet(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, "2025-10-14T17:00")
    sandbox.state.edit_entry(row["id"], **PAID)

    assert not (await host.call("summarize_time", amounts=True))["complete"]


async def test_the_quota_that_is_told_is_the_scarcest_that_was_drawn_on(host: Host, sandbox: Sandbox) -> None:
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=10)

    told = await host.call("summarize_time", period="this_year")

    assert told["quota"]["remaining"] == 8


async def test_with_refresh_a_workspace_that_was_joined_since_counts(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    joined = sandbox.state.workspaces.pop(NIGHT_SCHOOL)
    await host.call("summarize_time")
    sandbox.state.workspaces[NIGHT_SCHOOL] = joined
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", workspace=NIGHT_SCHOOL)
    clock.now += 600

    assert (await host.call("summarize_time", period="this_year", refresh=True))["total"]["hours"] == 1.0


async def test_the_first_day_that_toggl_knows_can_be_totalled(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2006-01-02T09:00", "2006-01-02T10:00")

    told = await host.call("summarize_time", start="2006-01-01", end="2006-01-05")

    assert (told["total"]["hours"], told["complete"]) == (1.0, True)


async def test_a_row_that_cannot_be_read_is_not_taken_for_no_time(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    odd = Fault("garbage before", body='[{"user_id": 7301001, "sessions": []}]')
    sandbox.fault = lambda call: odd if "/search/" in call.path else None

    told = await host.call("summarize_time", period="this_year")

    assert not told["complete"]
    assert f"({HARBOUR_STUDIO}): Toggl's report has a row that cannot be read." in told["incomplete_reason"]


async def test_one_person_is_one_group_whatever_reports_call_them(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    sandbox.state.me["fullname"] = "Marama Q"
    done(sandbox, NINE, TEN)

    told = await host.call("summarize_time", period="this_year", group_by=["user"])

    assert [group["entries"] for group in told["groups"]] == [2]


async def test_the_quota_of_a_workspace_that_is_not_known_yet_is_not_told(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    """Entries of a workspace that is not known yet do not add it to those whose reports were read."""
    joined = sandbox.state.workspaces.pop(NIGHT_SCHOOL)
    await host.call("summarize_time")
    sandbox.state.workspaces[NIGHT_SCHOOL] = joined
    done(sandbox, NINE, TEN, workspace=NIGHT_SCHOOL)
    clock.now += 130
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=5)
    await host.call("edit_client", workspace_id=NIGHT_SCHOOL, client_id=64_890_401, notes="Its quota is learned")

    told = await host.call("summarize_time", period="this_year")

    assert told["workspaces"][str(NIGHT_SCHOOL)] == f"(workspace {NIGHT_SCHOOL})"
    assert told["quota"]["remaining"] > 4
