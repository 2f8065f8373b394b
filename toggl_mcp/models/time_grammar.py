"""Times as people write them: `2026-11-24T09:00+13:00`, `14:00`, `2pm`, `yesterday 14:00`, `now`, `-25m`."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from toggl_mcp.models.day_grammar import check_year, normalize_words, parse_day, two_readings_error
from toggl_mcp.models.duration_grammar import NUMBER_WORDS, parse_duration
from toggl_mcp.models.period import Calendar

_CLOCK = r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,9})?)?)?\s?(?P<half>[ap]\.?m\.?)?"
_OFFSET = r"\s?(?P<offset>z|[+-](?:0\d|1[0-4])(?::?[0-5]\d|(?<=:\d\d[+-]\d\d)))?"
_DAY_FIRST = re.compile(rf"(?:(?P<day>.*?)(?:(?<=\d)t| at |,? |^)(?:at )?)??{_CLOCK}{_OFFSET}")
_DAY_LAST = re.compile(rf"(?:at )?{_CLOCK},? (?:on )?(?P<day>[a-z].*|\d+ days? ago|\d+[-/. ].*)")
_HOUR_WORD = rf"(?P<hour>{'|'.join(NUMBER_WORDS)}|1[0-2]|[1-9])"
_SPOKEN = re.compile(
    rf"(?:(?P<part>half|quarter) (?P<side>past|to) )?{_HOUR_WORD}(?P<oclock> ?o'?clock)?(?P<half> ?[ap]\.?m\.?)?\b"
)
_PART_OF_DAY = re.compile(r"(?:\bin the |\b(?P<this>this ))?\b(?P<part>morning|afternoon|evening|tonight)\b,?")
_HALF = re.compile(r"\d\s?[ap]\.?m\b")
_END_OF_DAY = re.compile(r"(?<![\d:.+-])24:00(?::00)?(?![\d:])")
_SURE_OFFSET = re.compile(r".*(?:\dt\d|:\d\d:\d\d|\s-\d{4}$).*")
"""Times after which a minus begins an offset; after others it may stand between two times, as in `9:00-11:00`."""
_ISO_TIME = re.compile(r"\dt\d")
_BASIC_ISO = re.compile(r"\b(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(?!\d)")
_UTC = re.compile(r"(?<=[\dm.])\s?(?:utc|gmt)\b")
_FIRST_HOUR_OF_EVENING, _LAST_HOUR_OF_AFTERNOON = 4, 7
_HOURS_OF_HALF_DAY = 12
_LAST_NIGHT = "last night"
_START_OF_NIGHT, _END_OF_NIGHT = 17, 6
"""Hours of last night: up to the second those of today, from the first on those of yesterday."""
_LAST_MINUTE = time(23, 59)
_DAY_ALONE = "needs a time of day as well, such as 2026-11-24T09:00"


def parse_time(
    text: str, now: datetime, calendar: Calendar, default_day: date | None = None, *, is_past: bool = False
) -> datetime:
    """Return the time, in UTC, of a text: by its offset, or else in the calendar's time zone.

    A time of day alone is that of the default day, or of today. With `is_past`, a reading to come is none.

    Raises:
        ValueError: It is no time, has two readings, or is one that a change of clocks skips or repeats.
    """
    readings = list_times(text, now, calendar, default_day)
    if is_past:
        readings = [moment for moment in readings if moment <= now] or readings
    return only_time(text, readings, calendar)


def list_times(
    text: str, now: datetime, calendar: Calendar, default_day: date | None = None, *, has_12_hours: bool = False
) -> list[datetime]:
    """Return the times, in UTC, that a text may mean: two where it does not say of which half of the day it is.

    `has_12_hours` is of an hour with minutes, too, as it is beside a time with am or pm: `2pm` to `3:30`.

    Raises:
        ValueError: It is no time, or one that a change of clocks skips or repeats.
    """
    readings = [
        moment
        for clock_text in _write_clock(text)
        for words in (_list_halves(clock_text) if has_12_hours else [clock_text])
        for moment in _list_readings(text, words, now, calendar, default_day)
    ]
    if not readings:
        raise ValueError(_describe_times(text))
    return readings


def only_time(text: str, readings: Sequence[datetime], calendar: Calendar) -> datetime:
    """Return the only one of the times that a text may mean.

    Raises:
        ValueError: There are two.
    """
    if len(readings) > 1:
        raise two_readings_error(text, *(f"{moment.astimezone(calendar.zone):%H:%M}" for moment in readings[:2]))
    return readings[0]


def _list_readings(
    text: str, words: str, now: datetime, calendar: Calendar, default_day: date | None
) -> list[datetime]:
    """Return the time of a phrase whose clock is in figures; two of one whose hour may be of either half of the day."""
    if words == "now":
        return [now]
    elapsed = _find_elapsed(words)
    if elapsed is not None:
        return [now - timedelta(seconds=_parse_elapsed(elapsed))]
    today = calendar.day_of(now)
    if "midnight" in words:
        day = parse_day(re.sub(r"^at | ?(at )?midnight ?(on )?", "", words) or "today", today, calendar)
        raise two_readings_error(text, f"{day}T00:00", f"{day + timedelta(days=1)}T00:00")
    words, days_later = _END_OF_DAY.subn("00:00", words)
    match = _DAY_FIRST.fullmatch(words) or _DAY_LAST.fullmatch(words)
    if match is None or _is_day(words, calendar, now):
        message = _DAY_ALONE if _is_day(words, calendar, now) else _describe_times(text)
        raise ValueError(message)
    clocks = _parse_clock(text, match)
    offset = match.groupdict().get("offset")
    if match["day"] == _LAST_NIGHT:
        clocks = list(dict.fromkeys(map(_write_midnight, clocks))) if match["half"] is None else clocks
        local_times = [datetime.combine(_day_of_night(clock, today), clock) for clock in clocks if _is_of_night(clock)]
    else:
        day = parse_day(match["day"], today, calendar) if match["day"] else default_day or today
        local_times = [datetime.combine(day + days_later * timedelta(days=1), clock) for clock in clocks]
    if offset is None:
        return [localize(local, calendar) for local in local_times]
    if offset.startswith("-") and not _SURE_OFFSET.fullmatch(words):
        zoned = [local.replace(tzinfo=calendar.zone, fold=fold) for local in local_times for fold in (0, 1)]
        own_offsets = {f"{local:%z}" for local in zoned}
        # 9:00-11:00 are two times; only an hour that a change of clocks repeats or skips is in need of its offset.
        if len(own_offsets) == 1 or offset.replace(":", "") not in own_offsets:
            message = f"{text!r:.60} is not a time, but may be two; an offset is written as in 2026-11-24T09:00-05:00"
            raise ValueError(message)
    return _apply_offset(local_times, offset, calendar, None if match["day"] else default_day or today)


def _apply_offset(
    local_times: Sequence[datetime], offset: str, calendar: Calendar, own_day: date | None
) -> list[datetime]:
    """Return times, in UTC, that clocks of this offset show: with `own_day`, on whatever date, during that day here."""
    moments = [datetime.fromisoformat(local.isoformat() + offset.upper()).astimezone(UTC) for local in local_times]
    if own_day is not None:
        near = [moment + timedelta(days=days) for moment in moments for days in (-1, 0, 1)]
        moments = [moment for moment in near if calendar.day_of(moment) == own_day]
    for moment in moments:
        check_year(calendar.day_of(moment))
    return moments


def parse_whole_day(text: str, now: datetime, calendar: Calendar, *, is_last: bool) -> date:
    """Return the day of a text, which may have the time at which a day begins or, of a last day, ends; or be now.

    Raises:
        ValueError: It is no day, has two readings, or has another time of day.
    """
    if is_last and normalize_words(text) == "now":
        return calendar.day_of(now)
    try:
        local = parse_time(text, now, calendar).astimezone(calendar.zone)
    except ValueError:
        return parse_day(text, calendar.day_of(now), calendar)
    if local.time() >= _LAST_MINUTE if is_last else local.time() == time.min:
        return local.date()
    problem = f"{text!r:.60} has a time of day, and days are read whole"
    message = f"{problem}; give a day, such as {local.date()}, and compare the times of its entries"
    raise ValueError(message)


def is_relative(text: str) -> bool:
    """Return whether the time of a text moves with now."""
    return any(words == "now" or _find_elapsed(words) is not None for words in _write_clock(text))


def _find_elapsed(words: str) -> str | None:
    """Return the time of a phrase that says how long ago it was; None if it does not."""
    elapsed = words.removeprefix("-").strip() if words.startswith("-") else words.removesuffix(" ago")
    return None if elapsed == words or "day" in words else elapsed


def find_offset(text: str) -> str | None:
    """Return the offset of a text's time, such as `+01:00` or `Z`; None if it has none."""
    match = _DAY_FIRST.fullmatch(next(iter(_write_clock(text)), ""))
    return match["offset"].upper() if match is not None and match["offset"] else None


