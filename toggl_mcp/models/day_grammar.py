"""Days as people write them: `2026-11-24`, `yesterday`, `3 days ago`, `last Friday`, `24 November`."""

import re
from datetime import date, timedelta
from functools import partial

from toggl_mcp.models.duration_grammar import NUMBER_WORDS
from toggl_mcp.models.period import VALID_YEARS, Calendar, months_of, unit_before

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAY_PATTERN = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
MONTH_PATTERN = "|".join([*(f"{month[:3]}(?:{month[3:]})?" for month in MONTHS), "sept"])
_RELATIVE = {"today": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2}
_DAYS_AGO = re.compile(r"(\d{1,4}) days? ago")
_WEEKDAY = re.compile(rf"(?:(last|this|next) )?({WEEKDAY_PATTERN})")
_OF_WEEK = re.compile(
    rf"(?P<day>{WEEKDAY_PATTERN})(?: of| in)? (?P<week>last|this|next) week"
    rf"|(?P<week2>last|this|next) week(?:'s)? (?P<day2>{WEEKDAY_PATTERN})"
)
_AHEAD = re.compile(r"in (?P<count>an?|\d{1,4}) (?P<unit>day|week)s?")
_EDGE = re.compile(
    r"(?P<edge>start|beginning|end) of (?:the )?(?:(?P<which>this|current|last|next) )?(?P<unit>month|quarter|year)"
)
_END_OF_MONTH = re.compile(rf"end of (?P<month>{MONTH_PATTERN})(?:,? (?P<year>\d{{4}}))?")
_UNITS_BACK = {"last": 1, "this": 0, "current": 0, "next": -1}
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_DAY_AND_MONTH = re.compile(
    rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTH_PATTERN})"
    rf"|(?P<month2>{MONTH_PATTERN}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)(?:,? (?P<year>\d{{4}}))?"
)
_DATED_WEEKDAY = re.compile(rf"(?P<weekday>{WEEKDAY_PATTERN}),? (?:the )?(?P<date>.*\d.*)")
_ABBREVIATION = re.compile(
    rf"\b({'|'.join([*(name[:3] for name in (*WEEKDAYS, *MONTHS)), 'tues', 'thurs', 'sept'])})\.(?=[ ,]|$)"
)
_COUNT = re.compile(rf"\b({'|'.join(NUMBER_WORDS)})(?= (?:day|week|month|quarter|year)s?\b)")
_DAY = timedelta(days=1)


def parse_day(text: str, today: date, calendar: Calendar, *, earliest: date | None = None) -> date:
    """Return the day of a text. With an earliest day it may be to come, and a reading before that is none.

    Raises:
        ValueError: It is no day, or has two readings.
    """
    day = parse_day_or_none(text, today, calendar, earliest=earliest)
    if day is None:
        message = f"{text!r:.60} is not a day; write 2026-11-24, yesterday, 3 days ago or 24 November 2026"
        raise ValueError(message)
    return day


def parse_day_or_none(text: str, today: date, calendar: Calendar, *, earliest: date | None = None) -> date | None:
    """Return the day of a text as `parse_day` does; None if it is not one.

    Raises:
        ValueError: It has two readings, or is a day of a year that Toggl has no entries in.
    """
    words = normalize_words(text)
    dated = _DATED_WEEKDAY.fullmatch(words)
    date_words, weekday = (dated["date"], dated["weekday"]) if dated else (words, None)
    day = (
        _parse_relative(text, words, today, calendar, earliest)
        or _parse_part_of_unit(words, today, calendar)
        or _parse_date(text, date_words, today, earliest, weekday)
    )
    if day and weekday:
        _require_weekday(text, weekday, day)
    return day and check_year(day)


def latest_weekday(name: str, today: date) -> date:
    """Return the latest day of that name, today included."""
    return today - (today.weekday() - _weekday_number(name)) % 7 * _DAY


def normalize_words(text: str) -> str:
    """Return a phrase in lower case, with single spaces, counts in figures, no underscores and no leading article.

    Short names of months and weekdays have no full stop.
    """
    words = _ABBREVIATION.sub(r"\1", " ".join(text.lower().replace("_", " ").split()).removeprefix("the "))
    return _COUNT.sub(lambda match: str(NUMBER_WORDS.index(match[1]) + 1), words)


def month_number(name: str) -> int:
    """Return the number, from 1, of a month by its name or the first three letters of it."""
    return next(number for number, month in enumerate(MONTHS, start=1) if month.startswith(name[:3]))


def make_day(text: str, year: int, month: int, day: int) -> date:
    """Return the day of these numbers.

    Raises:
        ValueError: There is no such day, or Toggl has no entries in that year.
    """
    check_year(date(max(year, 1), 1, 1))
    try:
        return date(year, month, day)
    except ValueError as error:
        message = f"{text!r:.60} is not in the calendar; give a day that exists"
        raise ValueError(message) from error


def check_year(day: date) -> date:
    """Return the day.

    Raises:
        ValueError: Toggl has no entries in that year.
    """
    if day.year not in VALID_YEARS:
        message = f"lies outside the years that Toggl takes, {VALID_YEARS[0]} to {VALID_YEARS[-1]}"
        raise ValueError(message)
    return day


