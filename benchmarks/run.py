"""All measurements in one run: against toggl-api-wrapper, and against a server on the bare SDK.

The wrapper is installed into an environment of its own, in the user's cache folder. It takes some seven minutes.
"""

import argparse
import json
import os
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from arena import Arena, open_arena, read_versions
from calls import measure_calls
from counts import count_hour_requests, count_threads
from start import measure_starts
from table import Row, table
from timings import (
    Effort,
    measure_blocking,
    measure_changed,
    measure_first_call,
    measure_growth,
    measure_reads,
    measure_refills,
)

from tests.figures import read_commit

FULL = Effort(sizes=(1, 100, 1_000, 10_000, 50_000), calls=1_000, seconds=0.5, rounds=3)
QUICK = Effort(sizes=(100, 1_000), calls=200, seconds=0.2, rounds=2)

METHOD = """\
Method: one process a contender, on one sandbox behind a loopback socket; the contenders take turns in rounds. Each call
is timed by `perf_counter` after a warm-up, its result is checked, and the table shows the median over all rounds. The
sandbox's clock advances by an hour at each reading, so that it refuses no request for haste; our store's clock does not
wait, so that our pacing of requests is not measured. The wrapper's caches are filled directly, except for the refills;
it sends no request for an id that is not in its cache. Its blocking caches do not store what `add` created; ours has it
when `add` returns. Nothing changes at Toggl between a first and a second refresh. Citations are from an earlier run
with 10,000 clients, on two cores of a machine like this one. Ratios: theirs to ours where the goal is ≥, ours to theirs
where it is ≤.
"""

RESULTS = Path(__file__).with_name("results.json")

Phase = Callable[[Arena], Iterator[Row]]


def phases(*, quick: bool) -> Mapping[str, Phase]:
    """Return the measurements by name."""
    effort = QUICK if quick else FULL
    patient = effort._replace(rounds=9)
    return {
        "reads": partial(measure_reads, effort=effort),
        "blocking": partial(measure_blocking, effort=effort),
        "first": partial(measure_first_call, effort=effort),
        "growth": partial(measure_growth, effort=patient),
        "refills": partial(measure_refills, effort=effort),
        "changed": partial(measure_changed, effort=effort),
        "threads": count_threads,
        "hours": count_hour_requests,
        "calls": partial(measure_calls, blocks=4 if quick else 20),
        "starts": lambda _: measure_starts(5 if quick else 15),
    }


def main() -> None:
    """Measure, and print the table; a full run also writes it for the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes and few calls, to try it out")
    parser.add_argument("--only", nargs="+", choices=phases(quick=True), help="measure only these")
    arguments = parser.parse_args()
    rows: list[Row] = []
    with open_arena() as contenders:
        _print_line(f"{_machine()} Theirs: {read_versions(contenders.wrapper)}.")
        for name, phase in phases(quick=arguments.quick).items():
            if arguments.only is None or name in arguments.only:
                started_at = perf_counter()
                rows += phase(contenders)
                _print_line(f"{name}: {perf_counter() - started_at:.0f} s, load {os.getloadavg()[0]:.2f}")
    sys.stdout.write(f"\n{METHOD}\n{table(rows)}")
    if not arguments.quick and arguments.only is None:
        _write(rows)


def _write(rows: list[Row]) -> None:
    """Write the table that docs/benchmarks.md shows."""
    results = json.loads(RESULTS.read_text("utf-8"))
    commit, date = read_commit()
    header, cells = results["wrapper"]["header"], [[row.measure, row.ours, row.theirs] for row in rows]
    results["wrapper"] = {"commit": commit, "date": date, "header": header, "rows": cells}
    RESULTS.write_text(f"{json.dumps(results, indent=2, ensure_ascii=False)}\n", "utf-8")


def _machine() -> str:
    ours = ", ".join(f"{name} {version(name)}" for name in ("toggl-mcp-server", "mcp", "httpx", "pydantic"))
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.2f}. Ours: {ours}."
    )


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
