"""Figures worked out by hand: the sentence beside each says how."""

from typing import NamedTuple

import pytest

from tests.sandbox.clock import Clock
from tests.totals.cases import BROCHURE, KILN, TANE, UPKEEP, WEB_SHOP, Case, Entry, open_case
from tests.totals.comparison import Groups, check_groups, total_of
from tests.totals.reference import Count
from toggl_mcp.sandbox import NIGHT_SCHOOL

pytestmark = pytest.mark.anyio

HOUR = 3600
FRIDAY = "2025-10-09T11:30Z"
"""00:30 on Friday, 10 October, in Auckland."""


class WorkedExample(NamedTuple):
    """A case and what is to come out of it."""

    case: Case
    total: Count
    groups: Groups


CASES = {
    "three entries of 61 minutes are 10,980 seconds, also where the user's reports round": WorkedExample(
        Case(
            FRIDAY,
            {"start": "2025-05-05", "end": "2025-05-05", "group_by": ["day"]},
            (
                Entry("2025-05-05T08:00+12:00", "2025-05-05T09:01+12:00", WEB_SHOP),
                Entry("2025-05-05T10:00+12:00", "2025-05-05T11:01+12:00"),
                Entry("2025-05-05T12:00+12:00", "2025-05-05T13:01+12:00", KILN, space=NIGHT_SCHOOL),
            ),
        ),
        Count(10_980, 3),
        {("2025-05-05",): Count(10_980, 3)},
    ),
    "22:30 to 01:15 is an hour and a half on Monday and an hour and a quarter on Tuesday": WorkedExample(
        Case(
            FRIDAY,
            {"period": "this_week", "group_by": ["day"]},
            (Entry("2025-10-06T22:30+13:00", "2025-10-07T01:15+13:00", WEB_SHOP),),
        ),
        Count(9900, 1),
        {("2025-10-06",): Count(5400, 1), ("2025-10-07",): Count(4500, 1)},
    ),
    "a timer that has run from 23:10 to 00:30 has 30 minutes of today's": WorkedExample(
        Case(FRIDAY, {"group_by": ["project"]}, (Entry("2025-10-09T23:10+13:00", project=WEB_SHOP, runs=True),)),
        Count(1800, 1),
        {("Web shop",): Count(1800, 1)},
    ),
    "01:00 to 04:00 by the clock is two hours in the night that clocks go forward": WorkedExample(
        Case(
            FRIDAY,
            {"start": "2025-09-28", "end": "2025-09-28", "group_by": ["day"]},
            (Entry("2025-09-28T01:00+12:00", "2025-09-28T04:00+13:00"),),
        ),
        Count(2 * HOUR, 1),
        {("2025-09-28",): Count(2 * HOUR, 1)},
    ),
    "01:00 to 04:00 by the clock is four hours in the night that clocks go back": WorkedExample(
        Case(
            "2026-04-07T00:00Z",
            {"start": "2026-04-05", "end": "2026-04-05", "group_by": ["day"]},
            (Entry("2026-04-05T01:00+13:00", "2026-04-05T04:00+12:00"),),
        ),
        Count(4 * HOUR, 1),
        {("2026-04-05",): Count(4 * HOUR, 1)},
    ),
    "a day without midnight begins at 01:00: an hour of the three from 23:00 is the day's before": WorkedExample(
        Case(
            "2025-04-27T00:00Z",
            {"start": "2025-04-24", "end": "2025-04-25", "group_by": ["day"]},
            (Entry("2025-04-24T23:00+02:00", "2025-04-25T03:00+03:00"),),
            "Africa/Cairo",
        ),
        Count(3 * HOUR, 1),
        {("2025-04-24",): Count(HOUR, 1), ("2025-04-25",): Count(2 * HOUR, 1)},
    ),
    "a repeated last hour: 22:30 to 00:30 is two and a half hours before midnight and half of one after": WorkedExample(
        Case(
            "2025-10-28T00:00Z",
            {"start": "2025-10-25", "end": "2025-10-26", "group_by": ["day"]},
            (Entry("2025-10-25T22:30+03:00", "2025-10-26T00:30+02:00"),),
            "Asia/Beirut",
        ),
        Count(3 * HOUR, 1),
        {("2025-10-25",): Count(9000, 1), ("2025-10-26",): Count(1800, 1)},
    ),
    "31 hours from 20:00 on 30 September are 4 in September, 24 and 3 in October": WorkedExample(
        Case(
            "2025-10-03T00:00Z",
            {"start": "2025-09-30", "end": "2025-10-02", "group_by": ["month", "day"]},
            (Entry("2025-09-30T20:00+13:00", "2025-10-02T03:00+13:00"),),
        ),
        Count(31 * HOUR, 1),
        {
            ("2025-09", "2025-09-30"): Count(4 * HOUR, 1),
            ("2025-10", "2025-10-01"): Count(24 * HOUR, 1),
            ("2025-10", "2025-10-02"): Count(3 * HOUR, 1),
        },
    ),
    "the same 31 hours are 27 in October alone": WorkedExample(
        Case(
            "2025-10-03T00:00Z",
            {"period": "this_month", "group_by": ["user"]},
            (Entry("2025-09-30T20:00+13:00", "2025-10-02T03:00+13:00"),),
        ),
        Count(27 * HOUR, 1),
        {("Marama Quayle",): Count(27 * HOUR, 1)},
    ),
    "10:00 to 12:00 and 11:00 to 13:00 are four hours, as at Toggl": WorkedExample(
        Case(
            FRIDAY,
            {"period": "yesterday", "group_by": ["project"]},
            (
                Entry("2025-10-09T10:00+13:00", "2025-10-09T12:00+13:00", WEB_SHOP),
                Entry("2025-10-09T11:00+13:00", "2025-10-09T13:00+13:00", BROCHURE),
            ),
        ),
        Count(4 * HOUR, 2),
        {("Web shop",): Count(2 * HOUR, 1), ("Season brochure",): Count(2 * HOUR, 1)},
    ),
    "an hour with two tags is an hour under each, and one in total": WorkedExample(
        Case(
            FRIDAY,
            {"period": "yesterday", "group_by": ["tag"]},
            (
                Entry("2025-10-09T10:00+13:00", "2025-10-09T11:00+13:00", tags=("design", "meeting")),
                Entry("2025-10-09T11:00+13:00", "2025-10-09T11:10+13:00"),
            ),
        ),
        Count(4200, 2),
        {("design",): Count(HOUR, 1), ("meeting",): Count(HOUR, 1), ("(no tag)",): Count(600, 1)},
    ),
    "of no length, deleted and a colleague's: one entry of no time": WorkedExample(
        Case(
            FRIDAY,
            {"period": "yesterday", "group_by": ["description"]},
            (
                Entry("2025-10-09T10:00+13:00"),
                Entry("2025-10-09T11:00+13:00", "2025-10-09T12:00+13:00", description="Gone", deleted=True),
                Entry("2025-10-09T13:00+13:00", "2025-10-09T14:00+13:00", description="Theirs", user=TANE),
            ),
        ),
        Count(0, 1),
        {("(no description)",): Count(0, 1)},
    ),
    "an hour in each of two workspaces, and half of one without a client": WorkedExample(
        Case(
            FRIDAY,
            {"period": "this_month", "group_by": ["client"]},
            (
                Entry("2025-10-02T10:00+13:00", "2025-10-02T11:00+13:00", WEB_SHOP),
                Entry("2025-10-02T19:00+13:00", "2025-10-02T20:00+13:00", KILN, space=NIGHT_SCHOOL),
                Entry("2025-10-03T10:00+13:00", "2025-10-03T10:20+13:00", UPKEEP),
                Entry("2025-10-03T11:00+13:00", "2025-10-03T11:10+13:00"),
            ),
        ),
        Count(9000, 4),
        {("Aroha Bakery",): Count(HOUR, 1), ("Evening Pottery",): Count(HOUR, 1), ("(no client)",): Count(1800, 2)},
    ),
    "a week from Sunday begins on 5 October and takes Saturday's plan in, not last Saturday's hour": WorkedExample(
        Case(
            FRIDAY,
            {"period": "this_week", "group_by": ["week"]},
            (
                Entry("2025-10-04T10:00+13:00", "2025-10-04T11:00+13:00"),
                Entry("2025-10-05T10:00+13:00", "2025-10-05T12:00+13:00"),
                Entry("2025-10-11T10:00+13:00", "2025-10-11T14:00+13:00"),
                Entry("2025-10-12T10:00+13:00", "2025-10-12T18:00+13:00"),
            ),
            week_begins_on=0,
        ),
        Count(6 * HOUR, 2),
        {("2025-10-05",): Count(6 * HOUR, 2)},
    ),
    "18:00 to 19:00 by UTC straddles midnight in Kolkata, where it is half an hour each side": WorkedExample(
        Case(
            FRIDAY,
            {"period": "last_7_days", "group_by": ["day"]},
            (Entry("2025-10-07T18:00Z", "2025-10-07T19:00Z"),),
            "Asia/Kolkata",
        ),
        Count(HOUR, 1),
        {("2025-10-07",): Count(1800, 1), ("2025-10-08",): Count(1800, 1)},
    ),
    "seven days to 10 October begin on the 4th: of two hours round its midnight one counts": WorkedExample(
        Case(
            FRIDAY,
            {"period": "last_7_days", "group_by": ["day"]},
            (Entry("2025-10-03T23:00+13:00", "2025-10-04T01:00+13:00"),),
        ),
        Count(HOUR, 1),
        {("2025-10-04",): Count(HOUR, 1)},
    ),
    "29 February has all 24 of an entry from 23:00 on the 28th to 01:00 on 1 March": WorkedExample(
        Case(
            "2028-03-02T00:00Z",
            {"start": "2028-02-29", "end": "2028-02-29", "group_by": ["day"]},
            (Entry("2028-02-28T23:00+13:00", "2028-03-01T01:00+13:00"),),
        ),
        Count(24 * HOUR, 1),
        {("2028-02-29",): Count(24 * HOUR, 1)},
    ),
}


@pytest.mark.parametrize("example", CASES.values(), ids=CASES.keys())
async def test_summarize_time_matches_worked_example(example: WorkedExample, clock: Clock) -> None:
    async with open_case(example.case, clock) as (host, _):
        result = await host.call("summarize_time", **example.case.args)

    assert total_of(result) == example.total
    check_groups(result, example.groups)
