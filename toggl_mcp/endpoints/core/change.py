"""One change of a collection, from before it is sent until it is settled: what was there, and what is confirmed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar
from uuid import uuid4

from pydantic import BaseModel

from toggl_mcp.cache.store import Key, Row
from toggl_mcp.models.base import parse_stored
from toggl_mcp.models.call import CALL_RECORD
from toggl_mcp.models.journal import ChangeRecord, RowChange
from toggl_mcp.models.quota import PendingChange

M = TypeVar("M", bound=BaseModel)

_DERIVED_FIELDS = {
    "start": ("duration",),
    "stop": ("start", "duration"),
    "duration": ("start",),
    "project_id": ("task_id", "billable"),
}
"""What Toggl changes along with a field that is sent."""


class Cascade(NamedTuple):
    """What a confirmed change has done to the rows of another kind: it has edited or deleted them."""

    kind: str
    rows: Sequence[RowChange]
    verb: str = "edit"


class ConfirmedRow(NamedTuple, Generic[M]):
    """A model as Toggl confirmed it, or None for one that is gone, and the row from before the change was sent."""

    row_id: int
    item: M | None
    expected: Row | None = None


@dataclass(slots=True)
class Change(Generic[M]):
    """One change of a collection: the rows from before it was sent, its record, and the rows that are confirmed."""

    rows_before: Mapping[int, Row]
    absent_row: Row
    """What there was before of any other row: none, at that version."""
    pending: PendingChange
    record: ChangeRecord
    """What the journal has of it while its outcome is unknown."""
    rows: list[ConfirmedRow[M]] = field(default_factory=list[ConfirmedRow[M]])
    journal_rows: list[RowChange] = field(default_factory=list[RowChange])
    archived_project_ids: Sequence[int] | None = None
    """The projects that were archived with a client, if that is known."""
    cascades: list[Cascade] = field(default_factory=list[Cascade])
    """What it did to rows of other kinds that an undo has to put back by itself."""
    records: tuple[ChangeRecord, ...] = ()
    """What the journal has of it once it is settled."""

    def get_row_before(self, row_id: int) -> Row:
        """Return a row from before the change was sent."""
        return self.rows_before.get(row_id, self.absent_row)

    def add_confirmed_row(
        self,
        row_id: int,
        item: M | None,
        *,
        before: M | None = None,
        fields: Collection[str] | None = None,
    ) -> None:
        """Keep a row that Toggl confirmed, until the change is settled; see `add_journal_row`."""
        self.rows.append(ConfirmedRow(row_id, item, self.get_row_before(row_id)))
        self.add_journal_row(row_id, item, before=before, fields=fields)

    def add_journal_row(
        self,
        row_id: int,
        item: M | None,
        *,
        before: M | None = None,
        fields: Collection[str] | None = None,
    ) -> None:
        """Keep what a confirmed change did to a row: `before` is what was there, else what the cache had.

        The cache may be older than other changes, so that only the `fields` that were sent are taken from it.
        """
        text = self.get_row_before(row_id).text if before is None else _to_text(before)
        if before is None and text is not None and item is not None and fields is not None:
            text = _restrict(text, item, fields)
        self.journal_rows.append(RowChange(row_id, text, None if item is None else _to_text(item)))

    def confirm(self) -> None:
        """Let the journal have what the change did; nothing, if it did nothing."""
        if not self.journal_rows:
            self.records = ()
            return
        project_ids = (
            self.record.archived_project_ids if self.archived_project_ids is None else self.archived_project_ids
        )
        cascades = (
            self.record.model_copy(update={"record_id": uuid4().hex, "verb": verb, "kind": kind}).confirm(rows, ())
            for kind, rows, verb in self.cascades
            if rows
        )
        self.records = (self.record.confirm(self.journal_rows, project_ids), *cascades)
        call_record = CALL_RECORD.get()
        if call_record is not None:
            call_record.has_changes = True


def open_record(verb: str, key: Key, workspace_id: int, made_at: float, rows: Mapping[int, Row]) -> ChangeRecord:
    """Return the record of a change that is not sent yet."""
    call_record, record_id = CALL_RECORD.get(), uuid4().hex
    return ChangeRecord(
        record_id=record_id,
        change_id=record_id[:12] if call_record is None else call_record.change_id,
        undoes=None if call_record is None else call_record.undoes,
        made_at=made_at,
        verb=verb,
        kind=key.kind,
        workspace_id=workspace_id,
        archived_project_ids=None if verb == "archive" else (),
        rows=tuple(RowChange(row_id, row.text, None) for row_id, row in rows.items()),
    )


def _restrict(text: str, item: BaseModel, fields: Collection[str]) -> str | None:
    """Return an item as it was before these fields were sent; None if the former row cannot be read."""
    former = parse_stored(type(item), text)
    if former is None:
        return None
    sent = {*fields, *(derived for name in fields for derived in _DERIVED_FIELDS.get(name, ()))}
    update = {name: getattr(former, name) for name in sent if name in type(item).model_fields}
    return _to_text(item.model_copy(update=update))


def _to_text(item: BaseModel) -> str:
    return item.model_dump_json(exclude_none=True)
