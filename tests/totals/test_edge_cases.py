"""Worlds of a few entries that go wrong elsewhere, each totalled as an independent count totals it."""

from datetime import datetime, timedelta

import pytest

from tests.sandbox.clock import Clock
from tests.totals.cases import BROCHURE, CHECKOUT, INES, KILN, POLISH, STAND, TANE, UPKEEP, WEB_SHOP, Case, Entry
from tests.totals.comparison import check_case
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

FIRST_NEW = 301_600_001
WEEK_OF_NIGHTS = (
    Entry("2025-10-06T22:30+13:00", "2025-10-07T01:15+13:00", WEB_SHOP, ("design",), "Late", billable=True),
    Entry("2025-10-07T09:00+13:00", "2025-10-07T09:00+13:00", UPKEEP, description="No time at all"),
    Entry("2025-10-07T10:00+13:00", None, UPKEEP, description="No time, and no stop"),
    Entry("2025-10-08T10:00+13:00", "2025-10-08T12:00+13:00", WEB_SHOP, ("design", "meeting"), "Over each other"),
    Entry("2025-10-08T11:00+13:00", "2025-10-08T13:00+13:00", BROCHURE, ("meeting",), "over EACH other"),
    Entry("2025-10-08T14:00+13:00", "2025-10-08T15:00+13:00", BROCHURE, description="Deleted", deleted=True),
    Entry("2025-10-08T16:00+13:00", "2025-10-08T17:00+13:00", WEB_SHOP, description="A colleague's", user=TANE),
    Entry("2025-10-09T19:00+13:00", "2025-10-09T20:30+13:00", KILN, ("lesson", "meeting"), space=NIGHT_SCHOOL),
    Entry("2025-10-11T09:00+13:00", "2025-10-11T12:00+13:00", STAND, description="Planned", billable=True),
    Entry("2025-10-09T23:10+13:00", project=WEB_SHOP, task=CHECKOUT, tags=("design",), runs=True, billable=True),
)
THIS_WEEK = "2025-10-09T11:30Z"  # 00:30 on Friday in Auckland; the timer has run since 23:10.


def week(zone: str = "Pacific/Auckland", begins_on: int = 1, **args: object) -> Case:
    return Case(THIS_WEEK, {"period": "this_week", **args}, WEEK_OF_NIGHTS, zone, begins_on)


def night(zone: str, start: str, hours: int, *days: str) -> Case:
    """Return a question, two days later, about a night's work, and some on either side of every half hour in it."""
    began, first, last = datetime.fromisoformat(start), *days
    halves = [began + timedelta(minutes=30 * number) for number in range(2 * hours)]
    around = [Entry(f"{half - timedelta(seconds=1)}", f"{half + timedelta(minutes=1)}") for half in halves]
    entries = (Entry(start, f"{began + timedelta(hours=hours)}"), *around)
    return Case(f"{began + timedelta(days=2)}", {"start": first, "end": last, "group_by": ["day"]}, entries, zone)


def add_second_web_shop(sandbox: Sandbox) -> None:
    """Let the other workspace have a project and a client of the same names."""
    sandbox.state.add_project(NIGHT_SCHOOL, "Web shop", 64890401)


def rename_ines_to_tane(sandbox: Sandbox) -> None:
    """Let two colleagues have one name."""
    sandbox.state.people[INES] = sandbox.state.people[TANE]


