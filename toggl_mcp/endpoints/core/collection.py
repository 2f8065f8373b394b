"""What is known: a collection, or one thing of it, and how it came to be known."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.cache.store import Mark
from toggl_mcp.models.base import Position, Source
from toggl_mcp.models.text import fold

M = TypeVar("M", bound=BaseModel)


class Collection(Generic[M]):
    """A parsed snapshot: models by id, and what is derived from them once."""

    def __init__(self, items: Mapping[int, M], mark: Mark) -> None:
        self.items = items
        self.mark = mark

    @cached_property
    def ordered(self) -> list[tuple[str, int, M]]:
        """Every model behind its case-folded name and its id, in that order."""
        return sorted((_folded(model), key, model) for key, model in self.items.items())

    def after(self, row_id: int, item: M | None, mark: Mark) -> "Collection[M]":
        """Return the collection after one write, derived from this one rather than made anew."""
        rest, ordered = dict(self.items), self.ordered.copy()
        former = rest.pop(row_id, None)
        if former is not None:
            del ordered[bisect_left(ordered, (_folded(former), row_id), key=_place)]
        if item is not None:
            rest[row_id] = item
            insort(ordered, (_folded(item), row_id, item), key=_place)
        collection = Collection(rest, mark)
        collection.ordered = ordered
        return collection


@dataclass(frozen=True, slots=True)
class Reading(Generic[M]):
    """A collection, and how it came to be known."""

    collection: Collection[M]
    source: Source

    @property
    def as_of(self) -> datetime:
        """When Toggl said so, in UTC."""
        return moment(self.collection.mark)


class Found(NamedTuple, Generic[M]):
    """One model, or None when Toggl has no such thing, and how that came to be known."""

    item: M | None
    source: Source
    as_of: datetime


def _place(entry: tuple[str, int, object]) -> tuple[str, int]:
    return entry[:2]


def _folded(model: BaseModel) -> str:
    return fold(str(getattr(model, "name", "")))


def moment(mark: Mark) -> datetime:
    """Return when Toggl was asked, in UTC."""
    return datetime.fromtimestamp(mark.fetched_at or 0.0, UTC)


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
