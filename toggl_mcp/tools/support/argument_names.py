"""The names that models give arguments, and what they are called here."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

MIN_SIMILARITY = 0.7
"""How similar (0 to 1) an unknown argument is to one that could be meant: duration is no description."""
SYNONYMS: Mapping[str, Sequence[str]] = {
    "stop": ("end", "end_time", "until", "to", "duration"),
    "end": ("end_date", "end_time", "stop", "until", "to"),
    "start": ("start_date", "start_time", "begin", "from", "since", "at"),
    "at": ("time", "split_at", "start"),
    "period": ("date", "day", "days", "week", "month", "year", "range", "date_range", "when", "since"),
    "ids": ("entry", "entries", "entry_id", "time_entry_id"),
    "entry": ("id", "ids", "time_entry_id"),
    "description": ("title", "text", "note", "notes", "query", "search", "contains"),
    "name": ("title", "query", "search", "contains"),
    "estimated_hours": ("estimate", "budget", "hours"),
    "amount": ("rate", "hourly_rate", "price"),
    "group_by": ("by", "groups", "grouping", "breakdown"),
    "user": ("member", "person", "who", "users"),
    "merge_into": ("into", "target"),
    "workspace": ("wid",),
    "status": ("archived", "active", "state"),
}
"""Other words for an argument, where it has no similar name."""
NEGATIONS: Mapping[tuple[str, str], str] = {
    ("archived", "active"): "active: false archives it",
    ("active", "archived"): "archived: true archives it",
}
"""What to give in place of an argument, where it is the contrary of another."""


def suggest_arguments(name: str, arguments: Sequence[str]) -> str:
    """Return the end of a sentence: the argument that an unknown one could have meant, or all of them."""
    for argument in arguments:
        if hint := NEGATIONS.get((name, argument)):
            return f"; {hint}"
    synonyms = [argument for argument in SYNONYMS if argument in arguments and name in SYNONYMS[argument]]
    nearest = get_close_matches(name, arguments, n=1, cutoff=MIN_SIMILARITY) or synonyms
    return f"; the nearest is {nearest[0]}" if nearest else f", which takes {', '.join(arguments) or 'none'}"
