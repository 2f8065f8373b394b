"""Some of a collection in the order of names, and what has a name."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.endpoints.collection import Collection, Reading
from toggl_mcp.models.base import Position
from toggl_mcp.models.text import fold

M = TypeVar("M", bound=BaseModel)


class Page(NamedTuple, Generic[M]):
    """Some of those that fit, how many fit in all, how many come after these, and where the next page begins."""

    items: list[M]
    total: int
    left: int
    end: Position | None
    reading: Reading[M]


def page(
    reading: Reading[M], name: str | None, fits: Callable[[M], bool], *, limit: int, after: Position | None
) -> Page[M]:
    """Return at most `limit` of those whose name contains `name`, in any case, and that fit, after a position."""
    wanted = fold(name or "")
    shown: list[tuple[str, int, M]] = []
    total = before = 0
    for entry in reading.collection.ordered:
        if wanted in entry[0] and fits(entry[2]):
            total += 1
            if after is not None and entry[:2] <= after:
                before += 1
            elif len(shown) < limit:
                shown.append(entry)
    left = total - before - len(shown)
    end = Position(shown[-1][0], shown[-1][1]) if left and shown else None
    return Page([item for _, _, item in shown], total, left, end, reading)


def named(known: Collection[M], name: str) -> list[M]:
    """Return every one of exactly that name, in any case."""
    wanted = fold(name)
    start = bisect_left(known.ordered, wanted, key=lambda entry: entry[0])
    end = bisect_right(known.ordered, wanted, key=lambda entry: entry[0])
    return [item for _, _, item in known.ordered[start:end]]
