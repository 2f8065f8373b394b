"""The journal of an account's changes, and how one of them is undone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.core.undo import UndoableEndpoint, find_differences
from toggl_mcp.endpoints.undo_plan import (
    UNCONFIRMED,
    UNLISTED,
    JournalRow,
    key_of,
    plan_row,
    refers_to,
    replace_references,
    split_into_batches,
)
from toggl_mcp.errors import REFUSALS, NotFound, OutcomeUnknown, TogglError
from toggl_mcp.models.journal import MAX_JOURNAL_SECONDS, ChangeRecord
from toggl_mcp.models.quota import SPENDING
from toggl_mcp.models.time_entries import TimeEntry

Endpoints = Mapping[str, Callable[[int], UndoableEndpoint[Any]]]
"""What returns a workspace's endpoint, by kind."""

FIELDS_SET_LATER = {"active", "archived"}
"""The fields that what is made anew gets by a request of their own."""
_UNSENT = "Not tried. The same call goes on here."


class JournalChange(NamedTuple):
    """The change of one call: its records, and when it was made."""

    change_id: str
    made_at: datetime
    records: Sequence[ChangeRecord]

    @property
    def undoes(self) -> str | None:
        """The change that this undoes."""
        return self.records[0].undoes

    @property
    def is_undone(self) -> bool:
        """Whether it was undone as a whole."""
        return self.records[0].is_undone


