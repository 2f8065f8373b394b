"""A change on its way to Toggl: the row before it, and what Toggl confirmed of it.

What happens where no confirmation comes is in endpoint.py: `_create`, `_reconcile_create` and `_refetch`.
"""

from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.cache.store import Row
from toggl_mcp.models.quota import PendingChange

M = TypeVar("M", bound=BaseModel)


class ConfirmedRow(NamedTuple, Generic[M]):
    """A model as Toggl confirmed it, or None for one that is gone, and the row from before the change was sent."""

    row_id: int
    item: M | None
    expected: Row | None = None


@dataclass(slots=True)
class Change(Generic[M]):
    """One change of a collection: the row from before it was sent, its record, and the rows that are confirmed."""

    expected: Row
    pending: PendingChange
    rows: list[ConfirmedRow[M]] = field(default_factory=list[ConfirmedRow[M]])

    def add_confirmed_row(self, row_id: int, item: M | None, expected: Row | None = None) -> None:
        """Keep a row that Toggl confirmed, until the change is settled."""
        # What is gone is gone, whatever else was written meanwhile; of two confirmations, either may be the later.
        self.rows.append(ConfirmedRow(row_id, item, None if item is None else expected or self.expected))
