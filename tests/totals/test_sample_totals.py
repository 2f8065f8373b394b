"""Questions about the sample's 120 days, each answered as an independent count answers it."""

import pytest

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.totals import test_edge_cases, test_report_totals, test_task_totals, test_worked_examples
from tests.totals.cases import IN_SPRING, Case
from tests.totals.comparison import check_case
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL

pytestmark = pytest.mark.anyio

# When it is 11:30 on 9 October by UTC, it is half past midnight on the 10th in Auckland, with a timer running.
IN_AUTUMN = "2026-04-20T22:10Z"
NEW_YEAR = "2026-12-31T11:00:01Z"
AFTER_THE_LEAP_DAY = "2028-02-29T20:15Z"

CASES = {
    "today at 11:30 UTC is tomorrow in Auckland": Case(IN_SPRING, {}),
    "today by project": Case(IN_AUTUMN, {"period": "today", "group_by": ["project"]}),
    "yesterday by description": Case(IN_AUTUMN, {"period": "yesterday", "group_by": ["description"]}),
    "this week by day": Case(IN_SPRING, {"period": "this_week", "group_by": ["day"]}),
    "last week by client and project": Case(IN_SPRING, {"period": "last_week", "group_by": ["client", "project"]}),
    "this month by client": Case(IN_SPRING, {"period": "this_month", "group_by": ["client"]}),
    "last month by tag": Case(IN_SPRING, {"period": "last_month", "group_by": ["tag"]}),
    "last month by tag and client": Case(IN_AUTUMN, {"period": "last_month", "group_by": ["tag", "client"]}),
    "this quarter by week": Case(IN_AUTUMN, {"period": "this_quarter", "group_by": ["week"]}),
    "last quarter by month": Case(IN_SPRING, {"period": "last_quarter", "group_by": ["month"]}),
    "this year by month and whether billable": Case(
        IN_AUTUMN, {"period": "this_year", "group_by": ["month", "billable"]}
    ),
    "last year a second after new year": Case(NEW_YEAR, {"period": "last_year", "group_by": ["month"]}),
    "this year a second after new year": Case(NEW_YEAR, {"period": "this_year"}),
    "last seven days by day": Case(IN_SPRING, {"period": "last_7_days", "group_by": ["day"]}),
    "last thirty days by week and client": Case(IN_SPRING, {"period": "last_30_days", "group_by": ["week", "client"]}),
    "the week of the short night": Case(IN_SPRING, {"start": "2025-09-22", "end": "2025-09-28", "group_by": ["day"]}),
    "the day of the short night": Case(IN_SPRING, {"start": "2025-09-28", "end": "2025-09-28"}),
    "the week of the long night": Case(IN_AUTUMN, {"start": "2026-03-30", "end": "2026-04-05", "group_by": ["day"]}),
    "the day of the long night": Case(IN_AUTUMN, {"start": "2026-04-05", "end": "2026-04-05"}),
    "the month of a leap day by week": Case(
        AFTER_THE_LEAP_DAY, {"start": "2028-02-01", "end": "2028-02-29", "group_by": ["week"]}
    ),
    "yesterday on the first of March of a leap year": Case(
        AFTER_THE_LEAP_DAY, {"period": "yesterday", "group_by": ["tag"]}
    ),
    "a project by its name whatever its case": Case(IN_SPRING, {"period": "last_30_days", "project": "WEB shop"}),
    "a project by its id, by day": Case(
        IN_SPRING, {"period": "last_30_days", "project": "201500309", "group_by": ["day"]}
    ),
    "no project": Case(IN_SPRING, {"period": "last_30_days", "project": "0", "group_by": ["description"]}),
    "a client by name": Case(IN_SPRING, {"period": "last_30_days", "client": "aroha bakery", "group_by": ["project"]}),
    "a client by id": Case(IN_SPRING, {"period": "last_30_days", "client": "64890403"}),
    "no client": Case(IN_SPRING, {"period": "last_30_days", "client": "0", "group_by": ["project"]}),
    "a tag of one workspace": Case(IN_SPRING, {"period": "last_30_days", "tag": "Design", "group_by": ["tag"]}),
    "a tag of two workspaces": Case(IN_SPRING, {"period": "last_30_days", "tag": "meeting", "group_by": ["project"]}),
    "no tag": Case(IN_SPRING, {"period": "last_30_days", "tag": "0", "group_by": ["client"]}),
    "what is billable": Case(IN_SPRING, {"period": "last_month", "billable": True, "group_by": ["project"]}),
    "what is not billable": Case(IN_SPRING, {"period": "last_month", "billable": False, "group_by": ["billable"]}),
    "part of a description": Case(IN_SPRING, {"period": "last_30_days", "description": "MESSE"}),
    "part of a description in another alphabet": Case(IN_SPRING, {"period": "last_30_days", "description": "修正"}),
    "one workspace": Case(IN_SPRING, {"period": "last_month", "workspace": NIGHT_SCHOOL, "group_by": ["project"]}),
    "two workspaces by user": Case(IN_SPRING, {"period": "last_month", "group_by": ["user"]}),
    "client, tag and whether billable at once": Case(
        IN_SPRING, {"period": "last_30_days", "client": "Aroha Bakery", "tag": "design", "billable": True}
    ),
    "a day before there were any entries": Case(IN_SPRING, {"start": "2025-05-01", "end": "2025-05-01"}),
    "days to come": Case(IN_SPRING, {"start": "2025-10-11", "end": "2025-12-31"}),
    "a week that begins on a Sunday": Case(IN_SPRING, {"period": "last_week", "group_by": ["week"]}, week_begins_on=0),
    "weeks that begin on a Saturday": Case(
        IN_SPRING, {"period": "last_30_days", "group_by": ["week"]}, week_begins_on=6
    ),
    "the sample's last week as Honolulu counts it": Case(
        IN_SPRING, {"period": "last_week", "group_by": ["day"]}, zone="Pacific/Honolulu"
    ),
    "the sample's last month as Kathmandu counts it": Case(
        IN_SPRING, {"period": "last_month", "group_by": ["day"]}, zone="Asia/Kathmandu"
    ),
    "a day of reports only": Case(IN_SPRING, {"start": "2025-06-20", "end": "2025-06-20", "group_by": ["project"]}),
    "a month of reports only by day": Case(
        IN_SPRING, {"start": "2025-06-15", "end": "2025-07-05", "group_by": ["day"]}
    ),
    "a year across the start of the entry cache": Case(
        IN_SPRING, {"period": "this_year", "group_by": ["client", "month"]}
    ),
    "eleven days across the start of the entry cache": Case(
        IN_SPRING, {"start": "2025-07-07", "end": "2025-07-17", "group_by": ["day"]}
    ),
    "more than a year": Case(IN_SPRING, {"start": "2024-03-01", "end": "2025-10-09", "group_by": ["month"]}),
    "a team by user": Case(IN_SPRING, {"period": "last_month", "user": "all", "group_by": ["user"]}),
    "a team by user and project in one workspace": Case(
        IN_SPRING,
        {"period": "last_week", "user": "all", "workspace": HARBOUR_STUDIO, "group_by": ["user", "project"]},
    ),
    "a team's billable time by client": Case(
        IN_SPRING, {"period": "last_30_days", "user": "all", "billable": True, "group_by": ["client"]}
    ),
}


EMPTY_CASES = {"a day before there were any entries", "days to come"}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.promise("totals")
async def test_summarize_time_of_the_sample_matches_reference(name: str, clock: Clock) -> None:
    result = await check_case(CASES[name], clock)

    assert (result["total"]["seconds"] == 0) is (name in EMPTY_CASES)


def test_figure_counts_every_case() -> None:
    by_reference = [CASES, test_edge_cases.CASES, test_task_totals.CASES]
    by_hand = [test_worked_examples.CASES, test_report_totals.AMOUNT_CASES]

    check_figures("totals", counted=sum(map(len, by_reference)), by_hand=sum(map(len, by_hand)))
