"""The rows of the one table that a run ends with."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

BEST = "best"
"""Stands for whichever of theirs did best."""
_HEAD = "| measure | ours | theirs | ratio | goal |\n|---|---|---|---|---|\n"
_MS, _US = 1e-3, 1e-6


class Row(NamedTuple):
    """One measure, in words."""

    measure: str
    ours: str
    theirs: str
    ratio: str
    goal: str = ""


def faster(
    measure: str,
    ours: float,
    theirs: Mapping[str, float],
    goals: Mapping[str, float] | None = None,
    cited: Mapping[str, str] | None = None,
) -> Row:
    """Return a row of seconds: how many times faster ours is than each of theirs, and how fast it has to be.

    What is only `cited` was not measured in this run.
    """
    times = {name: spent / ours for name, spent in theirs.items()}
    shown = [f"{name} {duration(spent)}" for name, spent in theirs.items()]
    told = [f"{name} {what} (cited)" for name, what in (cited or {}).items()]
    return Row(
        measure,
        duration(ours),
        ", ".join(shown + told),
        ", ".join(f"{name} {number(value)}x" for name, value in times.items()),
        ", ".join(
            f"{name} ≥ {least:g}x {_verdict(_of(times, name) >= least)}" for name, least in (goals or {}).items()
        ),
    )


def at_most(measure: str, ours: float, theirs: float, limit: float, shown: tuple[str, str]) -> Row:
    """Return a row whose ratio, ours to theirs, has to stay within a limit."""
    ratio = ours / theirs
    return Row(measure, *shown, f"{ratio:.2f}", f"≤ {limit:g} {_verdict(ratio <= limit)}")


def counted(measure: str, ours: str, theirs: Mapping[str, str], goal: str, *, met: bool) -> Row:
    """Return a row of something that was counted."""
    told = ", ".join(f"{name} {what}" for name, what in theirs.items())
    return Row(measure, ours, told, "", f"{goal} {_verdict(met)}")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as Markdown."""
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def duration(seconds: float) -> str:
    """Return seconds in the unit that suits them."""
    if seconds < _MS:
        return f"{number(seconds / _US)} µs"
    return f"{number(seconds / _MS)} ms" if seconds < 1 else f"{number(seconds)} s"


def number(value: float) -> str:
    """Return a number to about three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _of(times: Mapping[str, float], name: str) -> float:
    return min(times.values()) if name == BEST else times[name]


def _verdict(met: bool) -> str:  # noqa: FBT001 - it is the whole argument
    return "(met)" if met else "(**missed**)"
