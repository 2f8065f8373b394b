"""The clients that every contender is asked about, and what a right answer is. Only the standard library is needed."""

from typing import Any

WORKSPACE = 4_102_001
FIRST_ID = 70_000_000
UNKNOWN_ID = 1
PAGE = 50
WORDS = 100
"""How many first words the names share: a filter by one of them finds every hundredth client."""

_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu")


def id_of(number: int) -> int:
    """Return the id of the client with this number, counted from 0."""
    return FIRST_ID + number


def name_of(number: int) -> str:
    """Return its name."""
    return f"{_word(number).title()} & Partners {number}"


def part_of(number: int) -> str:
    """Return a part of its name, in another case."""
    return _word(number).upper()


def right(verb: str, size: int, number: int, answer: Any) -> bool:  # noqa: ANN401 - each contender has its own models
    """Tell whether a contender answered what was asked about that client, among so many."""
    match verb:
        case "hit":
            return (answer.id, answer.name) == (id_of(number), name_of(number))
        case "miss":
            return answer is None
        case "page":
            return len(answer) == min(PAGE, len(range(number % WORDS, size, WORDS)))
        case "named":
            return [item.id for item in answer] == [id_of(number)]
        case "refill":
            return len(answer) == size
        case _:
            return answer.name.startswith("New ")


def _word(number: int) -> str:
    first, second = divmod(number % WORDS, len(_SYLLABLES))
    return _SYLLABLES[first] + _SYLLABLES[second]
