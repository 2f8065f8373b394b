"""What is timed call by call: reads and creations at every size, refills, growth, and the first question."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from arena import Arena, Contender
from table import BEST, Row, at_most, duration, faster

THEIRS = ("SQLite", "JSON", "async")
VERBS = {
    "hit": "get by id, cached",
    "miss": "get by an unknown id, Toggl asked within the minute",
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
TOO_LONG: Mapping[str, int] = {"SQLite": 1_000, "JSON": 10_000, "async": 10_000}
"""Beyond these sizes, the wrapper's refills are cited."""
SEEN: Mapping[str, Mapping[str, str]] = {
    "first refresh": {"SQLite": "8.2 s", "JSON": "10.4 s", "async": "31.1 s"},
    "second refresh": {"SQLite": "366 s", "JSON": "22.5 s", "async": "18.8 s"},
}
"""What the wrapper's refills of 10,000 took on a machine like this one."""
SMALL, TYPICAL, LARGE = 100, 10_000, 100_000
MOST_GROWTH = 1.5


class Effort(NamedTuple):
    """How much is measured: in each round, each contender in turn has so many calls, or so many seconds."""

    sizes: tuple[int, ...]
    calls: int
    seconds: float
    rounds: int


def medians(contenders: Mapping[str, Contender], verb: str, effort: Effort) -> dict[str, float]:
    """Return each contender's median over all rounds."""
    took: defaultdict[str, list[float]] = defaultdict(list)
    for turn in range(effort.rounds):
        warm = 0 if turn else 2
        for name, contender in contenders.items():
            took[name] += contender.ask(verb, warm=warm, calls=effort.calls, seconds=effort.seconds)
    return {name: median(seconds) for name, seconds in took.items()}


def once(contender: Contender, verb: str) -> float:
    """Return what one call takes, just as it comes."""
    return contender.ask(verb, warm=0, calls=1, seconds=0)[0]


def reads(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure reads, and at the end creations, in full caches of every size."""
    measured: dict[tuple[str, int], dict[str, float]] = {}
    for size in effort.sizes:
        arena.hold(size)
        with ExitStack() as stack:
            contenders = {"ours": stack.enter_context(arena.ours("async", size))}
            once(contenders["ours"], "refill")
            for kind in THEIRS:
                contenders[kind] = stack.enter_context(arena.theirs(kind, size))
                contenders[kind].ask("fill")
            for verb in VERBS:
                measured[verb, size] = medians(contenders, verb, effort)
    for verb, told in VERBS.items():
        for size in effort.sizes:
            theirs = measured[verb, size]
            yield faster(f"{told}; {size:,}", theirs.pop("ours"), theirs, GOALS.get((verb, size)))


def refills(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure the first and the second refresh of empty caches of every size, in fresh processes."""
    measured: dict[tuple[str, int], dict[str, float]] = {}
    for size in effort.sizes:
        arena.hold(size)
        ours: list[tuple[float, float]] = []
        theirs: dict[str, tuple[float, float]] = {}
        for kind in THEIRS:
            with arena.ours("async", size) as contender:
                ours.append((once(contender, "refill"), once(contender, "refill")))
            if size <= TOO_LONG[kind]:
                with arena.theirs(kind, size) as contender:
                    theirs[kind] = once(contender, "refill"), once(contender, "refill")
        for index, which in enumerate(SEEN):
            measured[which, size] = {"ours": median(pair[index] for pair in ours)}
            measured[which, size] |= {kind: pair[index] for kind, pair in theirs.items()}
    for which in SEEN:
        for size in effort.sizes:
            spent = measured[which, size]
            cited = {kind: _cited(which, kind, size) for kind in THEIRS if kind not in spent}
            measure = f"{which}, HTTP included; {size:,}"
            yield faster(measure, spent.pop("ours"), spent, GOALS.get((which, size)), cited)


def _cited(which: str, kind: str, size: int) -> str:
    return SEEN[which][kind] if size == TYPICAL else f"over {SEEN[which][kind]}"


def changed(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure our refresh when every client has changed since the one before, so that every row is written again."""
    size = min(TYPICAL, effort.sizes[-1])
    arena.hold(size)
    took: list[float] = []
    with arena.ours("async", size) as contender:
        once(contender, "refill")
        for turn in range(effort.rounds):
            arena.change(f"turn {turn}")
            took.append(once(contender, "refill"))
    yield Row(f"refresh when every client has changed, HTTP included; {size:,}", duration(median(took)), "", "")


def growth(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure how the cost of our get by id grows with the collection."""
    with ExitStack() as stack:
        contenders: dict[str, Contender] = {}
        for size in (SMALL, LARGE):
            arena.hold(size)
            contenders[str(size)] = stack.enter_context(arena.ours("async", size))
            once(contenders[str(size)], "refill")
        small, large = medians(contenders, "hit", effort).values()
    measure = f"get by id, cached: {LARGE:,} against {SMALL:,} clients"
    yield at_most(measure, large, small, MOST_GROWTH, (duration(large), f"ours {duration(small)}"))


def blocking(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure our blocking endpoint beside the wrapper's."""
    arena.hold(TYPICAL)
    with arena.ours("blocking", TYPICAL) as ours, arena.theirs("SQLite", TYPICAL) as theirs:
        once(ours, "refill")
        theirs.ask("fill")
        measured = medians({"ours": ours, "SQLite": theirs}, "hit", effort)
    yield faster(f"get by id, cached, blocking ClientEndpoint; {TYPICAL:,}", measured.pop("ours"), measured)


def first(arena: Arena, effort: Effort) -> Iterator[Row]:
    """Measure the first name filter in a new process, over a cache that is there."""
    size = min(TYPICAL, effort.sizes[-1])
    arena.hold(size)
    took: dict[str, float] = {}
    for kind in ("ours", *THEIRS):
        with TemporaryDirectory() as name:
            folder = Path(name)
            with _of(arena, kind, size, folder) as contender:
                _ = once(contender, "refill") if kind == "ours" else contender.ask("fill")
            took[kind] = median(_first(arena, kind, size, folder) for _ in range(effort.rounds))
    yield faster(f"first page of a name filter, first call in a new process; {size:,}", took.pop("ours"), took)


def _first(arena: Arena, kind: str, size: int, folder: Path) -> float:
    with _of(arena, kind, size, folder) as contender:
        return once(contender, "page")


def _of(arena: Arena, kind: str, size: int, folder: Path) -> Contender:
    return arena.ours("async", size, folder) if kind == "ours" else arena.theirs(kind, size, folder)
