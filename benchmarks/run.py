"""Everything that is measured, in one run: against toggl-api-wrapper, and against a server on the bare SDK.

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

from arena import Arena, arena, versions
from calls import calls
from counted import hours, threads
from start import started
from table import Row, table
from timed import Effort, blocking, changed, first, growth, reads, refills

from tests.figures import read_commit

FULL = Effort(sizes=(1, 100, 1_000, 10_000, 100_000), calls=1_000, seconds=0.5, rounds=3)
QUICK = Effort(sizes=(100, 1_000), calls=200, seconds=0.2, rounds=2)

METHOD = """\
Method: one process a contender, on one sandbox behind a loopback socket, asked in turn in rounds; each call is timed by
`perf_counter` after a warm-up, its answer checked, and the median over all rounds shown. The sandbox's clock is an hour
later at each look, so that nobody is throttled; our store's clock does not wait, so that our pacing of requests is not
measured. The wrapper's caches are filled behind its back for all but the refills, and it never asks Toggl about an id
that is not in its cache. Its blocking caches do not keep what `add` created; ours is in the cache when `add` returns.
Nothing changes at Toggl between a first and a second refresh. What is cited was seen with 10,000 clients, on two cores
of a machine like this one. Ratios: theirs to ours where the goal is ≥, ours to theirs where it is ≤.
"""

RESULTS = Path(__file__).with_name("results.json")

Phase = Callable[[Arena], Iterator[Row]]


def phases(*, quick: bool) -> Mapping[str, Phase]:
    """Return what is measured, by name."""
    effort = QUICK if quick else FULL
    patient = effort._replace(rounds=9)
    return {
        "reads": partial(reads, effort=effort),
        "blocking": partial(blocking, effort=effort),
        "first": partial(first, effort=effort),
        "growth": partial(growth, effort=patient),
        "refills": partial(refills, effort=effort),
        "changed": partial(changed, effort=effort),
        "threads": threads,
        "hours": hours,
        "calls": partial(calls, blocks=4 if quick else 20),
        "starts": lambda _: started(5 if quick else 15),
    }


def main() -> None:
    """Measure, and print the table; a full run also writes it for the documentation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes and few calls, to try it out")
    parser.add_argument("--only", nargs="+", choices=phases(quick=True), help="measure only these")
    given = parser.parse_args()
    rows: list[Row] = []
    with arena() as ours_and_theirs:
        _say(f"{_machine()} Theirs: {versions(ours_and_theirs.wrapper)}.")
        for name, phase in phases(quick=given.quick).items():
            if given.only is None or name in given.only:
                began = perf_counter()
                rows += phase(ours_and_theirs)
                _say(f"{name}: {perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.2f}")
    sys.stdout.write(f"\n{METHOD}\n{table(rows)}")
    if not given.quick and given.only is None:
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


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
