"""The loop of a contender's process: it reads orders as lines of JSON and writes the seconds of each call.

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

from sample import is_right, make_id

THREADS = 16
TASKS = 480

Verb = Callable[[int], Awaitable[object]]
"""One call, about the client with this number."""


class Assignment(NamedTuple):
    """What a contender is started with."""

    kind: str
    url: str
    token: str
    folder: Path
    size: int


def parse_assignment() -> Assignment:
    """Return the assignment from the command line of this process."""
    kind, url, token, folder, size = sys.argv[1:]
    return Assignment(kind, url, token, Path(folder), int(size))


def to_verb(call: Callable[[int], object]) -> Verb:
    """Return a blocking call as a verb, at the cost of a tenth of a microsecond."""

    async def verb(number: int) -> object:
        return call(number)

    return verb


async def serve(verbs: Mapping[str, Verb], size: int) -> None:
    """Run orders until the input ends; a verb that is not timed takes the number of clients."""
    generator = random.Random(size)  # noqa: S311 - every contender gets the same clients
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        verb = verbs[order["verb"]]
        response = await (_time_calls(verb, size, generator, **order) if "calls" in order else verb(size))
        sys.stdout.write(json.dumps(response) + "\n")
        sys.stdout.flush()


async def _time_calls(
    call: Verb, size: int, generator: random.Random, *, verb: str, warm: int, calls: int, seconds: float
) -> list[float]:
    """Return the seconds of each call, up to so many calls or so many seconds in all."""
    samples: list[float] = []
    for turn in range(warm + calls):
        number = generator.randrange(size)
        started_at = perf_counter()
        response = await call(number)
        elapsed = perf_counter() - started_at
        if not is_right(verb, size, number, response):
            message = f"wrong result of {verb} {number}: {response!r:.200}"
            raise ValueError(message)
        if turn >= warm:
            samples.append(elapsed)
        if sum(samples) > seconds:
            break
    return samples


def count_right_tasks(endpoint: Any, size: int) -> int:  # noqa: ANN401 - either library's blocking endpoint
    """Return the number of tasks with a correct result: gets and refreshes in turn, by all threads at once."""
    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(partial(_task, endpoint, size), range(TASKS)))


def _task(endpoint: Any, size: int, turn: int) -> bool:  # noqa: ANN401 - either library's blocking endpoint
    number = turn % size
    try:
        if turn % 2:
            return is_right("refill", size, number, endpoint.collect(refresh=True))
        return is_right("hit", size, number, endpoint.get(make_id(number)))
    except Exception:  # noqa: BLE001 - any error is a wrong result
        return False
