"""Seconds a call: reads and creations at every size, refills, growth, and the first call of a process."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from arena import Arena, Contender
from table import BEST, Row, duration, limit_row, speed_row

THEIRS = ("SQLite", "JSON", "async")
VERBS = {
    "hit": "get by id, cached",
    "miss": "get by an unknown id, within a minute of a refresh",
    "page": "first page of a name filter (a part, any case)",
    "named": "exact name",
    "create": "create, HTTP included",
}
GOALS: Mapping[tuple[str, int], Mapping[str, float]] = {
    ("hit", 10_000): {"SQLite": 4, "async": 10},
    ("page", 10_000): {"SQLite": 20, "JSON": 20, "async": 20},
    ("named", 10_000): {"SQLite": 1},
    ("second refresh", 10_000): {BEST: 30},
}
MAX_REFILL_SIZES: Mapping[str, int] = {"SQLite": 1_000, "JSON": 10_000, "async": 10_000}
"""Beyond these sizes, the table cites the wrapper's refills."""
CITED_SECONDS: Mapping[str, Mapping[str, str]] = {
    "first refresh": {"SQLite": "8.2 s", "JSON": "10.4 s", "async": "31.1 s"},
    "second refresh": {"SQLite": "366 s", "JSON": "22.5 s", "async": "18.8 s"},
}
"""The time of the wrapper's refills of 10,000, on a machine like this one."""
SMALL, TYPICAL, LARGE = 100, 10_000, 50_000
MAX_GROWTH = 1.5


class Effort(NamedTuple):
    """The size of a measurement: in each round, each contender in turn has so many calls, or so many seconds."""

    sizes: tuple[int, ...]
    calls: int
    seconds: float
    rounds: int


def medians(contenders: Mapping[str, Contender], verb: str, effort: Effort) -> dict[str, float]:
    """Return each contender's median over all rounds."""
    samples: defaultdict[str, list[float]] = defaultdict(list)
    for turn in range(effort.rounds):
        warm = 0 if turn else 2
        for name, contender in contenders.items():
            samples[name] += contender.run(verb, warm=warm, calls=effort.calls, seconds=effort.seconds)
    return {name: median(seconds) for name, seconds in samples.items()}


def time_once(contender: Contender, verb: str) -> float:
    """Return the seconds of one call, without a warm-up."""
    return contender.run(verb, warm=0, calls=1, seconds=0)[0]


def measure_reads(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure reads, and at the end creations, in full caches of every size."""
    results: dict[tuple[str, int], dict[str, float]] = {}
    for size in effort.sizes:
        arena.hold(size)
        with ExitStack() as stack:
            contenders = {"ours": stack.enter_context(arena.ours("async", size))}
            time_once(contenders["ours"], "refill")
            for kind in THEIRS:
                contenders[kind] = stack.enter_context(arena.theirs(kind, size))
                contenders[kind].run("fill")
            for verb in VERBS:
                results[verb, size] = medians(contenders, verb, effort)
    for verb, label in VERBS.items():
        for size in effort.sizes:
            theirs = results[verb, size]
            yield speed_row(f"{label}; {size:,}", theirs.pop("ours"), theirs, GOALS.get((verb, size)))


def measure_refills(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure the first and the second refresh of empty caches of every size, in fresh processes."""
    results: dict[tuple[str, int], dict[str, float]] = {}
    for size in effort.sizes:
        arena.hold(size)
        ours: list[tuple[float, float]] = []
        theirs: dict[str, tuple[float, float]] = {}
        for kind in THEIRS:
            with arena.ours("async", size) as contender:
                ours.append((time_once(contender, "refill"), time_once(contender, "refill")))
            if size <= MAX_REFILL_SIZES[kind]:
                with arena.theirs(kind, size) as contender:
                    theirs[kind] = time_once(contender, "refill"), time_once(contender, "refill")
        for index, refresh in enumerate(CITED_SECONDS):
            results[refresh, size] = {"ours": median(pair[index] for pair in ours)}
            results[refresh, size] |= {kind: pair[index] for kind, pair in theirs.items()}
    for refresh in CITED_SECONDS:
        for size in effort.sizes:
            seconds = results[refresh, size]
            citations = {kind: _cite(refresh, kind, size) for kind in THEIRS if kind not in seconds}
            measure = f"{refresh}, HTTP included; {size:,}"
            yield speed_row(measure, seconds.pop("ours"), seconds, GOALS.get((refresh, size)), citations)


def _cite(refresh: str, kind: str, size: int) -> str:
    return CITED_SECONDS[refresh][kind] if size == TYPICAL else f"over {CITED_SECONDS[refresh][kind]}"


def measure_changed(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure our refresh when every client has changed since the one before, so that every row is written again."""
    size = min(TYPICAL, effort.sizes[-1])
    arena.hold(size)
    samples: list[float] = []
    with arena.ours("async", size) as contender:
        time_once(contender, "refill")
        for turn in range(effort.rounds):
            arena.change(f"turn {turn}")
            samples.append(time_once(contender, "refill"))
    yield Row(f"refresh when every client has changed, HTTP included; {size:,}", duration(median(samples)), "", "")


def measure_growth(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure how the cost of our get by id grows with the collection."""
    with ExitStack() as stack:
        contenders: dict[str, Contender] = {}
        for size in (SMALL, LARGE):
            arena.hold(size)
            contenders[str(size)] = stack.enter_context(arena.ours("async", size))
            time_once(contenders[str(size)], "refill")
        small, large = medians(contenders, "hit", effort).values()
    measure = f"get by id, cached: {LARGE:,} against {SMALL:,} clients"
    yield limit_row(measure, large, small, MAX_GROWTH, (duration(large), f"ours {duration(small)}"))


def measure_blocking(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure our blocking endpoint beside the wrapper's."""
    arena.hold(TYPICAL)
    with arena.ours("blocking", TYPICAL) as ours, arena.theirs("SQLite", TYPICAL) as theirs:
        time_once(ours, "refill")
        theirs.run("fill")
        results = medians({"ours": ours, "SQLite": theirs}, "hit", effort)
    yield speed_row(f"get by id, cached, blocking ClientEndpoint; {TYPICAL:,}", results.pop("ours"), results)


def measure_first_call(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure the first name filter in a new process, over a full cache."""
    size = min(TYPICAL, effort.sizes[-1])
    arena.hold(size)
    samples: dict[str, float] = {}
    for kind in ("ours", *THEIRS):
        with TemporaryDirectory() as name:
            folder = Path(name)
            with _open(arena, kind, size, folder) as contender:
                _ = time_once(contender, "refill") if kind == "ours" else contender.run("fill")
            samples[kind] = median(_time_first_call(arena, kind, size, folder) for _ in range(effort.rounds))
    yield speed_row(f"first page of a name filter, first call in a new process; {size:,}", samples.pop("ours"), samples)


def _time_first_call(arena: Arena, kind: str, size: int, folder: Path) -> float:
    with _open(arena, kind, size, folder) as contender:
        return time_once(contender, "page")


def _open(arena: Arena, kind: str, size: int, folder: Path) -> Contender:
    return arena.ours("async", size, folder) if kind == "ours" else arena.theirs(kind, size, folder)
