"""Periods as people write them: `last week`, `last 14 days`, `2026-11`, `2026-W47`, `Q3`, `since Monday`."""

import re
from datetime import date, timedelta

from toggl_mcp.models.day_grammar import (
    MONTH_PATTERN,
    WEEKDAY_PATTERN,
    check_year,
    latest_weekday,
    month_number,
    normalize_words,
    parse_day,
    parse_day_or_none,
    two_readings_error,
)
from toggl_mcp.models.period import MONTHS_BY_UNIT, Calendar, DateRange, months_of, unit_before

_UNIT = re.compile(r"(this|current|last|previous|past|next) (week|month|quarter|year)")
_LAST_DAYS = re.compile(r"(?:last|past) (\d{1,4}) days?")
_LAST_UNITS = re.compile(r"(?:last|past) (\d{1,3}) (week|month|quarter|year)s?")
_YEAR = re.compile(r"(\d{4})")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})")
_NAMED_MONTH = re.compile(rf"({MONTH_PATTERN})(?:,? (\d{{4}}))?")
_QUARTER = re.compile(r"(?:(?P<year>\d{4})[- ]?)?q(?P<number>[1-4])(?:[- ]?(?P<year2>\d{4}))?")
_WEEK = re.compile(
    r"(?:(?P<year>\d{4})[- ]?w|(?:calendar )?week |[ck]w ?|w)(?P<number>\d{1,2})(?: (?:of )?(?P<year2>\d{4}))?"
)
_BEFORE_LAST = re.compile(r"(week|month|quarter|year) before last")
_WEEKEND = re.compile(r"(this|last) weekend")
_SO_FAR = re.compile(r"(?:(?:this |current )?(?P<unit>week|month|quarter|year) to date|(?P<period>.+) so far)")
_RANGE = re.compile(r"(?:from )?(.+?) ?(?:\.\.| to | until | through | - ) ?(.+)")
_HYPHENATED = re.compile(r"(?:this|current|last|previous|past|next)(?:-\d+)?-(?:week|month|quarter|year|day)s?")
_TO_DATE = {"wtd": "week to date", "mtd": "month to date", "qtd": "quarter to date", "ytd": "year to date"}
_INTERVAL = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)")
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_DASH = re.compile(r"(?<=[a-z])-(?=[a-z])|(?<=\bq\d)-(?=q\d)|(?<=\bw\d\d)-(?=w\d)| ?[\u2013\u2014] ?")
_END_YEAR = re.compile(r"(?:.* )?(\d{4})|(\d{4})-.*")
_START_WITHOUT_YEAR = re.compile(
    rf"(?:(?:{WEEKDAY_PATTERN}),? )?(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? )?"
    rf"(?:{MONTH_PATTERN})(?: \d{{1,2}}(?:st|nd|rd|th)?)?"
    r"|q[1-4]|(?:calendar )?week \d{1,2}|[ck]?w ?\d{1,2}"
)
_UNIT_WITHOUT_YEAR = re.compile(rf"(?:{MONTH_PATTERN})|q[1-4]|(?:calendar )?week \d{{1,2}}|[ck]?w ?\d{{1,2}}")
_DAY_NUMBERS = r"(?:the )?(?P<{}>\d{{1,2}}(?:st|nd|rd|th)?)"
_TWO_DAYS = f"{_DAY_NUMBERS.format('first')} ?(?:-| to ) ?{_DAY_NUMBERS.format('last')}"
_DAYS_OF_MONTH = (
    re.compile(rf"(?:from )?{_TWO_DAYS} (?:of )?(?P<month>{MONTH_PATTERN})(?:,? (?P<year>\d{{4}}))?"),
    re.compile(rf"(?:from )?(?P<month>{MONTH_PATTERN}) {_TWO_DAYS}(?:,? (?P<year>\d{{4}}))?"),
)
_WEEKDAY = re.compile(rf"(?:on )?({WEEKDAY_PATTERN})")
_SINCE_WEEKDAY = re.compile(rf"(?:last )?({WEEKDAY_PATTERN})")
_DAY = timedelta(days=1)


