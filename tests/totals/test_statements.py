"""Statements of generated weeks: every line, rounding and total as an independent count has it, and as Toggl has it."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Result
from tests.totals.cases import (
    BROCHURE,
    IN_SPRING,
    STAND,
    TANE,
    UPKEEP,
    WEB_SHOP,
    Case,
    Entry,
    open_case,
    use_rounding_arguments,
)
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

pytestmark = pytest.mark.anyio

ZONE = ZoneInfo("Pacific/Auckland")
CENTS = {WEB_SHOP: 9500, STAND: 11_000, BROCHURE: 8000, UPKEEP: 8000}
"""What an hour costs: the project's rate, else the workspace's."""
NAMES = {WEB_SHOP: "Web shop", STAND: "Messestand", BROCHURE: "Season brochure"}
SEPTEMBER = {"start": "2025-09-01", "end": "2025-09-30"}
DIRECTIONS: Mapping[str, tuple[int, Callable[[Fraction], int]]] = {
    "up": (1, math.ceil),
    "down": (-1, math.floor),
    "nearest": (0, lambda steps: math.floor(steps + Fraction(1, 2))),
}
"""Toggl's number of a direction, and what it does with steps."""


def make_month(seed: int) -> tuple[Entry, ...]:
    """Return the entries of a September, none of which lasts into another month."""
    random, entries = Random(seed), list[Entry]()  # noqa: S311 - made-up work
    for _ in range(60):
        start = datetime(2025, 9, random.randint(1, 29), random.randint(0, 23), random.randint(0, 59), tzinfo=ZONE)
        start += timedelta(seconds=random.choice((0, 0, random.randint(0, 59))))
        stop = start + timedelta(seconds=random.choice((60, 900, random.randint(1, 20_000), random.randint(1, 90_000))))
        entries.append(
            Entry(
                start.isoformat(),
                min(stop, datetime(2025, 9, 30, 23, 59, tzinfo=ZONE)).isoformat(),
                random.choice((WEB_SHOP, WEB_SHOP, STAND, BROCHURE, UPKEEP, None)),
                description=random.choice((None, "Draft", "Proofs")),
                user=random.choice((None, None, TANE)),
                billable=random.random() < 0.8,
            )
        )
    return tuple(entries)


@cache
def count_days(entry: Entry) -> Mapping[str, int]:
    """Return the seconds of an entry on each local day, minute by minute."""
    at, stop = (int(datetime.fromisoformat(text or "").timestamp()) for text in (entry.start, entry.stop))
    days: dict[str, int] = defaultdict(int)
    while at < stop:
        until = min(stop, at - at % 60 + 60)
        days[str(datetime.fromtimestamp(at, ZONE).date())] += until - at
        at = until
    return days


def round_units(entries: list[Entry], rounding: str) -> Fraction:
    """Return the rounded seconds of entries on one project."""
    words = rounding.split()
    if not words:
        return Fraction(sum(sum(count_days(entry).values()) for entry in entries))
    direction, step, unit = words[0], int(words[1][:-1]) * 60, words[-1]
    sums: dict[object, int] = defaultdict(int)
    for number, entry in enumerate(entries):
        for day, seconds in count_days(entry).items():
            sums[{"entry": number, "day": day, "total": 0}[unit]] += seconds
    return Fraction(sum(DIRECTIONS[direction][1](Fraction(seconds, step)) * step for seconds in sums.values()))


def to_cents(amount: Fraction) -> int:
    return math.floor(amount + Fraction(1, 2))


async def fetch_toggl_total(sandbox: Sandbox, project: int, rounding: str) -> int | None:
    """Return what Toggl's own report of totals has for a project, in cents."""
    words = rounding.split()
    direction, minutes = (DIRECTIONS[words[0]][0], int(words[1][:-1])) if words else (0, 0)
    body = {
        "start_date": SEPTEMBER["start"],
        "end_date": SEPTEMBER["end"],
        "project_ids": [project],
        "rounding": direction,
        "rounding_minutes": minutes,
    }
    async with connect_in_process(sandbox) as client:
        response = await client.post(
            f"http://toggl.invalid/reports/api/v3/workspace/{HARBOUR_STUDIO}/search/time_entries/totals",
            json=body,
            auth=BasicAuth(TOKEN, "api_token"),
        )
    return response.json()["billable_amount_in_cents"]


def check_lines(result: Result, entry_count: int) -> None:
    """Hold the lines to their sum: each is within a cent of its time at its rate, and names each entry once."""
    lines = result["lines"]
    ids = {key for line in lines for key in line["entry_ids"]}
    assert len(ids) == entry_count
    assert result["seconds"] == sum(line["seconds"] for line in lines)
    assert sum(round(line["amount"] * 100) for line in lines) == round(result["totals"].get("NZD", 0.0) * 100)
    for line in lines:
        if "rounded_hours" not in line:
            assert line["amount"] == pytest.approx(line["rate"] * line["seconds"] / 3600, abs=0.0101)


QUESTIONS = [
    *product(("project", "task", "day", "entry"), [""]),
    *product(
        ("project", "task", "day", "entry"),
        (f"{way} {step}m per {unit}" for way, step, unit in product(DIRECTIONS, (6, 15), ("entry", "day"))),
    ),
    *(("project", f"{way} 30m per total") for way in DIRECTIONS),
]
"""The kinds of lines, and the roundings."""


@pytest.mark.parametrize("seed", range(4))
async def test_prepare_statement_of_a_generated_month_matches_an_independent_count(clock: Clock, seed: int) -> None:
    entries = make_month(seed)
    async with open_case(Case(IN_SPRING, {}, entries), clock) as (host, _):
        for project, (group_by, rounding) in product(NAMES, QUESTIONS):
            work = [entry for entry in entries if entry.project == project]
            billable = [entry for entry in work if entry.billable]
            arguments = {"project": NAMES[project], "user": "all", "group_by": group_by, "rounding": rounding}
            result = await host.call("prepare_statement", **SEPTEMBER, **arguments)
            seconds = round_units(billable, rounding)
            left_out = {item["reason"]: item["seconds"] for item in result["left_out"]}

            assert result["rounded_seconds"] == seconds, arguments
            assert result["totals"] == {"NZD": to_cents(seconds * CENTS[project] / 3600) / 100}, arguments
            check_lines(result, len(billable))
            assert left_out.get("unbillable", 0) == round_units([item for item in work if not item.billable], "")
            assert left_out["no_project"] == round_units([item for item in entries if item.project is None], "")


@pytest.mark.parametrize("rounding", ["", "up 15m per entry", "down 6m per entry", "nearest 30m per entry"])
async def test_prepare_statement_total_is_that_of_toggls_report(clock: Clock, rounding: str) -> None:
    for seed in range(4):
        async with open_case(Case(IN_SPRING, {}, make_month(seed)), clock) as (host, sandbox):
            for project, name in NAMES.items():
                arguments = {"project": name, "user": "all", "rounding": rounding}
                result = await host.call("prepare_statement", **SEPTEMBER, **arguments)
                with use_rounding_arguments(sandbox):
                    expected = await fetch_toggl_total(sandbox, project, rounding)

                assert expected is not None
                assert result["totals"]["NZD"] == pytest.approx(expected / 100, abs=0.001), (seed, name)
