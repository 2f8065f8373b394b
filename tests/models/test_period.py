"""Days, weeks and months of a calendar, and the times that people write down."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.period import Calendar, DateRange, make_calendar
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.time_grammar import parse_time

AUCKLAND = make_calendar("Pacific/Auckland", 1)
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def hours(calendar: Calendar, day: date) -> float:
    return (DateRange(calendar, day, day).end - DateRange(calendar, day, day).start) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", date(2026, 11, 24), date(2026, 11, 24)),
        ("yesterday", date(2026, 11, 23), date(2026, 11, 23)),
        ("this_week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("this_month", date(2026, 11, 1), date(2026, 11, 30)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this_quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last_quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this_year", date(2026, 1, 1), date(2026, 12, 31)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
        ("last_7_days", date(2026, 11, 18), TUESDAY),
        ("last_30_days", date(2026, 10, 26), TUESDAY),
    ],
)
def test_parse_period_returns_first_and_last_day(period: str, first: date, last: date) -> None:
    assert parse_period(period, TUESDAY, AUCKLAND) == DateRange(AUCKLAND, first, last)


@pytest.mark.parametrize(
    ("period", "today", "first", "last"),
    [
        ("last_month", date(2027, 1, 31), date(2026, 12, 1), date(2026, 12, 31)),
        ("last_quarter", date(2027, 2, 1), date(2026, 10, 1), date(2026, 12, 31)),
        ("this_month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29)),
        ("this_week", date(2026, 11, 29), date(2026, 11, 23), date(2026, 11, 29)),
        ("last_year", date(2028, 2, 29), date(2027, 1, 1), date(2027, 12, 31)),
    ],
)
def test_parse_period_crosses_years_and_leap_days(period: str, today: date, first: date, last: date) -> None:
    assert parse_period(period, today, AUCKLAND) == DateRange(AUCKLAND, first, last)


@pytest.mark.parametrize(("begins_on", "first"), list(enumerate([22, 23, 24, 18, 19, 20, 21])))
def test_first_of_week_follows_the_first_weekday_of_the_account(begins_on: int, first: int) -> None:
    assert make_calendar("UTC", begins_on).first_of_week(TUESDAY) == date(2026, 11, first)


@pytest.mark.parametrize(
    ("zone", "day", "length"),
    [
        ("Pacific/Auckland", date(2026, 9, 27), 23),
        ("Pacific/Auckland", date(2026, 4, 5), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Beirut", date(2026, 3, 29), 23),  # The clock jumps at midnight: the day begins at one.
        ("America/Havana", date(2026, 11, 1), 25),  # Midnight happens twice.
        ("Pacific/Apia", date(2011, 12, 31), 24),  # The day before never happened.
    ],
)
def test_date_range_day_length_follows_dst(zone: str, day: date, length: float) -> None:
    assert hours(make_calendar(zone, 1), day) == length


def test_date_range_consecutive_days_have_no_gap() -> None:
    for zone in ("Pacific/Auckland", "Asia/Beirut", "America/Havana", "Pacific/Apia"):
        calendar = make_calendar(zone, 1)
        for number in range(400):
            day = date(2011, 10, 1) + timedelta(days=number)
            assert DateRange(calendar, day, day).end == DateRange(calendar, day + timedelta(days=1), day).start


def test_split_by_day_splits_at_midnight_within_the_range() -> None:
    days = DateRange(AUCKLAND, date(2026, 11, 23), TUESDAY)
    start = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)  # 23:00 on the 22nd, in Auckland
    end = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # 01:00 on the 25th
    assert list(days.split_by_day(start, end)) == [(date(2026, 11, 23), 86_400), (date(2026, 11, 24), 86_400)]
    assert list(days.split_by_day(end, start)) == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:00", datetime(2026, 11, 23, 20, 0, tzinfo=UTC)),
        ("2026-11-24T09:00:30Z", datetime(2026, 11, 24, 9, 0, 30, tzinfo=UTC)),
        ("2026-11-24T09:00+01:00", datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        ("2026-07-01T09:00", datetime(2026, 6, 30, 21, 0, tzinfo=UTC)),
    ],
)
def test_parse_time_without_offset_uses_account_zone(text: str, moment: datetime) -> None:
    assert parse_time(text, NOW, AUCKLAND) == moment


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-04-05T02:30", "happens twice"),
        ("2026-09-27T02:30", "does not happen"),
        ("2026-11-24", "time of day"),
        ("2026-11-24T25:00", "is not a time"),
    ],
)
def test_parse_time_missing_or_ambiguous_time_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_time(text, NOW, AUCKLAND)


@pytest.mark.parametrize(
    ("zone", "text", "hint"),
    [
        ("Pacific/Auckland", "2026-04-05T02:30", "happens twice that night, .* the offset +13:00 or +12:00"),
        ("Pacific/Auckland", "2026-09-27T02:30", "does not happen that night, .* the offset +12:00 or +13:00"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "happens twice that night, .* the offset +11:00 or +10:30"),
        ("America/New_York", "2026-03-08T02:30", "does not happen that night, .* the offset -05:00 or -04:00"),
    ],
)
def test_parse_time_at_a_clock_change_hint_has_both_offsets(zone: str, text: str, hint: str) -> None:
    calendar = make_calendar(zone, 1)
    with pytest.raises(ValueError, match=hint.replace("+", r"\+")) as refusal:
        parse_time(text, NOW, calendar)

    for offset in re.findall(r"[+-]\d\d:\d\d", str(refusal.value)):
        parse_time(text + offset, NOW, calendar)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_make_calendar_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(InvalidArguments, match="time zone"):
        make_calendar(zone, 1)
