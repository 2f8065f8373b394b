"""Statements: billable time at known rates, and what makes an invoice too small."""

import csv
import io
from typing import Any

import pytest

from tests.sandbox.diary import add_entry, running
from tests.tools.host import Host, Result
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, SHOP_SIGN, BROCHURE, UPKEEP, KILN = 201_500_302, 201_500_303, 201_500_304, 201_500_307, 201_500_401
CHECKOUT, TANE, BLUE_GULL = 80_400_301, 7_301_002, 64_890_302
AROHA = {"client": "Aroha Bakery", "period": "this_week"}


@pytest.fixture
def entries(sandbox: Sandbox, six_in_the_evening: None) -> dict[str, int]:  # noqa: ARG001 - it empties the diary first
    """What was logged this week, by a letter each."""
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    rows = {
        "a": add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T09:50", "Cart", task_id=CHECKOUT, **shop),
        "b": add_entry(sandbox, "2025-10-13T10:00", "2025-10-13T10:20", "=Pay", **shop),
        "c": add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:01", "Cart", **shop),
        "d": add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", project_id=WEB_SHOP),
        "e": add_entry(sandbox, "2025-10-14T13:00", "2025-10-14T13:30", "Mail"),
        "f": add_entry(sandbox, "2025-10-14T14:00", "2025-10-14T14:40", project_id=UPKEEP, billable=True),
        "g": add_entry(sandbox, "2025-10-14T15:00", "2025-10-14T16:00", user_id=TANE, **shop),
        "h": add_entry(sandbox, "2025-10-06T15:00", "2025-10-06T16:00", **shop),
    }
    return {letter: row["id"] for letter, row in rows.items()}


def lines_of(result: Result) -> list[tuple[object, ...]]:
    return [(*line["by"].values(), line["seconds"] / 60, line.get("amount")) for line in result["lines"]]


@pytest.mark.parametrize(
    ("group_by", "expected"),
    [
        ("project", [("Web shop", 131, 207.42)]),
        ("task", [("Web shop", "(no task)", 81, 128.25), ("Web shop", "Checkout", 50, 79.17)]),
        ("day", [("2025-10-13", 70, 110.83), ("2025-10-14", 61, 96.59)]),
        (
            "entry",
            [
                ("2025-10-13T09:00:00", "Web shop", "Cart", 50, 79.17),
                ("2025-10-13T10:00:00", "Web shop", "=Pay", 20, 31.66),
                ("2025-10-14T09:00:00", "Web shop", "Cart", 61, 96.59),
            ],
        ),
    ],
)
@pytest.mark.usefixtures("entries")
async def test_prepare_statement_lines_add_up_to_the_total_at_toggls_rate(
    host: Host, group_by: str, expected: list[tuple[object, ...]]
) -> None:
    result = await host.call("prepare_statement", **AROHA, group_by=group_by)

    assert lines_of(result) == expected
    assert result["totals"] == {"NZD": 207.42}
    assert {(line["rate"], line["currency"], line["rate_source"]) for line in result["lines"]} == {
        (95.0, "NZD", "toggl")
    }
    assert (result["rounding"], result["seconds"], result["rounded_seconds"]) == ("none", 131 * 60, 131 * 60)


async def test_prepare_statement_lines_and_left_out_time_name_their_entries(
    host: Host, sandbox: Sandbox, entries: dict[str, int]
) -> None:
    timer = running(sandbox, "2025-10-14T17:00")
    sandbox.state.edit_entry(timer["id"], project_id=WEB_SHOP)
    planned = add_entry(sandbox, "2025-10-15T09:00", "2025-10-15T15:00", project_id=WEB_SHOP, billable=True)
    result = await host.call("prepare_statement", **AROHA)

    assert result["lines"][0]["entry_ids"] == sorted(entries[letter] for letter in "abc")
    assert {item["reason"]: (item["seconds"] // 60, item["entry_ids"]) for item in result["left_out"]} == {
        "unbillable": (60, [entries["d"]]),
        "running": (60, [timer["id"]]),
        "future": (360, [planned["id"]]),
        "no_project": (30, [entries["e"]]),
        "no_client": (40, [entries["f"]]),
    }


async def test_prepare_statement_of_two_projects_of_one_name_has_their_clients(host: Host, sandbox: Sandbox) -> None:
    other = sandbox.state.add_project(HARBOUR_STUDIO, "Web shop", BLUE_GULL)
    for project_id in (WEB_SHOP, other["id"]):
        add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T08:30", project_id=project_id)
    error = await host.fail("prepare_statement", project="Web shop", period="this_week")

    assert {row["client"] for row in error["candidates"]} == {"Aroha Bakery", "Blue Gull Charters"}


async def test_prepare_statement_of_a_project_and_everybody(host: Host, entries: dict[str, int]) -> None:
    result = await host.call("prepare_statement", project="Web shop", period="this_week", user="all")

    assert result["lines"][0]["entry_ids"] == sorted(entries[letter] for letter in "abcg")
    assert "no_client" not in {item["reason"] for item in result["left_out"]}


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("rounding", "minutes", "total"),
    [
        ("up 15m per entry", 165, 261.25),
        ("up 15m per day of a project", 150, 237.5),
        ("down 15m per total", 120, 190.0),
        ("nearest 30m per entry", 150, 237.5),
    ],
)
async def test_prepare_statement_rounding_is_stated_beside_exact_time(
    host: Host, rounding: str, minutes: int, total: float
) -> None:
    result = await host.call("prepare_statement", **AROHA, rounding=rounding)

    assert (result["rounding"], result["rounded_seconds"], result["totals"]) == (rounding, minutes * 60, {"NZD": total})
    assert (result["seconds"], result["lines"][0]["rounded_hours"]) == (131 * 60, minutes / 60)


