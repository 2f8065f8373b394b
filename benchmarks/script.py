"""The scripted hour: 54 reads, 3 creates, 2 renames and 1 delete, one a minute. Only the standard library is needed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sample import make_id, make_name

MINUTES = 60
READS = ("list", "get", "filter")

NamesById = Mapping[int, str]
"""Names by id."""


class Step(NamedTuple):
    """What happens in one minute: a verb, the client that it is about, and a name or a part of one."""

    verb: str
    client_id: int
    name: str


def step(minute: int) -> Step:
    """Return what happens in a minute."""
    match minute:
        case 10 | 25 | 40:
            return Step("create", 0, f"New in minute {minute}")
        case 15 | 45:
            return Step("rename", make_id(0), f"Renamed in minute {minute}")
        case 50:
            return Step("delete", make_id(1), "")
        case _:
            return Step(READS[minute % len(READS)], make_id(0), "NEW")


async def play(perform: Callable[[Step], Awaitable[NamesById]], size: int) -> int:
    """Play the hour, and return the number of reads that returned the state at Toggl.

    `do` returns what it was told: the clients that were found, created or renamed.
    """
    expected_names = {make_id(number): make_name(number) for number in range(size)}
    right_reads = 0
    for minute in range(MINUTES):
        current = step(minute)
        result = await perform(current)
        if current.verb in READS:
            right_reads += result == _expected(current, expected_names)
        elif current.verb == "delete":
            del expected_names[current.client_id]
        else:
            expected_names |= result
    return right_reads


def _expected(current: Step, expected_names: NamesById) -> NamesById:
    match current.verb:
        case "list":
            return expected_names
        case "get":
            return {current.client_id: expected_names[current.client_id]}
        case _:
            return {key: name for key, name in expected_names.items() if current.name.casefold() in name.casefold()}
