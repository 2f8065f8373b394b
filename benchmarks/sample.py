"""The clients of every contender, and the check of a result. It imports the standard library alone."""

from typing import Any

WORKSPACE = 4_102_001
FIRST_ID = 70_000_000
UNKNOWN_ID = 1
PAGE = 50
WORDS = 100
"""How many first words the names share: a filter by one of them finds every hundredth client."""

_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu")


def make_id(number: int) -> int:
    """Return the id of the client with this number, counted from 0."""
    return FIRST_ID + number


def make_name(number: int) -> str:
    """Return its name."""
    return f"{_word(number).title()} & Partners {number}"


def make_part(number: int) -> str:
    """Return a part of its name, in another case."""
    return _word(number).upper()


def is_right(verb: str, size: int, number: int, response: Any) -> bool:  # noqa: ANN401 - each contender has its own models
    """Tell whether the result of a verb about that client is correct, in a collection of so many."""
    match verb:
        case "hit":
            return (response.id, response.name) == (make_id(number), make_name(number))
        case "miss":
            return response is None
        case "page":
            return len(response) == min(PAGE, len(range(number % WORDS, size, WORDS)))
        case "named":
            return [item.id for item in response] == [make_id(number)]
        case "refill":
            return len(response) == size
        case _:
            return response.name.startswith("New ")


def _word(number: int) -> str:
    first, second = divmod(number % WORDS, len(_SYLLABLES))
    return _SYLLABLES[first] + _SYLLABLES[second]
