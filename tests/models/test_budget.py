"""Budgets against plain arithmetic: fractions, and days that are walked one at a time."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toggl_mcp.models.budget import MAX_FORECAST_DAYS, Pace, count_budget, forecast_day, measure_pace
from toggl_mcp.models.projects import Project

TODAY = date(2025, 10, 14)


def make_project(**fields: object) -> Project:
    return Project.model_validate({"id": 1, "workspace_id": 2, "name": "Jetty", "billable": True} | fields)


def walk_to_the_end(remaining: int, pace: Pace) -> date:
    """Return the day on which the remaining seconds are worked off, one day after the other."""
    day, rest, rate = TODAY, Fraction(remaining), Fraction(pace.seconds, pace.days)
    while rest > 0:
        day, rest = day + timedelta(days=1), rest - rate
    return day


@given(st.integers(1, 10**7), st.integers(1, 10**6), st.integers(14, 28))
def test_forecast_day_is_the_day_on_which_nothing_remains(remaining: int, seconds: int, days: int) -> None:
    pace = Pace(seconds, days)
    if Fraction(remaining * days, seconds) > MAX_FORECAST_DAYS:
        assert forecast_day(remaining, pace, TODAY) is None
    else:
        assert forecast_day(remaining, pace, TODAY) == walk_to_the_end(remaining, pace)


@pytest.mark.parametrize(("remaining", "seconds"), [(0, 3600), (-60, 3600), (3600, 0)])
def test_forecast_day_without_remaining_time_or_pace_is_none(remaining: int, seconds: int) -> None:
    assert forecast_day(remaining, Pace(seconds, 28), TODAY) is None


@pytest.mark.parametrize(
    ("idle_days", "has_older_time", "expected"),
    [
        (0, False, Pace(28 * 60, 28)),
        (14, False, Pace(14 * 60, 14)),
        (15, False, None),
        (28, False, None),
        (15, True, Pace(13 * 60, 28)),
        (28, True, Pace(0, 28)),
    ],
)
def test_measure_pace_counts_days_from_the_first_time_on_and_needs_fourteen(
    idle_days: int, expected: Pace | None, *, has_older_time: bool
) -> None:
    assert measure_pace([0] * idle_days + [60] * (28 - idle_days), has_older_time=has_older_time) == expected


@pytest.mark.parametrize(
    ("fields", "remaining", "earned"),
    [
        ({}, None, None),
        ({"estimated_seconds": 36_000}, 36_000, None),
        ({"estimated_seconds": 36_000, "actual_seconds": 9000}, 27_000, None),
        ({"estimated_seconds": 36_000, "actual_seconds": 39_600}, -3600, None),
        ({"estimated_seconds": 0, "actual_seconds": 60}, None, None),
        ({"estimated_seconds": 36_000, "recurring_parameters": [{"period": "monthly"}]}, None, None),
        ({"rate": 90, "actual_seconds": 5000}, None, 125.0),
        ({"rate": 95.5, "actual_seconds": 1}, None, 0.03),
        ({"rate": 90, "actual_seconds": 5000, "billable": False}, None, None),
        ({"rate": 90}, None, 0.0),
    ],
)
def test_count_budget_of_what_toggl_tells_with_a_project(
    fields: dict[str, object], remaining: int | None, earned: float | None
) -> None:
    assert count_budget(make_project(**fields)) == (remaining, earned)
