"""Accounts whose entries end some time ago: no time is no proof of no work, as the account may have moved."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]


@pytest.fixture
def moved(sandbox: Sandbox, six_in_the_evening: None) -> None:  # noqa: ARG001 - after it
    """Many entries, the last of 25 September: 19 days before the day."""
    for day in range(1, 26):
        add_entry(sandbox, f"2025-09-{day:02}T09:00", f"2025-09-{day:02}T17:00")


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("arguments", [{}, {"user": "all"}, {"amounts": True}, {"period": "this_month"}], ids=str)
async def test_summarize_time_after_the_last_entry_is_incomplete_and_names_its_day(
    host: Host, arguments: dict[str, object]
) -> None:
    await host.call("list_time_entries")
    result = await host.call("summarize_time", **{"period": "this_week"} | arguments)

    assert (result["total"]["seconds"], result["complete"]) == (0, False)
    assert "no entry of yours since 2025-09-25" in result["incomplete_reason"]
    assert "Toggl 2.0" in result["incomplete_reason"]


@pytest.mark.usefixtures("moved")
async def test_summarize_time_before_the_last_entry_is_complete(host: Host) -> None:
    result = await host.call("summarize_time", start="2025-09-01", end="2025-09-24")

    assert (result["total"]["hours"], result["complete"]) == (24 * 8.0, True)


async def test_summarize_time_without_any_entry_is_incomplete(host: Host) -> None:
    result = await host.call("summarize_time")

    assert (result["total"]["seconds"], result["complete"]) == (0, False)
    assert "no entry of yours in the last 89 days" in result["incomplete_reason"]


@pytest.mark.usefixtures("moved")
async def test_summarize_time_of_a_silent_workspace_is_incomplete_where_another_is_in_use(
    host: Host, sandbox: Sandbox
) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", workspace=NIGHT_SCHOOL)

    assert (await host.call("summarize_time"))["complete"]
    assert not (await host.call("summarize_time", workspace=HARBOUR_STUDIO))["complete"]


@pytest.mark.usefixtures("moved")
async def test_get_account_names_the_day_of_the_last_entry(host: Host) -> None:
    (warning,) = (await host.call("get_account"))["warnings"]

    assert "no entry of yours since 2025-09-25" in warning


@pytest.mark.usefixtures("moved")
async def test_get_timer_without_time_today_names_the_day_of_the_last_entry(host: Host) -> None:
    timer = await host.call("get_timer")

    assert timer["today_seconds"] == 0
    assert "no entry of yours since 2025-09-25" in timer["warnings"][0]


async def test_get_account_with_recent_entries_has_no_warning_and_costs_one_request(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.add_entry(HARBOUR_STUDIO, clock.now - 5 * 86_400, stop=clock.now - 5 * 86_400 + 60)

    assert "warnings" not in await host.call("get_account")
    assert [call.path for call in sandbox.calls] == ["/me"]


@pytest.mark.parametrize("arguments", [{"user": "all"}, {"amounts": True}], ids=str)
async def test_summarize_time_of_reports_in_an_account_without_workspaces_says_so(
    host: Host, sandbox: Sandbox, arguments: dict[str, object]
) -> None:
    sandbox.state.workspaces.clear()
    error = await host.fail("summarize_time", **arguments)

    assert error["code"] == "not_found"
    assert "no workspace in Toggl Track" in error["message"]
    assert "Toggl 2.0" in error["message"]
