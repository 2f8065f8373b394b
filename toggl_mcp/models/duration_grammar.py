"""Durations as people write them: `5400`, `1h30m`, `1:30`, `90m`, `1.5h`, `PT90M`."""

import re

from toggl_mcp.models.time_entries import MAX_DURATION

_NUMBER = r"\d{1,7}(?:[.]\d{1,6})?"
_UNITS = {
    "hours": (r"h|hrs?|hours?", 3600),
    "minutes": (r"m|mins?|minutes?", 60),
    "seconds": (r"s|secs?|seconds?", 1),
}
_WITH_UNITS = re.compile(
    r"\s*(?:and\s+)?".join(rf"(?:(?P<{unit}>{_NUMBER})\s*(?:{names}))?" for unit, (names, _) in _UNITS.items())
)
_MINUTES_WITHOUT_UNIT = re.compile(r"(?P<hours>\d{1,3})\s*h\s*(?P<minutes>[0-5]\d)")
_SECONDS = re.compile(r"(\d{1,7})(?:\.0{1,6})?")
_CLOCK = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d))?")
_ISO = re.compile(rf"pt(?=\d)(?:(?P<hours>{_NUMBER})h)?(?:(?P<minutes>{_NUMBER})m)?(?:(?P<seconds>{_NUMBER})s)?")
_FORMS = (_MINUTES_WITHOUT_UNIT, _WITH_UNITS, _CLOCK, _ISO)
_WORDS = {
    "half an hour": "30m",
    "half hour": "30m",
    "a quarter of an hour": "15m",
    "quarter of an hour": "15m",
    "three quarters of an hour": "45m",
    "an hour": "1h",
    "an hour and a quarter": "1h15m",
    "an hour and a half": "1h30m",
    "an hour and three quarters": "1h45m",
    "a minute": "1m",
}
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
"""The numbers from one, in words."""
MAX_DOUBTFUL_NUMBER = 480
"""The largest number that may be meant in minutes: those of a working day."""
_NUMBER_WORD = re.compile(rf"({'|'.join(NUMBER_WORDS)})(?= (?:and a half )?(?:hour|minute)s?\b)")
_AND_A_HALF = re.compile(r"(\d+) and a half (hours?)")


def parse_duration(text: str) -> int:
    """Return the seconds of a duration.

    Raises:
        ValueError: It is no duration, has two readings, or is longer than Toggl allows.
    """
    words = " ".join(text.lower().split())
    words = _NUMBER_WORD.sub(lambda match: str(NUMBER_WORDS.index(match[1]) + 1), _WORDS.get(words, words))
    words = _AND_A_HALF.sub(r"\1.5 \2", words)
    if (seconds := _SECONDS.fullmatch(words)) and (words.isdecimal() or int(seconds[1]) > MAX_DOUBTFUL_NUMBER):
        return _check_length(int(seconds[1]))
    match = next((match for form in _FORMS if words and (match := form.fullmatch(words))), None)
    if match is None:
        message = f"{text!r:.60} is not a duration; write 1h30m, 1:30, 90m, 1.5h, PT90M or seconds"
        if re.fullmatch(_NUMBER, words):
            message = f"{words} has two readings, {words}h and {words}m; add the unit"
        elif re.fullmatch(r"\d+,\d+\s*h\w*", words):
            message = f"{text!r:.60} has a comma; write the decimals with a point, as in 1.5h"
        raise ValueError(message)
    parts = match.groupdict()
    return _check_length(round(sum(float(parts.get(unit) or 0) * size for unit, (_, size) in _UNITS.items())))


def describe_doubt(text: str | None) -> str | None:
    """Return that a small number counts as seconds; None of any other text."""
    if text is None or not re.fullmatch(r"\s*\d{1,3}\s*", text) or not 0 < int(text) <= MAX_DOUBTFUL_NUMBER:
        return None
    return f"duration: {int(text)} are seconds. If minutes are meant, give {int(text)}m by edit_time_entries."


def _check_length(seconds: int) -> int:
    if seconds > MAX_DURATION.total_seconds():
        message = f"is longer than {MAX_DURATION.total_seconds() / 3600:.0f} hours; split it into several entries"
        raise ValueError(message)
    return seconds
