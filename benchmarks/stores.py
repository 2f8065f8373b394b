"""A store on a server beside one in a file, in one run: `python benchmarks/stores.py`; it needs redis-server or valkey.

The server is on loopback: a network adds its round trips, one to a read and two to a change. Each step is timed by
`perf_counter` after a warm-up, in rounds in which the stores take turns; the table shows the medians.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import anyio
from sample import make_id, make_name
from table import Row, duration, number, table

from tests.cache.redis.server import PROGRAMS, Server, find_program, make_address
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, RowWrite, Store

KEY = Key("benchmark", "clients", 1)
SIZE = 10_000
ROWS = {make_id(row): f'{{"id":{make_id(row)},"name":"{make_name(row)}"}}' for row in range(SIZE)}
ROUNDS, CALLS, LARGE_CALLS = 5, 300, 5

Step = Callable[[Store, int], Awaitable[object]]


async def replace(store: Store, _: int) -> object:
    """Store the whole collection again, requested later."""
    version = await store.get_version(KEY)
    return await store.replace(KEY, ROWS, expected=version, fetched_at=time.time())


STEPS: Mapping[str, tuple[int, Step]] = {
    "get one row of 10,000": (CALLS, lambda store, call: store.get_row(KEY, make_id(call))),
    "get a version": (CALLS, lambda store, _: store.get_version(KEY)),
    "write one row": (
        CALLS,
        lambda store, call: store.write(KEY.scope, rows=[RowWrite(KEY, make_id(call), f"{call}")]),
    ),
    "reserve a slot": (CALLS, lambda store, _: store.reserve_slot(KEY.scope, (), 0, 0)),
    "read 10,000 rows": (LARGE_CALLS, lambda store, _: store.read(KEY)),
    "store 10,000 rows again": (LARGE_CALLS, replace),
}


async def measure(stores: Mapping[str, Store]) -> list[Row]:
    """Return a row for each step: the seconds in a file and on a server, and the second to the first."""
    samples: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for store in stores.values():
        await replace(store, 0)
    for _ in range(ROUNDS):
        for measure, (calls, step) in STEPS.items():
            for name, store in stores.items():
                await step(store, 0)
                for call in range(calls):
                    began = time.perf_counter()
                    await step(store, call)
                    samples[measure, name].append(time.perf_counter() - began)
    medians = {case: median(seconds) for case, seconds in samples.items()}
    return [
        Row(
            measure,
            duration(medians[measure, "file"]),
            duration(medians[measure, "server"]),
            number(medians[measure, "server"] / medians[measure, "file"]),
        )
        for measure in STEPS
    ]


def main() -> None:
    """Measure, and print the table, in which a server is compared with a file."""
    program = PROGRAMS[0]
    if find_program(program) is None:
        sys.exit(f"{program} is not installed")
    with TemporaryDirectory() as folder:
        server = Server(program, Path(folder)).start()
        try:
            anyio.run(_print_table, Path(folder), server)
        finally:
            server.stop()


async def _print_table(folder: Path, server: Server) -> None:
    stores: Mapping[str, Store] = {
        "file": SqliteStore(folder / "cache.sqlite"),
        "server": RedisStore(make_address(server)),
    }
    rows = await measure(stores)
    sys.stdout.write(table(rows).replace("ours | theirs", "file | server"))
    for store in stores.values():
        await store.aclose()


if __name__ == "__main__":
    main()
