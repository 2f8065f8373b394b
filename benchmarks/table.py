"""The rows of the one table that a run ends with."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

BEST = "best"
"""Stands for the best of theirs."""
_HEAD = "| measure | ours | theirs | ratio | goal |\n|---|---|---|---|---|\n"
_MS, _US = 1e-3, 1e-6


class Row(NamedTuple):
    """One measure, as text."""

    measure: str
    ours: str
    theirs: str
    ratio: str
    goal: str = ""


def speed_row(
    measure: str,
    ours: float,
    theirs: Mapping[str, float],
    goals: Mapping[str, float] | None = None,
    citations: Mapping[str, str] | None = None,
) -> Row:
    """Return a row of seconds: how many times faster ours is than each of theirs, and how fast it has to be.

    `citations` were not measured in this run.
    """
    times = {name: seconds / ours for name, seconds in theirs.items()}
    texts = [f"{name} {duration(seconds)}" for name, seconds in theirs.items()]
    cited_texts = [f"{name} {text} (cited)" for name, text in (citations or {}).items()]
    return Row(
        measure,
        duration(ours),
        ", ".join(texts + cited_texts),
        ", ".join(f"{name} {number(value)}x" for name, value in times.items()),
        ", ".join(
            f"{name} ≥ {least:g}x {_verdict(_pick(times, name) >= least)}" for name, least in (goals or {}).items()
        ),
    )


def limit_row(measure: str, ours: float, theirs: float, limit: float, texts: tuple[str, str]) -> Row:
    """Return a row whose ratio, ours to theirs, has to stay within a limit."""
    ratio = ours / theirs
    return Row(measure, *texts, f"{ratio:.2f}", f"≤ {limit:g} {_verdict(ratio <= limit)}")


def count_row(measure: str, ours: str, theirs: Mapping[str, str], goal: str, *, is_met: bool) -> Row:
    """Return a row of a count."""
    counts = ", ".join(f"{name} {count}" for name, count in theirs.items())
    return Row(measure, ours, counts, "", f"{goal} {_verdict(is_met)}")


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


def _pick(times: Mapping[str, float], name: str) -> float:
    return min(times.values()) if name == BEST else times[name]


def _verdict(is_met: bool) -> str:  # noqa: FBT001 - it is the whole argument
    return "(met)" if is_met else "(**missed**)"
