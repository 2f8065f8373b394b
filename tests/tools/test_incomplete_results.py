"""An answer about time that lacks something says so, and where."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, KILN_COURSE = 201_500_302, 201_500_401
TANE = 7_301_002
SHOP_SIGN = 201_500_303
NINE, TEN, ELEVEN = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T11:00"
BILLABLE: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}


async def test_summarize_time_omits_amounts_by_default(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", **BILLABLE)
    add_entry(sandbox, NINE, TEN, **BILLABLE)
    year = {"period": "this_year", "group_by": ["project"]}

    default = await host.call("summarize_time", **year)
    result = await host.call("summarize_time", **year, amounts=True)

    assert "amounts" not in default["total"] | default["groups"][0]
    assert result["total"]["amounts"] == result["groups"][0]["amounts"] == {"NZD": 190.0}


async def test_summarize_time_amounts_include_changes_of_the_web_app(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    row = add_entry(sandbox, NINE, TEN, **BILLABLE)
    await host.call("summarize_time", amounts=True)
    clock.now += 130
    sandbox.state.edit_entry(row["id"], stop=at(ELEVEN), duration=7200)
    add_entry(sandbox, ELEVEN, "2025-10-14T12:00", **BILLABLE)

    result = await host.call("summarize_time", amounts=True)

    assert (result["total"]["hours"], result["total"]["amounts"], result["complete"]) == (3.0, {"NZD": 285.0}, True)


async def test_summarize_time_billable_entries_without_an_amount_are_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, **BILLABLE)
    add_entry(sandbox, TEN, ELEVEN, workspace=NIGHT_SCHOOL, project_id=KILN_COURSE, billable=True)

    result = await host.call("summarize_time", amounts=True)

    assert (result["total"]["amounts"], result["complete"]) == ({"NZD": 95.0}, False)
    assert "no amount for 1 of the billable entries" in result["incomplete_reason"]


async def test_summarize_time_stale_total_is_incomplete(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, NINE, TEN)
    await host.call("summarize_time")
    clock.now += 130
    sandbox.quota.spend(None)

    result = await host.call("summarize_time")
    list_result = await host.call("list_time_entries")

    assert (result["source"], result["complete"]) == ("stale", False)
    assert "since as_of" in result["incomplete_reason"]
    assert "since as_of" in list_result["incomplete_reason"]


async def test_summarize_time_name_lookup_failure_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, project_id=SHOP_SIGN)
    del sandbox.state.projects[SHOP_SIGN]
    sandbox.fault = lambda call: Fault("402") if call.path.endswith("/projects") else None

    result = await host.call("summarize_time", group_by=["client"])

    assert (result["groups"][0]["by"], result["complete"]) == ({"client": "(client unknown)"}, False)
    assert result["incomplete_reason"].startswith("The names of some projects could not be looked up.")


async def test_summarize_time_incomplete_reason_names_the_failed_workspace(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    sandbox.fault = lambda call: Fault("402") if f"workspace/{NIGHT_SCHOOL}/search" in call.path else None

    result = await host.call("summarize_time", period="this_year")
    list_result = await host.call("list_time_entries", period="this_year")

    assert (result["total"]["hours"], result["complete"]) == (1.0, False)
    assert result["incomplete_reason"].startswith(
        f"Night School ({NIGHT_SCHOOL}): Toggl's requests for this hour are used up"
    )
    assert list_result["incomplete_reason"] == result["incomplete_reason"]


async def test_summarize_time_without_the_report_of_long_entries_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-06-03T09:00", "2025-06-03T10:00", user_id=TANE)
    sandbox.fault = lambda call: Fault("402") if b"duration" in call.body else None

    result = await host.call(
        "summarize_time", start="2025-06-02", end="2025-06-06", user="all", workspace=HARBOUR_STUDIO
    )

    assert (result["total"]["hours"], result["complete"]) == (1.0, False)
    assert result["incomplete_reason"].startswith(f"Harbour Studio ({HARBOUR_STUDIO}): ")


async def test_summarize_time_team_total_of_yesterday_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00", user_id=TANE)

    result = await host.call("summarize_time", period="yesterday", user="all")
    long_ago = await host.call("summarize_time", start="2025-06-02", end="2025-06-06", user="all")

    assert (result["total"]["hours"], result["complete"], long_ago["complete"]) == (1.0, False, True)
    assert "still running" in result["incomplete_reason"]


async def test_summarize_time_amount_of_a_running_timer_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    row = running(sandbox, "2025-10-14T17:00")
    sandbox.state.edit_entry(row["id"], **BILLABLE)

    assert not (await host.call("summarize_time", amounts=True))["complete"]


async def test_summarize_time_returns_the_scarcest_quota_of_the_call(host: Host, sandbox: Sandbox) -> None:
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=10)

    result = await host.call("summarize_time", period="this_year")

    assert result["quota"]["remaining"] == 8


async def test_summarize_time_refresh_includes_a_joined_workspace(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    workspace = sandbox.state.workspaces.pop(NIGHT_SCHOOL)
    await host.call("summarize_time")
    sandbox.state.workspaces[NIGHT_SCHOOL] = workspace
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00", workspace=NIGHT_SCHOOL)
    clock.now += 600

    assert (await host.call("summarize_time", period="this_year", refresh=True))["total"]["hours"] == 1.0


@pytest.mark.parametrize("end", ["2006-01-05", "2006-12-31", "2007-12-31"])
@pytest.mark.parametrize("user", [None, "all"])
async def test_summarize_time_since_the_first_supported_day_is_complete(
    host: Host, sandbox: Sandbox, end: str, user: str | None
) -> None:
    """Toggl takes no report that ends before that day."""
    add_entry(sandbox, "2006-01-02T09:00", "2006-01-02T10:00")

    result = await host.call("summarize_time", start="2006-01-01", end=end, user=user)

    assert (result["total"]["hours"], result["complete"]) == (1.0, True)


async def test_summarize_time_report_of_other_rows_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    unreadable = Fault("garbage before", body='[{"user_id": 7301001, "sessions": []}]')
    sandbox.fault = lambda call: unreadable if "/search/" in call.path else None

    result = await host.call("summarize_time", period="this_year")

    assert not result["complete"]
    assert f"({HARBOUR_STUDIO}): Toggl sent something else than the list" in result["incomplete_reason"]


async def test_summarize_time_renamed_user_is_one_group(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-02-14T09:00", "2025-02-14T10:00")
    sandbox.state.me["fullname"] = "Marama Q"
    add_entry(sandbox, NINE, TEN)

    result = await host.call("summarize_time", period="this_year", group_by=["user"])

    assert [group["entries"] for group in result["groups"]] == [2]


async def test_summarize_time_new_workspace_is_not_among_the_reported(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    """Entries of a workspace that is not known yet do not add it to those whose reports were read."""
    joined = sandbox.state.workspaces.pop(NIGHT_SCHOOL)
    await host.call("summarize_time")
    sandbox.state.workspaces[NIGHT_SCHOOL] = joined
    add_entry(sandbox, NINE, TEN, workspace=NIGHT_SCHOOL)
    clock.now += 130
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=5)
    await host.call("edit_client", workspace=NIGHT_SCHOOL, client=64_890_401, notes="Its quota is learned")

    result = await host.call("summarize_time", period="this_year")

    assert result["workspaces"][str(NIGHT_SCHOOL)] == f"(workspace {NIGHT_SCHOOL})"
    assert result["quota"]["remaining"] > 4
