"""Parsed collections, and what is read from them: all of it, a page or one item."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import inf
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.cache.store import Version
from toggl_mcp.errors import NotFound, OutcomeUnknown, Unreachable
from toggl_mcp.models.base import Position, Source, is_id
from toggl_mcp.models.text import filter_by_part, fold, fold_accents

M = TypeVar("M", bound=BaseModel)


@dataclass(eq=False)
class Collection(Generic[M]):
    """The models of a collection by id, and their order by name, which is derived once.

    `unreadable_ids` are those of the rows that it has at Toggl, and that could not be read; without an id, a negative
    number.
    """

    items: Mapping[int, M]
    version: Version
    unreadable_ids: AbstractSet[int] = frozenset()

    @classmethod
    def of(cls, rows: Mapping[int, M | None], version: Version) -> "Collection[M]":
        """Return the collection of these rows, of which None is one that cannot be read."""
        items = {key: item for key, item in rows.items() if item is not None}
        return cls(items, version, rows.keys() - items.keys())

    @property
    def ids(self) -> AbstractSet[int]:
        """The ids of all of its rows at Toggl."""
        return self.items.keys() | self.unreadable_ids

    def get(self, item_id: int) -> M | None:
        """Return the model of an id; None if there is none.

        Raises:
            Unreachable: The row of that id could not be read.
        """
        if item_id in self.unreadable_ids:
            message = f"Toggl's row {item_id} cannot be read. Look at it in Toggl's web app, where it can be mended."
            raise Unreachable(message)
        return self.items.get(item_id)

    def find_updated(self, item_id: int, body: Mapping[str, Any], outcome_unknown: OutcomeUnknown) -> M | None:
        """Return the model if it has the fields of an update whose repeat Toggl refused; None if Toggl has none.

        Raises:
            OutcomeUnknown: It has not, or the refusal was another one than that there is none.
        """
        if isinstance(outcome_unknown.__cause__, NotFound) and item_id not in self.ids:
            return None
        item = self.items.get(item_id)
        values = {} if item is None else item.model_dump(mode="json")
        # What an edit empties, Toggl leaves out or has as null.
        if item is None or any((values.get(field) or None) != (value or None) for field, value in body.items()):
            raise outcome_unknown
        return item

    @cached_property
    def by_name(self) -> list[tuple[str, int, M]]:
        """Each model with its case-folded name and its id, sorted by them."""
        return sorted((_folded(model), key, model) for key, model in self.items.items())

    def with_write(self, row_id: int, item: M | None, version: Version) -> "Collection[M]":
        """Return the collection after a write of one item; None deletes it."""
        items, ordered = dict(self.items), self.by_name.copy()
        former = items.pop(row_id, None)
        if former is not None:
            del ordered[bisect_left(ordered, (_folded(former), row_id), key=itemgetter(0, 1))]
        if item is not None:
            items[row_id] = item
            insort(ordered, (_folded(item), row_id, item), key=itemgetter(0, 1))
        collection = Collection(items, version, self.unreadable_ids - {row_id})
        collection.by_name = ordered
        return collection

    def find_by_name(self, name: str) -> list[M]:
        """Return every model of exactly that name, case ignored; if there is none, accents are ignored too."""
        folded = fold(name)
        start = bisect_left(self.by_name, (folded, 0))
        matches = [item for _, _, item in self.by_name[start : bisect_left(self.by_name, (folded, inf), start)]]
        return matches if matches or is_id(name) else self._by_plain_name.get(fold_accents(name), [])

    def find_by_ref(self, ref: str) -> list[M]:
        """Return the model of an id, and every one of a name: digits can be both."""
        by_id = self.items.get(int(ref)) if is_id(ref) else None
        by_name = [item for item in self.find_by_name(ref) if item is not by_id]
        return by_name if by_id is None else [by_id, *by_name]

    @cached_property
    def _by_plain_name(self) -> Mapping[str, list[M]]:
        """The models by their names without case and accents."""
        models: defaultdict[str, list[M]] = defaultdict(list)
        for name, _, model in self.by_name:
            models[fold_accents(name)].append(model)
        return dict(models)


@dataclass(frozen=True, slots=True)
class CacheRead(Generic[M]):
    """A collection, with where it was read from and when it was requested."""

    collection: Collection[M]
    source: Source

    @property
    def as_of(self) -> datetime:
        """When it was requested from Toggl, in UTC."""
        return self.collection.version.as_of

    def page(
        self, name: str | None, matches: Callable[[M], bool], *, limit: int, after: Position | None = None
    ) -> "Page[M]":
        """Return at most `limit` models after a position that match and have `name` in theirs.

        Case is ignored; accents are ignored where no name has them.
        """
        candidates = [entry for entry in self.collection.by_name if matches(entry[2])]
        if name is not None:
            candidates = filter_by_part(candidates, name, itemgetter(0))
        later = candidates if after is None else [entry for entry in candidates if entry[:2] > after]
        entries = later[:limit]
        remaining = len(later) - len(entries)
        end = Position(entries[-1][0], entries[-1][1]) if remaining and entries else None
        return Page([item for _, _, item in entries], len(candidates), remaining, end, self)


class Page(NamedTuple, Generic[M]):
    """A page of a list: `total` models match, `remaining` come after it, and the next page begins after `end`."""

    items: list[M]
    total: int
    remaining: int
    end: Position | None
    read: CacheRead[M]


class Lookup(NamedTuple, Generic[M]):
    """One model, or None if Toggl has none, with where that was read from and when it was requested."""

    item: M | None
    source: Source
    as_of: datetime


def _folded(model: BaseModel) -> str:
    return fold(str(getattr(model, "name", "")))