def is_time_of_day(text: str) -> bool:
    """Return whether a text is a time of day alone."""
    match = _DAY_FIRST.fullmatch(next(iter(_write_clock(text)), ""))
    return match is not None and not match["day"]


def has_half_of_day(text: str) -> bool:
    """Return whether a text says of which half of the day its time is: by am or pm, or by a part of the day."""
    clocks = _write_clock(text)  # A spoken one without am or pm is in each half.
    return len(clocks) == 1 and _HALF.search(clocks[0]) is not None


def parse_hours(text: str) -> tuple[time, time]:
    """Return the two times of day of a text such as `9-17:30` or `9am to 5pm`: the one reading with the later one last.

    Raises:
        ValueError: It is no two times of one day, or has two readings.
    """
    words = re.sub("[\u2013\u2014]| to ", "-", normalize_words(text))
    has_24_hours = any(int(hour) > _HOURS_OF_HALF_DAY for hour in re.findall(r"(?<![:.h\d])\d+", words))
    parts, readings = words.partition("-"), list[tuple[time, time]]()
    # Beside a time with am or pm, minutes alone are no sign of 24 hours, where they leave no reading.
    for has_12_hours in (False, True) if _HALF.search(words) else (False,):
        start, _, end = ([*_read_clocks(part, has_24_hours=has_24_hours, has_12_hours=has_12_hours)] for part in parts)
        readings = readings or [(first, last) for first in start for last in end if first < last]
    if not readings:
        message = f"{text!r:.60} is not the hours of one day; write two times, the later one last, such as 09:00-17:30"
        raise ValueError(message)
    if len(readings) > 1:
        raise two_readings_error(text, *(f"{first:%H:%M}-{last:%H:%M}" for first, last in readings[:2]))
    return readings[0]