def parse_period(text: str, today: date, calendar: Calendar) -> DateRange:
    """Return the days of a period; `last 14 days` and `since Monday` end with today.

    Raises:
        ValueError: It is no period, or has two readings.
    """
    words = _normalize_period(text)
    first, last = _parse_until_today(words, today, calendar) or (
        _parse_relative(text, words, today, calendar)
        or _parse_calendar_unit(text, words, today)
        or _parse_range(words, today, calendar)
        or _parse_single_day(text, today, calendar)
    )
    if last < first:
        message = f"{text!r:.60} ends before it starts; give the earlier day first"
        raise ValueError(message)
    return DateRange(calendar, check_year(first), check_year(last))


def _normalize_period(text: str) -> str:
    """Return a phrase as `normalize_words` does, from the forms of programs as well: thisWeek, last-7-days, MTD."""
    words = normalize_words(_CAMEL_CASE.sub(" ", text))
    if _HYPHENATED.fullmatch(words):
        return words.replace("-", " ")
    words = _INTERVAL.sub(r"\1 to \2", words)
    return _TO_DATE.get(words) or _DASH.sub(" - ", words)


def _parse_until_today(words: str, today: date, calendar: Calendar) -> tuple[date, date] | None:
    """Return the days from the first one of a day or period to today."""
    if match := _SO_FAR.fullmatch(words):
        date_range = parse_period(match["period"] or f"this {match['unit']}", today, calendar)
        return (date_range.first, today) if date_range.first <= today <= date_range.last else None
    if not words.startswith("since "):
        return None
    start = words.removeprefix("since ")
    match = _SINCE_WEEKDAY.fullmatch(start)
    if match and not start.startswith("last "):
        return latest_weekday(match[1], today), today
    return parse_period(start, today, calendar).first, today


def _parse_relative(text: str, words: str, today: date, calendar: Calendar) -> tuple[date, date] | None:
    """Return the days of a period that is named by its distance from today."""
    if (match := _LAST_DAYS.fullmatch(words)) and int(match[1]):
        return _days_up_to(today, int(match[1]))
    if (match := _LAST_UNITS.fullmatch(words)) and int(match[1]):
        count, unit = int(match[1]), match[2]
        end = unit_before(today, unit, 0, calendar)[0] - _DAY
        whole = (unit_before(today, unit, count, calendar)[0], end)
        running = (unit_before(today, unit, count - 1, calendar)[0], today)
        raise two_readings_error(text, _format_days(*whole), _format_days(*running))
    if match := _BEFORE_LAST.fullmatch(words):
        return unit_before(today, match[1], 2, calendar)
    if match := _WEEKEND.fullmatch(words):
        return _resolve_weekend(text, match[1], today)
    match = _UNIT.fullmatch(words)
    if match is None:
        return None
    if match[1] == "past":
        _, unit = match.groups()
        length = {"week": 7, "month": 30, "quarter": 90, "year": 365}[unit]
        raise two_readings_error(text, f"last {unit}", f"last {length} days")
    return unit_before(today, match[2], {"this": 0, "current": 0, "next": -1}.get(match[1], 1), calendar)


def _parse_calendar_unit(text: str, words: str, today: date) -> tuple[date, date] | None:
    """Return the days of a year, quarter, month or ISO week; without a year it is this year's, if that has begun."""
    if match := _YEAR.fullmatch(words):
        return months_of(check_year(date(max(int(match[1]), 1), 1, 1)), 12)
    if match := _MONTH.fullmatch(words):
        return months_of(_first_day(text, match[1], int(match[2]), today), 1)
    if match := _NAMED_MONTH.fullmatch(words):
        return months_of(_first_day(text, match[2], month_number(match[1]), today), 1)
    if match := _QUARTER.fullmatch(words):
        return months_of(_first_day(text, match["year"] or match["year2"], int(match["number"]) * 3 - 2, today), 3)
    if match := _WEEK.fullmatch(words):
        year = match["year"] or match["year2"]
        number = int(match["number"])
        first = check_year(_first_of_iso_week(text, int(year or today.isocalendar().year), number))
        if year is None and first > today:
            raise two_readings_error(text, f"{first.year - 1}-W{number:02}", f"{first.year}-W{number:02}")
        return first, first + 6 * _DAY
    return None


