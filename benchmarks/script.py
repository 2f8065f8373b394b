"""The scripted hour: 54 reads, 3 creates, 2 renames and 1 delete, one a minute. Only the standard library is needed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from sample import id_of, name_of

MINUTES = 60
READS = ("list", "get", "filter")

Known = Mapping[int, str]
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
            return Step("rename", id_of(0), f"Renamed in minute {minute}")
        case 50:
            return Step("delete", id_of(1), "")
        case _:
            return Step(READS[minute % len(READS)], id_of(0), "NEW")


async def play(do: Callable[[Step], Awaitable[Known]], size: int) -> int:
    """Play the hour, and return how many of the reads told what is at Toggl.

    `do` returns what it was told: the clients that were found, created or renamed.
    """
    there = {id_of(number): name_of(number) for number in range(size)}
    rightly = 0
    for minute in range(MINUTES):
        asked = step(minute)
        told = await do(asked)
        if asked.verb in READS:
            rightly += told == _expected(asked, there)
        elif asked.verb == "delete":
            del there[asked.client_id]
        else:
            there |= told
    return rightly


def _expected(asked: Step, there: Known) -> Known:
    match asked.verb:
        case "list":
            return there
        case "get":
            return {asked.client_id: there[asked.client_id]}
        case _:
            return {key: name for key, name in there.items() if asked.name.casefold() in name.casefold()}