def localize(local: datetime, calendar: Calendar) -> datetime:
    """Return the time, in UTC, at which the calendar's clocks show a time.

    Raises:
        ValueError: A change of clocks skips or repeats it.
    """
    first, second = (local.replace(tzinfo=calendar.zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        happens = first.astimezone(UTC).astimezone(calendar.zone).replace(tzinfo=None, fold=0) == local
        problem = "happens twice that night" if happens else "does not happen that night"
        readings = " or ".join(choice.isoformat()[-len("+13:00") :] for choice in (first, second))
        message = f"{problem}, as clocks change in {calendar.zone.key}; add the offset {readings}"
        raise ValueError(message)
    return first.astimezone(UTC)


def describe_now(now: datetime, calendar: Calendar) -> str:
    """Return a time with its weekday, offset and time zone."""
    local = now.astimezone(calendar.zone)
    return f"{local:%A} {local.isoformat(timespec='seconds')} {calendar.zone.key}"


def _write_midnight(clock: time) -> time:
    """Return a time of night, in which an hour of twelve is none."""
    return clock.replace(hour=0) if clock.hour == _HOURS_OF_HALF_DAY else clock


def _is_of_night(clock: time) -> bool:
    return clock.hour < _END_OF_NIGHT or clock.hour >= _START_OF_NIGHT


def _day_of_night(clock: time, today: date) -> date:
    """Return the day of a time of last night, which ended today."""
    return today if clock.hour < _END_OF_NIGHT else today - timedelta(days=1)


def _write_clock(text: str) -> list[str]:
    """Return a phrase with its clock in figures and the half of the day: of each half, if in doubt of a spoken one."""
    words = _UTC.sub("z", re.sub(r"\bnoon\b", "12:00pm", normalize_words(text)))
    words = _BASIC_ISO.sub(lambda iso: f"{iso[1]}-{iso[2]}-{iso[3]}t{iso[4]}:{iso[5]}:{iso[6] or '00'}", words)
    match = _PART_OF_DAY.search(words)
    if match is None:
        return _write_spoken_clock(words)
    day = "today" if match["this"] or match["part"] == "tonight" else ""
    rest = " ".join(f"{words[: match.start()]}{day} {words[match.end() :]}".split())
    return [part for words in _write_spoken_clock(rest) for part in _add_half(words, match["part"])]


def _add_half(words: str, part: str) -> list[str]:
    """Return a phrase whose clock has the half of the day that a part of the day is in; none if it has the other."""
    match = _DAY_FIRST.fullmatch(words) or _DAY_LAST.fullmatch(words)
    if match is None:
        return [words]
    hour, half, is_late = int(match["hour"]), match["half"], part != "morning"
    if part == "afternoon" and _LAST_HOUR_OF_AFTERNOON < hour < _HOURS_OF_HALF_DAY:
        return []
    if part in ("evening", "tonight") and hour % _HOURS_OF_HALF_DAY < _FIRST_HOUR_OF_EVENING:
        return []
    if half is not None or hour > _HOURS_OF_HALF_DAY:
        return [words] if (half or "p").startswith("p") == is_late else []
    end = max(match.end("hour"), match.end("minute"), match.end("second"))
    return [f"{words[:end]}{'pm' if is_late else 'am'}{words[end:]}"]


def _list_halves(words: str) -> list[str]:
    """Return a phrase whose clock has minutes and may be of either half of the day: as it is in each."""
    match = _DAY_FIRST.fullmatch(words) or _DAY_LAST.fullmatch(words)
    is_of_24_hours = match is None or match["half"] or match["minute"] is None or match["hour"].startswith("0")
    if match is None or is_of_24_hours or int(match["hour"]) > _HOURS_OF_HALF_DAY or _ISO_TIME.search(words):
        return [words]
    end = max(match.end("minute"), match.end("second"))
    return [f"{words[:end]}{half}{words[end:]}" for half in ("am", "pm")]


def _write_spoken_clock(words: str) -> list[str]:
    """Return a phrase with a spoken clock, such as half past ten, in figures: of each half of the day, if in doubt."""
    match = next((match for match in _SPOKEN.finditer(words) if match["part"] or match["oclock"]), None)
    if match is None or (match["part"] == "half" and match["side"] == "to"):
        return [words]
    hour = NUMBER_WORDS.index(match["hour"]) + 1 if match["hour"] in NUMBER_WORDS else int(match["hour"])
    minute = {None: 0, "quarter": 15, "half": 30}[match["part"]]
    if match["side"] == "to":
        hour, minute = (hour - 2) % _HOURS_OF_HALF_DAY + 1, 60 - minute
    halves = ["am", "pm"] if match["half"] is None else [match["half"].strip()]
    return [words[: match.start()] + f"{hour}:{minute:02}{half}" + words[match.end() :] for half in halves]


def _read_clocks(text: str, *, has_24_hours: bool, has_12_hours: bool) -> Iterator[time]:
    """Yield the times of day that a text may mean: those of both halves of the day where nothing says of which."""
    halves = [part for words in _write_clock(text) for part in (_list_halves(words) if has_12_hours else [words])]
    for words in halves:
        match = _DAY_FIRST.fullmatch(words.strip())
        if match is None or match["day"] or match["offset"]:
            continue
        clocks = _parse_clock(text, match)
        yield from clocks[:1] if has_24_hours else clocks


def _parse_elapsed(text: str) -> int:
    """Return the seconds of a duration that has a unit: a bare number may be minutes or hours."""
    if text.isdecimal():
        raise two_readings_error(text, f"{text} minutes", f"{text} hours")
    return parse_duration(text)


def _parse_clock(text: str, match: re.Match[str]) -> list[time]:
    """Return the time of day of a match, or the two of an hour from 1 to 12 without minutes and half."""
    hour, half = int(match["hour"]), match["half"]
    is_in_doubt = match["minute"] is None and 1 <= hour <= _HOURS_OF_HALF_DAY and not _ISO_TIME.search(match.string)
    if is_in_doubt and half is None:
        hours = [hour, (hour + _HOURS_OF_HALF_DAY) % 24]
    elif half is None:
        hours = [hour]
    elif 1 <= hour <= _HOURS_OF_HALF_DAY:
        hours = [hour % _HOURS_OF_HALF_DAY + (_HOURS_OF_HALF_DAY if half.startswith("p") else 0)]
    else:
        raise ValueError(_describe_times(text))
    try:
        return [time(hour, int(match["minute"] or 0), int(match["second"] or 0)) for hour in hours]
    except ValueError as error:
        raise ValueError(_describe_times(text)) from error


def _is_day(words: str, calendar: Calendar, now: datetime) -> bool:
    try:
        parse_day(words, calendar.day_of(now), calendar)
    except ValueError:
        return False
    return True


def _describe_times(text: str) -> str:
    return f"{text!r:.60} is not a time; write 2026-11-24T09:00, 14:00, 2pm, yesterday 14:00, 25 minutes ago or now"
