"""The grammars of times, durations and periods: a table of phrases, and properties over zones and clock changes."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.period_phrases import PERIODS
from tests.models.phrases import DURATIONS, TIMES, list_phrases
from toggl_mcp.models.day_grammar import parse_day
from toggl_mcp.models.duration_grammar import parse_duration
from toggl_mcp.models.period import Calendar, make_calendar
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.time_entries import MAX_DURATION
from toggl_mcp.models.time_grammar import describe_now, localize, parse_time

AUCKLAND = make_calendar("Pacific/Auckland", 1)
TUESDAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Auckland", "Australia/Lord_Howe", "America/New_York", "America/Havana", "Asia/Beirut")
CHANGES = [(zone, day) for zone in ZONES[1:] for day in ("2026-03-08", "2026-03-29", "2026-04-05", "2026-11-01")]

calendars = st.builds(make_calendar, st.sampled_from(ZONES), st.integers(0, 6))
days = st.dates(date(2008, 1, 1), date(2029, 12, 31))
moments = st.datetimes(datetime(2008, 1, 2), datetime(2029, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda moment: moment.replace(microsecond=0)
)
clock_changes = st.tuples(st.sampled_from(CHANGES), st.integers(-6 * 60, 30 * 60)).map(
    lambda draw: (
        make_calendar(draw[0][0], 1),
        datetime.fromisoformat(draw[0][1]).replace(tzinfo=UTC) + timedelta(minutes=draw[1]),
    )
)


def check_phrase(meaning: str, parse: Callable[[], str]) -> None:
    if not meaning.startswith("!"):
        assert parse() == meaning
        return
    with pytest.raises(ValueError, match=r"\w") as refusal:
        parse()
    for part in meaning.removeprefix("! ").split(" | "):
        assert part in str(refusal.value)


@pytest.mark.parametrize(("phrase", "meaning"), list_phrases(TIMES))
def test_parse_time_phrase_has_its_meaning_or_is_refused(phrase: str, meaning: str) -> None:
    check_phrase(meaning, lambda: AUCKLAND.to_local_text(parse_time(phrase, NOW, AUCKLAND)))


@pytest.mark.parametrize("phrase", ["1:30-05:00", "01:30-0500", "1:30 -05:00"])
def test_parse_time_with_the_offset_that_a_change_of_clocks_asks_for_is_read(phrase: str) -> None:
    new_york, day = make_calendar("America/New_York", 1), date(2026, 11, 1)
    with pytest.raises(ValueError, match="-04:00 or -05:00"):
        parse_time("1:30", NOW, new_york, day)
    assert new_york.to_local_text(parse_time(phrase, NOW, new_york, day)) == "2026-11-01T01:30:00-05:00"


def test_parse_time_two_times_of_which_one_looks_like_the_own_offset_are_refused() -> None:
    with pytest.raises(ValueError, match="is not a time"):
        parse_time("9:00-05:00", NOW, make_calendar("America/New_York", 1))


@pytest.mark.parametrize(("phrase", "meaning"), list_phrases(DURATIONS))
def test_parse_duration_phrase_has_its_meaning_or_is_refused(phrase: str, meaning: str) -> None:
    check_phrase(meaning, lambda: str(parse_duration(phrase)))


@pytest.mark.parametrize(("phrase", "meaning"), list_phrases(PERIODS))
def test_parse_period_phrase_has_its_meaning_or_is_refused(phrase: str, meaning: str) -> None:
    def parse() -> str:
        period = parse_period(phrase, TUESDAY, AUCKLAND)
        return f"{period.first} {period.last}"

    check_phrase(meaning, parse)


def test_phrases_are_at_least_300_and_different() -> None:
    tables = [[phrase for phrase, _ in list_phrases(table)] for table in (TIMES, DURATIONS, PERIODS)]

    assert sum(map(len, tables)) >= 300
    for phrases in tables:
        assert len(phrases) == len(set(phrases))


@given(st.integers(0, int(MAX_DURATION.total_seconds())))
def test_parse_duration_reads_every_form_alike(seconds: int) -> None:
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    assert parse_duration(f"{hours}h{minutes}m{rest}s") == seconds
    assert parse_duration(f"{hours}:{minutes:02}:{rest:02}") == seconds
    assert parse_duration(f"PT{seconds}S") == seconds


@given(st.one_of(clock_changes, st.tuples(calendars, moments)), st.booleans())
def test_parse_time_reads_what_is_formatted(draw: tuple[Calendar, datetime], with_offset: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    calendar, moment = draw
    local = moment.astimezone(calendar.zone)
    text = local.isoformat() if with_offset else calendar.to_local_text(moment)
    try:
        assert parse_time(text, NOW, calendar) == moment
    except ValueError as refusal:
        assert not with_offset
        offsets = re.findall(r"[+-]\d\d:\d\d", str(refusal))
        assert moment in [parse_time(text + offset, NOW, calendar) for offset in offsets]


@given(clock_changes)
def test_localize_time_is_refused_exactly_if_clocks_show_it_twice_or_never(
    draw: tuple[Calendar, datetime],
) -> None:
    calendar, moment = draw
    local = moment.replace(tzinfo=None)
    hours = [local.replace(tzinfo=UTC) + timedelta(minutes=30 * count) for count in range(-28, 29)]
    instants = [hour for hour in hours if hour.astimezone(calendar.zone).replace(tzinfo=None, fold=0) == local]
    if len(instants) == 1:
        assert localize(local, calendar) == instants[0]
    else:
        with pytest.raises(ValueError, match="happens twice" if instants else "does not happen"):
            localize(local, calendar)


@given(calendars, days, st.sampled_from(["this", "last"]), st.sampled_from(["week", "month", "quarter", "year"]))
def test_parse_period_units_adjoin_and_hold_today(calendar: Calendar, today: date, which: str, unit: str) -> None:
    running = parse_period(f"this {unit}", today, calendar)
    previous = parse_period(f"last {unit}", today, calendar)

    assert running.first <= today <= running.last
    assert previous.last + timedelta(days=1) == running.first
    assert previous.end == running.start
    named = parse_period(f"{which}_{unit}", today, calendar)
    again = parse_period(f"{named.first} to {named.last}", today, calendar)
    assert (again.start, again.end) == (named.start, named.end)


@given(calendars, days, st.integers(1, 500))
def test_parse_period_last_days_has_so_many_days_up_to_today(calendar: Calendar, today: date, count: int) -> None:
    period = parse_period(f"last {count} days", today, calendar)

    assert (period.last, (period.last - period.first).days + 1) == (today, count)


@given(calendars, days, days)
def test_parse_day_reads_every_unambiguous_form(calendar: Calendar, today: date, day: date) -> None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%d %B %Y", "%b %d, %Y", "%dth of %B %Y"):
        assert parse_day(day.strftime(form), today, calendar) == day


@given(calendars, days, st.sampled_from(["", "last ", "this ", "next "]), days)
def test_parse_day_weekday_is_of_that_name_or_has_two_readings_a_week_apart(
    calendar: Calendar, today: date, prefix: str, named: date
) -> None:
    try:
        readings = [parse_day(prefix + named.strftime("%A"), today, calendar)]
    except ValueError as refusal:
        readings = [date.fromisoformat(text) for text in re.findall(r"\d{4}-\d\d-\d\d", str(refusal))]
        assert abs(readings[1] - readings[0]) == timedelta(days=7)

    assert {reading.weekday() for reading in readings} == {named.weekday()}
    assert all(reading < today for reading in readings) or prefix != "last "
    assert all(reading > today for reading in readings) or prefix != "next "


@given(st.text(max_size=40))
def test_grammars_refuse_any_other_text_with_a_message(text: str) -> None:
    for parse in (
        lambda: parse_time(text, NOW, AUCKLAND),
        lambda: parse_period(text, TUESDAY, AUCKLAND),
        lambda: parse_duration(text),
    ):
        try:
            parse()
        except ValueError as refusal:
            assert len(str(refusal)) < 300  # noqa: PT017 - the refusal itself is looked at


def test_describe_now_names_weekday_offset_and_zone() -> None:
    assert describe_now(NOW, AUCKLAND) == "Tuesday 2026-11-24T17:00:00+13:00 Pacific/Auckland"