class Journal:
    """Lists the changes that this program made with a token, and undoes one.

    Args:
        session: Has the store.
        endpoints: For each kind, what returns a workspace's endpoint.
    """

    def __init__(self, session: Session, endpoints: Endpoints) -> None:
        self._store = session.store
        self._scope = session.scope
        self._endpoints = endpoints

    async def list_changes(self) -> list[JournalChange]:
        """Return the changes of the last 7 days, the newest first."""
        earliest = self._store.clock() - MAX_JOURNAL_SECONDS
        groups: dict[str, list[ChangeRecord]] = {}
        for record in await self._store.list_records(self._scope):
            if record.made_at >= earliest:
                groups.setdefault(record.change_id, []).append(record)
        return [
            JournalChange(change_id, datetime.fromtimestamp(records[0].made_at, UTC), records)
            for change_id, records in reversed(groups.items())
        ]

    async def find(self, change_id: str | None = None) -> JournalChange:
        """Return a change by its id; without one, the last that was not undone and undoes none.

        Raises:
            NotFound: There is none.
        """
        changes = await self.list_changes()
        for change in changes:
            if change.change_id == change_id or (change_id is None and not change.is_undone and change.undoes is None):
                return change
        subject = "nothing to undo" if change_id is None else f"no change {change_id}"
        message = f"There is {subject} among the last {len(changes)} changes. undo(dry_run: true) lists them."
        raise NotFound(message)

    async def plan(self, change: JournalChange) -> list[JournalRow]:
        """Return the rows of a change with what undoes each, or why that cannot be: Toggl is read first.

        Raises:
            TogglError: Toggl cannot be read.
        """
        changes = await self.list_changes()
        rows = self._merge_rows(change)
        collections: dict[tuple[str, int], Collection[Any]] = {}
        for row in rows:
            if key_of(row) not in collections:
                endpoint = self._endpoints[row.kind](row.workspace_id)
                collections[key_of(row)] = (await endpoint.reserved.read(refresh=True)).collection
        last_edits = self._find_last_edits(changes)
        for is_entry in (False, True):  # What was made anew before is known before the entries that refer to it.
            part = [row for row in rows if (row.kind == "time_entry") is is_entry]
            for row in part:
                if row.row_id is None:
                    continue
                present, item = collections[key_of(row)].get(row.row_id), row.before or row.after
                endpoint = self._endpoints[row.kind](row.workspace_id)
                if present is None and item is not None and not endpoint.is_listed(item):
                    row.reason = UNLISTED
                else:
                    plan_row(row, present, last_edits.get((row.kind, row.row_id)))
            self._adopt_restored(change, part, collections, changes)
            replace_references(rows)
        for row in rows:
            if row.effect == "delete" and row.reason is None:
                row.reason = await self._find_use(row, collections)
            others = {row.row_id for row in rows}
            entries = collections.get(("time_entry", 0))
            if isinstance(row.before, TimeEntry) and row.before.running and row.effect and entries is not None:
                timer = next((item for key, item in entries.items.items() if item.running and key not in others), None)
                row.reason = row.reason or (timer and f"Another timer runs ({timer.id}). Stop it first.")
        return rows

    async def undo(self, change: JournalChange) -> list[JournalRow]:
        """Undo a change as far as Toggl has what it left there; return its rows with what became of each.

        Raises:
            TogglError: Toggl cannot be read, and nothing was undone.
        """
        rows = await self.plan(change)
        spending = SPENDING.get()
        if spending is not None:
            spending.undoes = change.change_id
        error: TogglError | None = None
        for batch in split_into_batches(rows):
            if error is None:
                error = await self._undo_batch(batch)
                replace_references(rows)
            else:
                for row in batch:
                    row.reason = _UNSENT
        if all(row.reason is None for row in rows):
            await self._mark_undone(change)
        return rows

    async def _undo_batch(self, batch: Sequence[JournalRow]) -> TogglError | None:
        """Undo rows of one kind, workspace and effect; return the error that the rest would meet too, if any."""
        endpoint = self._endpoints[batch[0].kind](batch[0].workspace_id)
        try:
            match batch[0].effect:
                case "delete":
                    await endpoint.delete(cast("int", batch[0].row_id))
                case "edit":
                    items, fields = [row.before for row in batch], batch[0].fields
                    ids = await endpoint.put_back(items, fields, batch[0].related_ids or ())
                    for row in batch:
                        row.reason = None if row.row_id in ids else "Toggl kept other values. Look at it by hand."
                case _:
                    await self._restore(endpoint, batch)
        except TogglError as error:
            if batch[0].effect != "restore":
                for row in batch:
                    row.reason = str(error)
            return None if isinstance(error, (*REFUSALS, OutcomeUnknown)) else error
        return None

    async def _restore(self, endpoint: UndoableEndpoint[Any], batch: Sequence[JournalRow]) -> None:
        """Bring deleted ones back, or else make them anew.

        Raises:
            TogglError: Toggl refused it, or never confirmed it; each row has the reason.
        """
        remaining = list(batch)
        try:
            await endpoint.undelete([row.before for row in batch])
            collection = (await endpoint.reserved.read()).collection
            while remaining:
                row = remaining[0]
                item = collection.items.get(row.new_id or row.row_id or 0)
                if item is None:
                    row.new_id = (await endpoint.make_anew(row.before)).id
                elif row.before is not None and (fields := find_differences(row.before, item)):
                    before = row.before.model_copy(update={"id": item.id})
                    await endpoint.put_back([before], fields, row.related_ids or ())
                del remaining[0]
        except TogglError as error:
            for row in remaining:
                row.reason = _UNSENT if len(remaining) < len(batch) else str(error)
            remaining[0].reason = str(error)
            raise

    def _merge_rows(self, change: JournalChange) -> list[JournalRow]:
        """Return one row for each that the requests of a change have altered, in their order."""
        rows: dict[tuple[str, int], JournalRow] = {}
        unknown: list[JournalRow] = []
        for record in change.records:
            if not record.rows or (record.verb == "add" and not record.is_confirmed):
                unknown.append(JournalRow(record.kind, None, record.workspace_id, reason=UNCONFIRMED))
            for row_id, before_text, after_text in record.rows:
                model = self._endpoints[record.kind](record.workspace_id).MODEL
                before = None if before_text is None else model.model_validate_json(before_text)
                after = None if after_text is None else model.model_validate_json(after_text)
                key, item = (record.kind, row_id), after or before
                row = rows.get(key)
                if row is None:
                    row = rows[key] = JournalRow(
                        record.kind,
                        row_id,
                        record.workspace_id if item is None else item.workspace_id,
                        before,
                        after,
                        record.verb == "add" and before is None,
                        record.is_confirmed,
                        record.related_ids,
                    )
                row.after, row.is_deleted = after, record.verb == "delete"
                row.is_confirmed = row.is_confirmed and record.is_confirmed
                row.related_ids = row.related_ids if record.related_ids == () else record.related_ids
        return [*rows.values(), *unknown]

    def _adopt_restored(
        self,
        change: JournalChange,
        rows: Sequence[JournalRow],
        collections: Mapping[tuple[str, int], Collection[Any]],
        changes: Sequence[JournalChange],
    ) -> None:
        """Leave out what an undo of the same change, which did not end, has made anew already."""
        records = [record for other in changes if other.undoes == change.change_id for record in other.records]
        creations = [record for record in records if record.verb == "add"]
        ids = {(record.kind, row.row_id) for record in creations for row in record.rows}
        unconfirmed_kinds = {record.kind for record in creations if not record.is_confirmed}
        for row in rows:
            if row.effect != "restore" or row.before is None or row.row_id is None:
                continue
            for key, item in collections[key_of(row)].items.items():
                may_be_new = (row.kind, key) in ids or (row.kind in unconfirmed_kinds and key > row.row_id)
                differences = find_differences(row.before, item).keys()
                if may_be_new and differences <= FIELDS_SET_LATER:
                    row.effect, row.new_id = "restore" if differences else None, key
                    ids.discard((row.kind, key))
                    break

    def _find_last_edits(self, changes: Sequence[JournalChange]) -> dict[tuple[str, int], datetime | None]:
        """Return when Toggl last changed each row for this program, as far as that is known."""
        last_edits: dict[tuple[str, int], datetime | None] = {}
        for record in (record for change in reversed(changes) for record in change.records):
            for row_id, _, after in record.rows if record.is_confirmed else ():
                model = self._endpoints[record.kind](record.workspace_id).MODEL
                item = None if after is None else model.model_validate_json(after)
                last_edits[record.kind, row_id] = getattr(item, "updated_at", None)
        return last_edits

    async def _find_use(self, row: JournalRow, collections: Mapping[tuple[str, int], Collection[Any]]) -> str | None:
        """Return why a new one cannot be deleted: what was made since refers to it."""
        if row.kind == "time_entry":
            return None
        kind = "project" if row.kind == "client" else "time_entry"
        users = collections.get((kind, 0 if kind == "time_entry" else row.workspace_id))
        if users is None:
            users = (await self._endpoints[kind](row.workspace_id).reserved.read(refresh=True)).collection
        count = sum(refers_to(item, row) for item in users.items.values())
        return (
            f"In use by now ({kind.replace('_', ' ')}s: {count}). Delete it by hand if that is meant."
            if count
            else None
        )

    async def _mark_undone(self, change: JournalChange) -> None:
        """Let the journal show that a change was undone, and that the one which it had undone is back."""
        records = [record.model_copy(update={"is_undone": True}) for record in change.records]
        for other in await self.list_changes() if change.undoes else ():
            if other.change_id == change.undoes:
                records += [record.model_copy(update={"is_undone": False}) for record in other.records]
        await self._store.write(self._scope, records=records)
