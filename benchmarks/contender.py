"""The inner half of a contender's process: orders come as lines of JSON, and what each call took goes back.

Only the standard library is needed, so that it runs in any contender's environment.
"""

import json
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from sample import id_of, right

THREADS = 16
TASKS = 480

Verb = Callable[[int], Awaitable[object]]
"""Asks one thing about the client with this number."""


class Place(NamedTuple):
    """Where a contender finds what it needs."""

    kind: str
    url: str
    token: str
    folder: Path
    size: int


def place() -> Place:
    """Return the place that this process was started for."""
    kind, url, token, folder, size = sys.argv[1:]
    return Place(kind, url, token, Path(folder), int(size))


def awaitable(call: Callable[[int], object]) -> Verb:
    """Return a blocking call as a verb, at the cost of a tenth of a microsecond."""

    async def verb(number: int) -> object:
        return call(number)

    return verb


async def serve(verbs: Mapping[str, Verb], size: int) -> None:
    """Carry out orders until the input ends. A verb that is not timed is given the number of clients."""
    chance = random.Random(size)  # noqa: S311 - every contender is asked about the same clients
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        verb = verbs[order["verb"]]
        answer = await (_timed(verb, size, chance, **order) if "calls" in order else verb(size))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


async def _timed(
    call: Verb, size: int, chance: random.Random, *, verb: str, warm: int, calls: int, seconds: float
) -> list[float]:
    """Return how long each call took, until there were so many calls or so many seconds were spent."""
    took: list[float] = []
    for turn in range(warm + calls):
        number = chance.randrange(size)
        began = perf_counter()
        answer = await call(number)
        spent = perf_counter() - began
        if not right(verb, size, number, answer):
            message = f"a wrong answer to {verb} {number}: {answer!r:.200}"
            raise ValueError(message)
        if turn >= warm:
            took.append(spent)
        if sum(took) > seconds:
            break
    return took


def shared(endpoint: Any, size: int) -> int:  # noqa: ANN401 - either library's blocking endpoint
    """Return how many tasks were answered rightly: gets and refreshes in turn, by all threads at once."""
    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(partial(_task, endpoint, size), range(TASKS)))


def _task(endpoint: Any, size: int, turn: int) -> bool:  # noqa: ANN401 - either library's blocking endpoint
    number = turn % size
    try:
        if turn % 2:
            return right("refill", size, number, endpoint.collect(refresh=True))
        return right("hit", size, number, endpoint.get(id_of(number)))
    except Exception:  # noqa: BLE001 - whatever it is, it is not a right answer
        return False