def _parse_range(words: str, today: date, calendar: Calendar) -> tuple[date, date] | None:
    """Return the days from one day or period to another."""
    match = next(filter(None, (form.fullmatch(words) for form in _DAYS_OF_MONTH)), None)
    if match:
        # The month has begun, even if its last day is to come.
        year = match["year"] or (today.year if month_number(match["month"]) <= today.month else "")
        ends = [f"{match[end]} {match['month']} {year}".strip() for end in ("first", "last")]
    elif match := _RANGE.fullmatch(words):
        ends = [match[1], match[2]]
    else:
        return None
    if year := _START_WITHOUT_YEAR.fullmatch(ends[0]) and _END_YEAR.fullmatch(ends[1]):
        last = _parse_end(ends[1], today, calendar)[1]
        return _parse_start(ends[0], int(year[1] or year[2]), last, today, calendar), last
    first, _ = _parse_end("today" if ends[0] == "now" else ends[0], today, calendar)
    if year := _UNIT_WITHOUT_YEAR.fullmatch(ends[1]) and _END_YEAR.fullmatch(ends[0]):
        return first, _parse_last(ends[1], int(year[1] or year[2]), first, today, calendar)
    return first, _parse_end("today" if ends[1] == "now" else ends[1], today, calendar)[1]


def _parse_last(words: str, year: int, first: date, today: date, calendar: Calendar) -> date:
    """Return the last day of a range whose start alone has a year: of that year, or else of the next one."""
    _, last = _parse_end(f"{words} {year}", today, calendar)
    return last if last >= first else _parse_end(f"{words} {year + 1}", today, calendar)[1]


def _parse_start(words: str, year: int, last: date, today: date, calendar: Calendar) -> date:
    """Return the first day of a range whose end alone has a year: of that year, or else of the one before."""
    first, _ = _parse_end(f"{words} {year}", today, calendar)
    return first if first <= last else _parse_end(f"{words} {year - 1}", today, calendar)[0]


def _parse_end(words: str, today: date, calendar: Calendar) -> tuple[date, date]:
    """Return the days of the day or period that a range starts or ends with."""
    period = _parse_relative(words, words, today, calendar) or _parse_calendar_unit(words, words, today)
    if period is not None:
        return period
    day = parse_day(words, today, calendar)
    return day, day


def _parse_single_day(text: str, today: date, calendar: Calendar) -> tuple[date, date]:
    weekday = _WEEKDAY.fullmatch(normalize_words(text))
    # Who asks for the time of a Sunday means one that has been.
    day = latest_weekday(weekday[1], today) if weekday else parse_day_or_none(text, today, calendar)
    if day is None:
        message = (
            f"{text!r:.60} is not a period; write today, last week, last 14 days, 2026-11, 2026-W47, Q3, since Monday, "
            "a day, or 2026-11-01 to 2026-11-15"
        )
        raise ValueError(message)
    return day, day


def _first_day(text: str, year: str | None, month: int, today: date) -> date:
    """Return the first day of a month."""
    if not 1 <= month <= MONTHS_BY_UNIT["year"]:
        message = f"{text!r:.60} has no month of that number; months are 01 to 12"
        raise ValueError(message)
    if year is None and month > today.month:
        raise two_readings_error(text, f"that of {today.year - 1}", f"that of {today.year}")
    return check_year(date(max(int(year or today.year), 1), month, 1))


def _first_of_iso_week(text: str, year: int, number: int) -> date:
    try:
        return date.fromisocalendar(year, number, 1)
    except ValueError as error:
        message = f"{text!r:.60} is not a week of {year}; weeks are W01 to W52 or W53"
        raise ValueError(message) from error


def _resolve_weekend(text: str, which: str, today: date) -> tuple[date, date]:
    """Return the Saturday and Sunday of a weekend; this one is refused on a workday, which is between two."""
    saturday = latest_weekday("saturday", today)
    is_weekend = today <= saturday + _DAY
    if which == "this" and not is_weekend:
        coming = saturday + 7 * _DAY
        raise two_readings_error(text, _format_days(saturday, saturday + _DAY), _format_days(coming, coming + _DAY))
    first = saturday - 7 * _DAY if which == "last" and is_weekend else saturday
    return first, first + _DAY


def _days_up_to(today: date, count: int) -> tuple[date, date]:
    return today - (count - 1) * _DAY, today


def _format_days(first: date, last: date) -> str:
    return f"{first} to {last}"