CASES = {
    "a week by day": week(group_by=["day"]),
    "a week by day and tag": week(group_by=["day", "tag"]),
    "a week by tag and project": week(group_by=["tag", "project"]),
    "a week by client and whether billable": week(group_by=["client", "billable"]),
    "a week by description": week(group_by=["description"]),
    "a week by workspace's project": week(group_by=["project"], workspace=NIGHT_SCHOOL),
    "a week's overlaps by what they are about": week(description="each other", group_by=["day", "project"]),
    "a week's billable time, a timer and a plan included": week(billable=True, group_by=["day"]),
    "a week of a team, without the timer": week(user="all", group_by=["user", "day"]),
    "a week from Sunday as Los Angeles counts it": week("America/Los_Angeles", 0, group_by=["day"]),
    "a week from Saturday as Kolkata counts it": week("Asia/Kolkata", 6, group_by=["day", "project"]),
    "a week as Kathmandu counts it": week("Asia/Kathmandu", group_by=["day"]),
    "a week as Saint John's counts it": week("America/St_Johns", group_by=["day", "tag"]),
    "a week as the Chatham Islands count it": week("Pacific/Chatham", group_by=["day"]),
    "a week as Kiritimati counts it": week("Pacific/Kiritimati", group_by=["day"]),
    "a week as the Marquesas count it": week("Pacific/Marquesas", group_by=["day"]),
    "today, with the part of a timer since midnight": Case(THIS_WEEK, {"group_by": ["project"]}, WEEK_OF_NIGHTS),
    "yesterday, with the part of a timer before midnight": Case(THIS_WEEK, {"period": "yesterday"}, WEEK_OF_NIGHTS),
    "a night without midnight in Asunción": night(
        "America/Asuncion", "2024-10-06T02:00Z", 4, "2024-10-05", "2024-10-06"
    ),
    "a night with two hours before midnight in Asunción": night(
        "America/Asuncion", "2024-03-24T01:00Z", 5, "2024-03-23", "2024-03-24"
    ),
    "a night without midnight in Cairo": night("Africa/Cairo", "2025-04-24T20:00Z", 5, "2025-04-24", "2025-04-25"),
    "a night with two hours before midnight in Cairo": night(
        "Africa/Cairo", "2025-10-30T19:00Z", 6, "2025-10-30", "2025-10-31"
    ),
    "a night without midnight in Beirut": night("Asia/Beirut", "2025-03-29T20:00Z", 6, "2025-03-29", "2025-03-30"),
    "a night with two hours before midnight in Beirut": night(
        "Asia/Beirut", "2025-10-25T19:00Z", 7, "2025-10-25", "2025-10-26"
    ),
    "a night with two midnights in Havana": night("America/Havana", "2025-11-02T03:00Z", 6, "2025-11-01", "2025-11-02"),
    "a night half an hour short on Lord Howe Island": night(
        "Australia/Lord_Howe", "2025-10-04T11:00Z", 11, "2025-10-04", "2025-10-05"
    ),
    "the day that Apia never had": night("Pacific/Apia", "2011-12-30T05:00Z", 24, "2011-12-29", "2011-12-31"),
    "an entry of 31 hours over a month's end, by month": Case(
        "2025-10-02T00:00Z",
        {"start": "2025-09-01", "end": "2025-10-31", "group_by": ["month"]},
        (Entry("2025-09-30T20:00+13:00", "2025-10-02T03:00+13:00", WEB_SHOP, ("on site",)),),
    ),
    "the second half of an entry over new year": Case(
        "2027-01-05T00:00Z",
        {"period": "this_year", "group_by": ["week"]},
        (Entry("2026-12-31T22:00+13:00", "2027-01-01T02:30:01+13:00", UPKEEP),),
    ),
    "a leap day between two nights": Case(
        "2028-03-02T00:00Z",
        {"start": "2028-02-28", "end": "2028-03-01", "group_by": ["day"]},
        (Entry("2028-02-28T23:00+13:00", "2028-03-01T01:00+13:00", UPKEEP),),
    ),
    "entries that end and begin on the very second of midnight": Case(
        THIS_WEEK,
        {"period": "yesterday", "group_by": ["description"]},
        (
            Entry("2025-10-08T23:00+13:00", "2025-10-09T00:00+13:00", description="The day before"),
            Entry("2025-10-09T00:00+13:00", "2025-10-09T00:00:01+13:00", description="The first second"),
            Entry("2025-10-09T23:59:59+13:00", "2025-10-10T00:00+13:00", description="The last second"),
            Entry("2025-10-10T00:00+13:00", "2025-10-10T00:10+13:00", description="The day after"),
            Entry("2025-10-09T00:00+13:00", description="No time, at the day's first moment"),
            Entry("2025-10-10T00:00+13:00", description="No time, at the next day's"),
        ),
    ),
    "a timer that is to start in an hour": Case(
        THIS_WEEK, {"group_by": ["day"]}, (Entry("2025-10-10T01:30+13:00", project=UPKEEP, runs=True),)
    ),
    "two clients and two projects of one name in two workspaces": Case(
        THIS_WEEK,
        {"period": "this_month", "group_by": ["client", "project"]},
        (
            Entry("2025-10-03T09:00+13:00", "2025-10-03T10:00+13:00", WEB_SHOP),
            Entry("2025-10-03T11:00+13:00", "2025-10-03T11:20+13:00", FIRST_NEW, space=NIGHT_SCHOOL),
            Entry("2025-10-03T12:00+13:00", "2025-10-03T12:05+13:00", POLISH, space=NIGHT_SCHOOL),
        ),
        prepare=add_second_web_shop,
    ),
    "two colleagues of one name": Case(
        THIS_WEEK,
        {"period": "this_month", "user": "all", "group_by": ["user"]},
        (
            Entry("2025-10-03T09:00+13:00", "2025-10-03T10:00+13:00", WEB_SHOP, user=TANE),
            Entry("2025-10-03T11:00+13:00", "2025-10-03T11:20+13:00", WEB_SHOP, user=INES),
            Entry("2025-10-03T12:00+13:00", "2025-10-03T12:05+13:00", WEB_SHOP),
        ),
        prepare=rename_ines_to_tane,
    ),
    "both clients of one name, by that name": Case(
        THIS_WEEK,
        {"period": "this_month", "client": "Aroha Bakery", "group_by": ["client"]},
        (
            Entry("2025-10-03T09:00+13:00", "2025-10-03T10:00+13:00", WEB_SHOP),
            Entry("2025-10-03T11:00+13:00", "2025-10-03T11:20+13:00", FIRST_NEW, space=NIGHT_SCHOOL),
            Entry("2025-10-03T12:00+13:00", "2025-10-03T12:05+13:00", BROCHURE),
        ),
        prepare=add_second_web_shop,
    ),
    "a tag that two workspaces spell differently": Case(
        THIS_WEEK,
        {"period": "this_month", "tag": "MEETING", "group_by": ["tag"]},
        (
            Entry("2025-10-03T09:00+13:00", "2025-10-03T10:00+13:00", WEB_SHOP, ("Meeting", "meeting")),
            Entry("2025-10-03T11:00+13:00", "2025-10-03T11:20+13:00", KILN, ("meeting",), space=NIGHT_SCHOOL),
        ),
    ),
    "entries a second either side of the start of the entry cache": Case(
        "2025-10-09T00:00Z",
        {"start": "2025-07-11", "end": "2025-07-13", "group_by": ["day"]},
        (
            Entry("2025-07-11T23:59:59Z", "2025-07-12T00:30Z", WEB_SHOP),
            Entry("2025-07-12T00:00Z", "2025-07-12T01:00Z", WEB_SHOP),
            Entry("2025-07-12T00:00:01Z", "2025-07-12T02:00Z", UPKEEP),
        ),
    ),
    "an entry of 999 hours that began before the entry cache does": Case(
        THIS_WEEK,
        {"start": "2025-08-10", "end": "2025-08-10"},
        (Entry("2025-07-02T00:00Z", "2025-08-12T15:00Z", WEB_SHOP), Entry("2025-08-10T02:00Z", "2025-08-10T03:00Z")),
    ),
    "23 hours and 45 minutes from the eve of a day of 23 hours into the day after it": Case(
        "2025-10-01T00:00Z",
        {"start": "2025-09-29", "end": "2025-09-29", "user": "all"},
        (Entry("2025-09-27T23:30+12:00", "2025-09-29T00:15+13:00", WEB_SHOP),),
    ),
    "a night from reports only into the entry cache": Case(
        "2025-10-09T00:00Z",
        {"start": "2025-07-12", "end": "2025-07-12", "workspace": HARBOUR_STUDIO},
        (Entry("2025-07-11T20:00+12:00", "2025-07-12T06:00+12:00", WEB_SHOP),),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_summarize_time_edge_case_matches_reference(case: Case, clock: Clock) -> None:
    await check_case(case, clock)
