"""A change on its way to Toggl, and what the store is told of it in the end."""

from collections.abc import Container
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.cache.store import Key, Row, Store
from toggl_mcp.models.quota import Admission, Bucket

M = TypeVar("M", bound=BaseModel)


class ConfirmedRow(NamedTuple, Generic[M]):
    """A model as Toggl confirmed it, or None for one that is gone, and the row from before the change was sent."""

    row_id: int
    item: M | None
    expected: Row | None


class Mutation(Generic[M]):
    """One change of a collection, which admits itself; `row_id` is None for a creation, or a change of many."""

    def __init__(self, store: Store, key: Key, row_id: int | None) -> None:
        self._store = store
        self._key = key
        self._row_id = row_id
        self._expected: Row | None = None
        self.rows: list[ConfirmedRow[M]] = []
        self.bucket: Bucket | None = None

    async def admit(self, bucket_names: Container[str], max_wait_seconds: float) -> Admission:
        """Open the change in the store."""
        change = await self._store.open_change(self._key, self._row_id, bucket_names, max_wait_seconds)
        # The row before the first attempt counts: before the second, it may show what the first has done.
        self._expected = self._expected or change.expected
        return Admission(change.bucket, change.wait_seconds)

    def record(self, bucket: Bucket) -> None:
        """Keep what remains, until the change is settled."""
        self.bucket = bucket

    def add_confirmed_row(self, row_id: int, item: M | None, expected: Row | None = None) -> None:
        """Keep a row that Toggl confirmed, until the change is settled."""
        # What is gone is gone, whatever else was written meanwhile; of two confirmations, either may be the later.
        self.rows.append(ConfirmedRow(row_id, item, None if item is None else expected or self._expected))
