"""Money: the sum of hours times rates, rounded once, is what Toggl's own report of totals says."""

import pytest

from tests.sandbox.clock import Clock
from tests.totals import cases, test_edge_cases, test_report_totals, test_sample_totals, test_worked_examples
from tests.totals.cases import IN_SPRING, UPKEEP, WEB_SHOP, Case, Entry, open_case, use_rounding_arguments
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.sandbox import TOKEN, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

YEAR = {"start": "2025-01-01", "end": "2025-12-31"}
TABLES = [
    *test_edge_cases.CASES.values(),
    *test_sample_totals.CASES.values(),
    *[example.case for example in test_worked_examples.CASES.values()],
    *[case for case, _ in test_report_totals.AMOUNT_CASES.values()],
]
MINUTES = tuple(
    Entry(f"2025-10-07T09:{2 * n:02}+13:00", f"2025-10-07T09:{2 * n + 1:02}+13:00", WEB_SHOP, billable=True)
    for n in range(6)
)


async def fetch_totals(sandbox: Sandbox, user_id: int | None) -> dict[str, float]:
    """Return the amounts that Toggl's report of totals has of the year, by currency."""
    body = {"start_date": YEAR["start"], "end_date": YEAR["end"], "rounding": 0, "rounding_minutes": 0}
    body |= {} if user_id is None else {"user_ids": [user_id]}
    amounts: dict[str, float] = {}
    async with connect_in_process(sandbox) as client:
        for workspace in sandbox.state.workspaces.values():
            response = await client.post(
                f"http://toggl.invalid/reports/api/v3/workspace/{workspace['id']}/search/time_entries/totals",
                json=body,
                auth=BasicAuth(TOKEN, "api_token"),
            )
            cents, currency = response.json()["billable_amount_in_cents"], workspace["default_currency"]
            if cents:
                amounts[currency] = amounts.get(currency, 0.0) + cents / 100
    return amounts


async def test_summarize_time_amounts_are_those_of_toggl_for_the_entries_of_every_table(clock: Clock) -> None:
    tables = {(case.now, case.entries, case.zone): case for case in TABLES}
    for case in tables.values():
        async with open_case(case, clock) as (host, sandbox):
            for user, user_id in (("me", sandbox.state.me["id"]), ("all", None)):
                total = (await host.call("summarize_time", amounts=True, user=user, **YEAR))["total"]
                with use_rounding_arguments(sandbox):
                    expected = pytest.approx(await fetch_totals(sandbox, user_id), abs=0.011)

                assert total.get("amounts", {}) == expected, (case, user)


@pytest.mark.parametrize(("has_rates", "amount", "rounding"), [(True, 9.5, "total"), (False, 9.54, "entries")])
async def test_summarize_time_amounts_name_what_was_rounded(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, *, has_rates: bool, amount: float, rounding: str
) -> None:
    monkeypatch.setattr(cases, "behaviors", Behaviors(report_rows_have_rates=has_rates))
    free = Entry("2025-10-07T10:00+13:00", "2025-10-07T11:00+13:00", UPKEEP)
    async with open_case(Case(IN_SPRING, {}, (*MINUTES, free)), clock) as (host, _):
        result = await host.call("summarize_time", amounts=True, period="this_week")
        hours = await host.call("summarize_time", period="this_week")

    assert (result["total"]["amounts"], result["amounts_rounding"]) == ({"NZD": amount}, rounding)
    assert "amounts_rounding" not in hours
