"""The journal: each change of an account, with what was there before it."""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel

from toggl_mcp.models.base import parse_stored

MAX_CHANGES = 500
"""Changes that the journal of an account keeps."""
MAX_JOURNAL_SECONDS = 7 * 24 * 3600.0
"""Seconds for which the journal keeps a change."""
MAX_CHANGE_SECONDS = 150.0
"""Seconds after which a change that was never confirmed has ended: longer than any call takes."""


class _Label(BaseModel, frozen=True):
    name: str | None = None
    description: str | None = None


class RowChange(NamedTuple):
    """A row before and after a change, as JSON texts; None for no row, or for one that is not known."""

    row_id: int
    before: str | None
    after: str | None

    @property
    def name(self) -> str | None:
        """The name or the description that the row had, or else has now."""
        label = parse_stored(_Label, self.before or self.after) or _Label()
        return label.name or label.description


class ChangeRecord(BaseModel, frozen=True):
    """One request that changes something, and what it did; those of one call have one `change_id`.

    `undoes` is the change that it undoes. Until it is confirmed, `rows` are what was there before it was sent.
    """

    record_id: str
    change_id: str
    undoes: str | None = None
    made_at: float
    settled_at: float | None = None
    """When its confirmation was recorded; None without one, or where nothing depends on it."""
    verb: str
    kind: str
    workspace_id: int
    rows: tuple[RowChange, ...] = ()
    archived_project_ids: tuple[int, ...] | None = ()
    """The projects that were archived with a client; None where that is not known."""
    former_id: int | None = None
    """The id of the deleted item of which an undo has created this one again."""
    is_confirmed: bool = False
    is_undone: bool = False

    @property
    def ended_at(self) -> float:
        """The time by which Toggl has made the change, if it has."""
        return self.made_at + MAX_CHANGE_SECONDS if self.settled_at is None else self.settled_at

    def confirm(self, rows: Sequence[RowChange], archived_project_ids: Sequence[int] | None) -> "ChangeRecord":
        """Return the record with what was confirmed."""
        update = {
            "rows": tuple(rows),
            "archived_project_ids": None if archived_project_ids is None else tuple(archived_project_ids),
            "is_confirmed": True,
        }
        return self.model_copy(update=update)
