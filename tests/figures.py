"""The figures that are measured: `tests/figures.json` holds them by promise and case, with the commit and its date.

The large runs and benchmarks/start.py write theirs. A test whose figure is cheap to measure compares it at each run;
`TOGGL_MCP_FIGURES=write` makes it write the new figure instead.
"""

import fcntl
import json
import os
import subprocess
from pathlib import Path
from typing import TypedDict

FILE = Path(__file__).with_name("figures.json")
WRITES = os.environ.get("TOGGL_MCP_FIGURES") == "write"

Numbers = dict[str, int | float | str]


class Measurement(TypedDict):
    """What was measured for a promise: the numbers of each case, at a commit of a day."""

    commit: str
    date: str
    cases: dict[str, Numbers]


def load_measurements() -> dict[str, Measurement]:
    """Return what was measured, by promise."""
    return json.loads(FILE.read_text("utf-8"))


def load_figures(promise: str) -> Numbers:
    """Return a promise's numbers, those of its cases added up."""
    total: Numbers = {}
    for numbers in load_measurements()[promise]["cases"].values():
        for name, value in numbers.items():
            former = total.get(name, 0)
            total[name] = value if isinstance(value, str) or isinstance(former, str) else former + value
    return total


def check_figures(promise: str, case: str = "all", **numbers: float | str) -> None:
    """Compare what a test has measured with what is written, or write it."""
    if WRITES:
        write_figures(promise, case, **numbers)
    assert load_measurements()[promise]["cases"][case] == numbers


def write_figures(promise: str, case: str = "all", **numbers: float | str) -> None:
    """Write what was measured in a case; cases that were measured at another commit are dropped."""
    commit, date = read_commit()
    with FILE.with_name("figures.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Tests in several processes write one file.
        measurements = load_measurements()
        former = measurements.get(promise)
        cases = former["cases"] if former and former["commit"] == commit else {}
        measurements[promise] = {"commit": commit, "date": date, "cases": {**cases, case: numbers}}
        FILE.write_text(f"{json.dumps(dict(sorted(measurements.items())), indent=2)}\n", "utf-8")


def read_commit() -> tuple[str, str]:
    """Return the commit that is measured, and its date."""
    show = ["git", "show", "--no-patch", "--format=%h %cs", "HEAD"]
    commit, date = subprocess.run(show, capture_output=True, text=True, check=True, cwd=FILE.parent).stdout.split()  # noqa: S603 - ours
    return commit, date