async def test_prepare_statement_without_a_rate_has_no_amount_until_one_is_given(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:30", workspace=NIGHT_SCHOOL, project_id=KILN)
    statement = {"client": "Evening Pottery", "period": "today"}
    without = await host.call("prepare_statement", **statement)
    given = await host.call("prepare_statement", **statement, rates=[{"amount": 60.5, "currency": "eur"}])
    other = [{"project": "Kiln course", "amount": 40, "currency": "NZD"}, {"amount": 60.5, "currency": "EUR"}]
    by_project = await host.call("prepare_statement", **statement, rates=other)

    assert lines_of(without) == [("Kiln course", 90, None)]
    assert (without["lines"][0]["rate_source"], without["totals"]) == ("none", {})
    assert "No rate for 1 lines of 1.5 h" in without["incomplete_reason"]
    assert (given["totals"], given["lines"][0]["rate_source"]) == ({"EUR": 90.75}, "given")
    assert by_project["totals"] == {"NZD": 60.0}


@pytest.mark.parametrize(("project", "subject"), [({"project": "Web shop"}, " of “Web shop”"), ({}, "")])
@pytest.mark.usefixtures("entries")
async def test_prepare_statement_rate_that_toggl_has_is_not_replaced(
    host: Host, project: dict[str, str], subject: str
) -> None:
    rates = [{"amount": 1, "currency": "USD", **project}]
    result = await host.call("prepare_statement", **AROHA, rates=rates)

    assert (result["totals"], result["complete"]) == ({"NZD": 207.42}, True)
    assert result["warnings"] == [
        f"rates: no line took 1 USD{subject}: Toggl's own rates go first, and what is not billable has none."
    ]


@pytest.mark.usefixtures("entries")
async def test_prepare_statement_rate_of_an_unknown_project_is_named(host: Host) -> None:
    rates = [{"project": name, "amount": 1, "currency": "USD"} for name in ("Nope", "Web shop")]
    result = await host.call("prepare_statement", **AROHA, rates=rates)

    assert result["warnings"] == [
        "rates: no line took 1 USD of “Nope”: none of these entries is of a project of that name or id.",
        "rates: no line took 1 USD of “Web shop”: Toggl's own rates go first, and what is not billable has none.",
    ]


@pytest.mark.parametrize(
    ("projects", "subject"), [(["Web shop", "WEB  SHOP"], "“WEB  SHOP”"), (["", ""], "all other projects")]
)
async def test_prepare_statement_two_rates_of_one_project_are_refused(
    host: Host, projects: list[str], subject: str
) -> None:
    rates = [{"amount": 80, "currency": "EUR", "project": project} for project in projects]
    error = await host.fail("prepare_statement", **AROHA, rates=rates)

    assert f"rates: there are several for {subject}. Give one." in error["message"]


async def test_prepare_statement_of_an_entry_that_goes_on_has_what_is_over(host: Host, sandbox: Sandbox) -> None:
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    entry = add_entry(sandbox, "2025-10-14T17:00", "2025-10-14T20:00", "Fair", **shop)
    unbilled = add_entry(sandbox, "2025-10-14T20:00", "2025-10-14T21:00", "Way back", project_id=WEB_SHOP)
    result = await host.call("prepare_statement", **AROHA)
    before = await host.call("prepare_statement", client="Aroha Bakery", period="2025-10-13")

    assert lines_of(result) == [("Web shop", 60, 95.0)]
    assert {item["reason"]: (item["seconds"] // 60, item["entry_ids"]) for item in result["left_out"]} == {
        "unbillable": (60, [unbilled["id"]]),
        "future": (120, [entry["id"]]),
    }
    assert before["left_out"] == []


async def test_prepare_statement_of_a_project_with_a_fixed_fee_names_it(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=BROCHURE, billable=True)
    await host.call("list_projects", refresh=True)
    result = await host.call("prepare_statement", project=BROCHURE, period="today")

    assert "has a fixed fee of 9000" in result["warnings"][0]


async def test_prepare_statement_of_an_entry_across_its_end_names_it(host: Host, sandbox: Sandbox) -> None:
    shop: dict[str, Any] = {"project_id": WEB_SHOP, "billable": True}
    entry = add_entry(sandbox, "2025-10-12T23:50", "2025-10-13T00:05", "Cart", **shop)
    result = await host.call("prepare_statement", **AROHA, rounding="up 15m per entry")

    assert str(entry["id"]) in result["warnings"][0]


async def test_prepare_statement_of_two_rates_and_currencies_adds_neither(host: Host, sandbox: Sandbox) -> None:
    client = sandbox.state.projects[KILN]["client_id"]
    other = sandbox.state.add_project(NIGHT_SCHOOL, "Glaze", client)
    for number, project in enumerate((KILN, other["id"])):
        day = f"2025-10-14T{9 + number:02}"
        add_entry(sandbox, f"{day}:00", f"{day}:30", workspace=NIGHT_SCHOOL, project_id=project)
    rates = [{"project": "Glaze", "amount": 50, "currency": "EUR"}, {"amount": 30, "currency": "NZD"}]
    result = await host.call("prepare_statement", client="Evening Pottery", period="today", rates=rates, group_by="day")

    assert lines_of(result) == [("2025-10-14", 30, 15.0), ("2025-10-14", 30, 25.0)]
    assert result["totals"] == {"EUR": 25.0, "NZD": 15.0}


@pytest.mark.usefixtures("entries")
async def test_prepare_statement_csv_holds_each_line_without_formulas(host: Host, entries: dict[str, int]) -> None:
    result = await host.call("prepare_statement", **AROHA, group_by="entry", format="csv", rounding="up 6m")
    rows = [*csv.DictReader(io.StringIO(result["csv"], newline=""), strict=True)]

    assert rows[1] == {
        "start": "2025-10-13T10:00:00",
        "project": "Web shop",
        "description": "'=Pay",
        "hours": "0.33",
        "rounded_hours": "0.40",
        "rate": "95.00",
        "currency": "NZD",
        "amount": "38.00",
        "rate_source": "toggl",
        "entry_ids": str(entries["b"]),
    }
    assert len(rows) == 3
    assert "lines" not in result


async def test_prepare_statement_of_a_name_of_two_clients_is_ambiguous(host: Host, sandbox: Sandbox) -> None:
    clients = [64_890_301, 64_890_401]
    kiln = sandbox.state.add_project(NIGHT_SCHOOL, "Oven", clients[1])
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, billable=True)
    add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T11:00", workspace=NIGHT_SCHOOL, project_id=kiln["id"])
    error = await host.fail("prepare_statement", **AROHA)
    single = await host.call("prepare_statement", client=clients[0], period="today")

    assert (error["code"], sorted(item["id"] for item in error["candidates"])) == ("ambiguous", clients)
    assert lines_of(single) == [("Web shop", 60, 95.0)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"client": "Aroha Bakry", "period": "today"}, "not_found"),
        ({"period": "today"}, "invalid_arguments"),
        ({"client": "Aroha Bakery", "project": "Web shop", "period": "today"}, "invalid_arguments"),
        (AROHA | {"rates": [{"amount": 5, "currency": "Euro"}]}, "invalid_arguments"),
        (AROHA | {"rates": [{"currency": "EUR"}]}, "invalid_arguments"),
        (AROHA | {"rounding": "15m"}, "invalid_arguments"),
    ],
)
async def test_prepare_statement_unclear_arguments_are_refused(
    host: Host, arguments: dict[str, object], code: str
) -> None:
    assert (await host.fail("prepare_statement", **arguments))["code"] == code


async def test_prepare_statement_without_days_is_refused(host: Host, sandbox: Sandbox) -> None:
    error = await host.fail("prepare_statement", client="Aroha Bakery")

    assert error["message"] == "give period, such as last month, or start and end."
    assert sandbox.calls == []


@pytest.mark.usefixtures("entries")
async def test_prepare_statement_costs_two_requests_a_workspace_and_then_none(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_time_entries")
    sandbox.calls.clear()
    await host.call("prepare_statement", **AROHA)
    cold = len(sandbox.calls)
    warm = await host.call("prepare_statement", **AROHA, group_by="entry", rounding="up 15m")

    assert (cold, warm["requests"]) == (4, 0)