def two_readings_error(text: str, first: object, second: object) -> ValueError:
    """Return the error about a phrase with two readings."""
    return ValueError(f"{text!r:.60} has two readings, {first} and {second}; give one of them")


def _parse_relative(text: str, words: str, today: date, calendar: Calendar, earliest: date | None) -> date | None:
    """Return a day that is named by its distance from today."""
    if words in _RELATIVE:
        return today + _RELATIVE[words] * _DAY
    if match := _DAYS_AGO.fullmatch(words):
        return today - int(match[1]) * _DAY
    if match := _AHEAD.fullmatch(words):
        count = 1 if match["count"].startswith("a") else int(match["count"])
        return today + count * (7 if match["unit"] == "week" else 1) * _DAY
    match = _WEEKDAY.fullmatch(words)
    if match is None:
        return None
    return _exactly_one(text, _list_weekdays(match, today, calendar, may_come=earliest is not None), earliest)


def _parse_part_of_unit(words: str, today: date, calendar: Calendar) -> date | None:
    """Return a weekday of a week, or the first or last day of a month, quarter or year."""
    if match := _OF_WEEK.fullmatch(words):
        first, _ = unit_before(today, "week", _UNITS_BACK[match["week"] or match["week2"]], calendar)
        return first + (_weekday_number(match["day"] or match["day2"]) - first.weekday()) % 7 * _DAY
    if match := _EDGE.fullmatch(words):
        first, last = unit_before(today, match["unit"], _UNITS_BACK[match["which"] or "this"], calendar)
        return last if match["edge"] == "end" else first
    return None


def _parse_date(text: str, words: str, today: date, earliest: date | None, weekday: str | None) -> date | None:
    """Return a day that is named by its month; without a year it is this year's, if that has begun.

    A weekday tells this year's from the last year's.
    """
    if match := _YEAR_FIRST.fullmatch(words):
        return make_day(text, int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(words):
        return _resolve_year_last(text, int(match[1]), int(match[3]), int(match[4]))
    if match := _END_OF_MONTH.fullmatch(words):
        make = partial(_make_last_day, text, month=month_number(match["month"]))
    elif match := _DAY_AND_MONTH.fullmatch(words):
        month = month_number(match["month"] or match["month2"])
        make = partial(make_day, text, month=month, day=int(match["day"] or match["day2"]))
    else:
        return None
    if match["year"]:
        return make(int(match["year"]))
    value = make(today.year)
    if value > today:
        first, second = make(today.year - 1), value
        if weekday is not None and first.weekday() != second.weekday():
            first = second = next((day for day in (first, second) if day.weekday() == _weekday_number(weekday)), second)
        return _exactly_one(text, (first, second), earliest)
    return value if earliest is None or value >= earliest else make(today.year + 1)


def _require_weekday(text: str, weekday: str, day: date) -> None:
    """Require that a date is of the weekday before it.

    Raises:
        ValueError: It is not.
    """
    if day.weekday() != _weekday_number(weekday):
        message = f"{text!r:.60} names a {WEEKDAYS[day.weekday()].title()}; give the date or the weekday that is meant"
        raise ValueError(message)


def _make_last_day(text: str, year: int, month: int) -> date:
    """Return the last day of a month."""
    _, last = months_of(make_day(text, year, month, 1), 1)
    return last


def _exactly_one(text: str, readings: tuple[date, date], earliest: date | None) -> date:
    """Return the only reading that is not before the earliest day.

    Raises:
        ValueError: There are two.
    """
    first, second = readings
    if first != second and earliest is not None and first < earliest <= second:
        return second
    if first != second:
        raise two_readings_error(text, first, second)
    return first


def _list_weekdays(match: re.Match[str], today: date, calendar: Calendar, *, may_come: bool) -> tuple[date, date]:
    """Return the two readings of a weekday, which are one day where its week is not in doubt.

    One without a word about its week is the latest, unless it `may_come`: then it may be the next one as well.
    """
    latest = latest_weekday(match[2], today)
    coming = latest + 7 * _DAY
    first_of_week = calendar.first_of_week(today)
    of_week = first_of_week + (_weekday_number(match[2]) - first_of_week.weekday()) % 7 * _DAY
    match match[1]:
        case "last":
            return of_week - 7 * _DAY, latest if latest < today else latest - 7 * _DAY
        case "next":
            return coming, of_week + 7 * _DAY
        case "this":
            return of_week, of_week if of_week >= today else coming
        case _:
            return latest, coming if may_come else max(latest, of_week)


def _resolve_year_last(text: str, first: int, second: int, year: int) -> date:
    """Return the day of a date whose year comes last, refused where day and month may be either."""
    if first != second and max(first, second) <= len(MONTHS):
        raise two_readings_error(text, make_day(text, year, first, second), make_day(text, year, second, first))
    return make_day(text, year, *((first, second) if second > len(MONTHS) else (second, first)))


def _weekday_number(name: str) -> int:
    return next(number for number, weekday in enumerate(WEEKDAYS) if weekday.startswith(name[:3]))
