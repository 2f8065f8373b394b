"""How a project stands: what remains of its estimate, what it has earned, and when the estimate is used up."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from toggl_mcp.models.projects import Project

PACE_DAYS = 28
"""Days that a pace is measured over, at most."""
MIN_PACE_DAYS = 14
"""Days with data that a pace needs: of less, a week off or a rush would be taken for the usual."""
MAX_FORECAST_DAYS = 3650


class Budget(NamedTuple):
    """What remains of a project's estimate, negative if it is exceeded, and what it has earned at its rate.

    Each is None where the project has no estimate, or no rate. A recurring project has nothing that remains: Toggl does
    not say whether its tracked time is of the period or of all.
    """

    remaining_seconds: int | None
    earned: float | None


class Pace(NamedTuple):
    """The seconds tracked on some whole days."""

    seconds: int
    days: int

    @property
    def seconds_per_week(self) -> int:
        """The seconds of seven days."""
        return round(self.seconds * 7 / self.days)


def count_budget(project: Project) -> Budget:
    """Return how a project stands, from what Toggl tells with it."""
    tracked, estimated = project.actual_seconds or 0, project.estimated_seconds
    is_countable = estimated and project.recurring_period is None
    is_rated = project.billable and project.rate
    return Budget(
        remaining_seconds=estimated - tracked if estimated and is_countable else None,
        earned=round(tracked * project.rate / 3600, 2) if project.rate and is_rated else None,
    )


def measure_pace(daily_seconds: Sequence[int], *, has_older_time: bool) -> Pace | None:
    """Return the pace of whole days, the earliest first; None if time begins less than two weeks before their end.

    Days before a project's first time do not count: `has_older_time` is whether that was before these days.
    """
    worked = (number for number, seconds in enumerate(daily_seconds) if seconds)
    days = len(daily_seconds) - (0 if has_older_time else next(worked, len(daily_seconds)))
    return None if days < MIN_PACE_DAYS else Pace(sum(daily_seconds), days)


def forecast_day(remaining_seconds: int, pace: Pace, today: date) -> date | None:
    """Return the day on which what remains is used up at a pace, counted from today on.

    None if nothing remains, nothing was tracked, or it lasts for more than ten years.
    """
    if remaining_seconds <= 0 or not pace.seconds:
        return None
    days = -(-remaining_seconds * pace.days // pace.seconds)
    return today + timedelta(days=days) if days <= MAX_FORECAST_DAYS else None
