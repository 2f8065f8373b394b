"""Undoing a change: what it takes is decided by what Toggl has now, and sent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.lease import SharedLock
from toggl_mcp.endpoints.journal import Journal, JournalChange
from toggl_mcp.endpoints.undo_plan import (
    CHANGED_SINCE,
    UNCONFIRMED,
    UNLISTED,
    UNSENT,
    ItemKey,
    JournalRow,
    decide,
    follow_replacements,
    keep_halves_together,
    merge_rows,
    refers_to,
    replace_references,
    split_into_batches,
)
from toggl_mcp.errors import REFUSALS, OutcomeUnknown, TogglError
from toggl_mcp.models.base import WorkspaceResource, parse_stored
from toggl_mcp.models.call import CALL_RECORD
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.time_entries import TimeEntry

FIELDS_SET_LATER = {"active", "archived"}
"""The fields that an item which is created again gets by a second request."""
_USERS_BY_KIND = {
    "client": ("project",),
    "project": ("task", "time_entry"),
    "task": ("time_entry",),
    "tag": ("time_entry",),
}
"""The kinds of what can refer to an item, by its kind."""
_PLURALS = {"project": "projects", "task": "tasks", "time_entry": "time entries"}

CollectionKey = tuple[str, int]
Collections = dict[CollectionKey, Collection[Any]]


class Undo:
    """Undoes the changes of a journal.

    Args:
        journal: Has the changes.
        endpoints: For each kind, what returns a workspace's endpoint.
        lock: Held while one is undone: two undos of one change at once would both create what was deleted.
    """

    def __init__(
        self, journal: Journal, endpoints: Mapping[str, Callable[[int], CachedEndpoint[Any]]], lock: SharedLock
    ) -> None:
        self._journal = journal
        self._endpoints = endpoints
        self._lock = lock

    async def plan(self, change: JournalChange) -> list[JournalRow]:
        """Return the rows of a change with what undoes each, or why that cannot be: Toggl is read first.

        Raises:
            TogglError: Toggl cannot be read.
        """
        changes = await self._journal.list_changes()
        rows = merge_rows(change, self._get_model)
        follow_replacements(rows, change, changes)
        collections: Collections = {}
        for row in rows:
            await self._read_collection(row.collection_key, row.workspace_id, collections)
        last_edits = self._find_last_edits(changes)
        entries = [row for row in rows if row.kind == "time_entry"]
        # What is created again is known before the entries that refer to it.
        for part in ([row for row in rows if row.kind != "time_entry"], entries):
            for row in part:
                self._decide(row, collections[row.collection_key], last_edits)
            _adopt_recreated(change, part, collections, changes)
            replace_references(rows, _list_new_ids(rows))
        for row in rows:
            if row.reason == CHANGED_SINCE and not change.is_confirmed:
                row.reason = UNCONFIRMED
            if row.effect == "delete" and row.reason is None:
                row.reason = await self._describe_use(row, rows, collections)
        if entries:
            _reject_second_timer(entries, collections[entries[0].collection_key])
            keep_halves_together(entries)
            _warn_of_overlaps(entries, collections[entries[0].collection_key])
        return rows

    async def run(self, change: JournalChange) -> list[JournalRow]:
        """Undo a change as far as Toggl has what it left there; return its rows with what became of each.

        Raises:
            TogglError: Toggl cannot be read, and nothing was undone.
        """
        async with self._lock.hold():
            rows = await self.plan(change)
            for row in rows:
                if row.before is not None and row.new_id not in (None, row.row_id):
                    # An earlier undo was cut off before the journal had it.
                    item = row.before.model_copy(update={"id": row.new_id})
                    await self._journal.record_replacement(change, row.kind, row.row_id or 0, item)
            call_record = CALL_RECORD.get()
            if call_record is not None:
                call_record.undoes = change.change_id
            entries = [row for row in rows if row.kind == "time_entry"]
            undone_ids: set[int | None] = set()
            error: TogglError | None = None
            for full_batch in split_into_batches(rows):
                batch = [row for row in full_batch if row.reason is None]
                if error is not None:
                    _set_reason(batch, UNSENT)
                elif batch:
                    error = await self._run_batch(change, batch)
                    replace_references(rows, _list_new_ids(rows))
                    undone_ids |= {row.row_id for row in batch if row.kind == "time_entry" and row.reason is None}
                    if error is None:
                        keep_halves_together(entries, undone_ids)
            if all(row.reason is None for row in rows):
                await self._journal.mark_undone(change)
            return rows

    def list_edited_fields(self, record: ChangeRecord) -> list[str]:
        """Return the names of the fields to which a request has given other values, sorted."""
        change = JournalChange(record.change_id, datetime.fromtimestamp(record.made_at, UTC), [record])
        return sorted({name for row in merge_rows(change, self._get_model) for name in row.fields})

    def _get_model(self, kind: str) -> type[WorkspaceResource]:
        return self._endpoints[kind](0).MODEL

    async def _read_collection(
        self, key: CollectionKey, workspace_id: int, collections: Collections
    ) -> Collection[Any]:
        """Return a collection as Toggl has it, read once."""
        if key not in collections:
            endpoint = self._endpoints[key[0]](workspace_id)
            collections[key] = (await endpoint.reserved.read(refresh=True)).collection
        return collections[key]

    def _decide(
        self,
        row: JournalRow,
        collection: Collection[Any],
        last_edits: Mapping[tuple[str, int], datetime | None],
    ) -> None:
        if row.row_id is None:
            return
        toggl_item, item = collection.get(row.row_id), row.before or row.after
        endpoint = self._endpoints[row.kind](row.workspace_id)
        if toggl_item is None and item is not None and not endpoint.is_listed(item):
            row.reason = UNLISTED
        else:
            row.effect, row.reason = decide(row, toggl_item, last_edits.get((row.kind, row.row_id)))

    async def _run_batch(self, change: JournalChange, batch: Sequence[JournalRow]) -> TogglError | None:
        """Undo rows of one kind, workspace and effect; return the error that the rest would meet too, if any."""
        endpoint = self._endpoints[batch[0].kind](batch[0].workspace_id)
        remaining = list(batch)
        try:
            match batch[0].effect:
                case "delete":
                    await endpoint.delete(cast("int", batch[0].row_id))
                case "edit":
                    items, fields = [row.before for row in batch], batch[0].fields
                    ids = await endpoint.put_back(items, fields, batch[0].archived_project_ids or ())
                    for row in batch:
                        row.reason = None if row.row_id in ids else "Toggl kept other values. Correct it with an edit."
                case _:
                    await self._undelete(change, endpoint, remaining)
        except TogglError as error:
            _set_reason(remaining, UNSENT if len(remaining) < len(batch) else str(error))
            remaining[0].reason = str(error)
            return None if isinstance(error, (*REFUSALS, OutcomeUnknown)) else error
        return None

    async def _undelete(
        self, change: JournalChange, endpoint: CachedEndpoint[Any], remaining: list[JournalRow]
    ) -> None:
        """Bring deleted items back, or else create them again; take those that are back from what remains.

        Raises:
            TogglError: Toggl refused the first of what remains, or never confirmed it.
        """
        await endpoint.undelete([row.before for row in remaining])
        collection = (await endpoint.reserved.read()).collection
        while remaining:
            row = remaining[0]
            item = collection.items.get(row.new_id or row.row_id or 0)
            if item is None:
                new_item = await endpoint.recreate(row.before)
                if new_item.id != row.row_id:  # Else Toggl has brought it back after all.
                    row.new_id = new_item.id
                    await self._journal.record_replacement(change, row.kind, row.row_id or 0, new_item)
            elif row.before is not None and (fields := row.before.find_differences(item)):
                before = row.before.model_copy(update={"id": item.id})
                await endpoint.put_back([before], fields, row.archived_project_ids or ())
            del remaining[0]

    def _find_last_edits(self, changes: Sequence[JournalChange]) -> dict[tuple[str, int], datetime | None]:
        """Return when Toggl last changed each row for this program; None if that change was never confirmed."""
        last_edits: dict[tuple[str, int], datetime | None] = {}
        for record in (record for change in reversed(changes) for record in change.records):
            for row_id, _, after in record.rows:
                item = parse_stored(self._get_model(record.kind), after)
                last_edits[record.kind, row_id] = getattr(item, "updated_at", None)
        return last_edits

    async def _describe_use(self, row: JournalRow, rows: Sequence[JournalRow], collections: Collections) -> str | None:
        """Return why a new item cannot be deleted: what this undo leaves refers to it; None if nothing does."""
        counts: dict[str, int] = {}
        undone_keys = {(other_row.kind, other_row.row_id) for other_row in rows if other_row.reason is None}
        for kind in _USERS_BY_KIND.get(row.kind, ()):
            key = (kind, 0 if kind == "time_entry" else row.workspace_id)
            users = await self._read_collection(key, row.workspace_id, collections)
            counts[_PLURALS[kind]] = sum(
                refers_to(item, row) for key, item in users.items.items() if (kind, key) not in undone_keys
            )
        texts = [f"{kinds}: {count}" for kinds, count in counts.items() if count]
        if not texts:
            return None
        return f"Not deleted: in use by now ({', '.join(texts)}). Delete it with delete_{row.kind} if that is meant."


def _list_new_ids(rows: Sequence[JournalRow]) -> dict[ItemKey, int]:
    """Return the ids of what was created again, by kind and former id."""
    return {(row.kind, row.journal_id): row.new_id for row in rows if row.journal_id and row.new_id}


def _set_reason(rows: Sequence[JournalRow], reason: str) -> None:
    for row in rows:
        row.reason = reason


def _adopt_recreated(
    change: JournalChange,
    rows: Sequence[JournalRow],
    collections: Mapping[CollectionKey, Collection[Any]],
    changes: Sequence[JournalChange],
) -> None:
    """Leave out what an earlier undo of the same change, which was cut off, has created again already."""
    records = [record for item in changes if item.undoes == change.change_id for record in item.records]
    creations = [record for record in records if record.verb == "add"]
    ids = {(record.kind, row.row_id) for record in creations for row in record.rows}
    unconfirmed_kinds = {record.kind for record in creations if not record.is_confirmed}
    for row in rows:
        if row.effect != "undelete" or row.before is None or row.row_id is None:
            continue
        for key, item in collections[row.collection_key].items.items():
            may_be_new = (row.kind, key) in ids or (row.kind in unconfirmed_kinds and key > row.row_id)
            differences = row.before.find_differences(item).keys()
            if may_be_new and differences <= FIELDS_SET_LATER:
                row.effect, row.new_id = "undelete" if differences else None, key
                ids.discard((row.kind, key))
                break


def _reject_second_timer(rows: Sequence[JournalRow], entries: Collection[TimeEntry]) -> None:
    """Let no timer run again while another one runs."""
    row_ids = {row.row_id for row in rows}
    timer_id = next((key for key, item in entries.items.items() if item.running and key not in row_ids), None)
    for row in rows:
        if isinstance(row.before, TimeEntry) and row.before.running and row.effect and timer_id and not row.reason:
            row.reason = f"Another timer runs ({timer_id}). Stop it first."


def _warn_of_overlaps(rows: Sequence[JournalRow], entries: Collection[TimeEntry]) -> None:
    """Name the entries that are where a row's entry is put back."""
    row_ids = {row.row_id for row in rows}
    others = [item for key, item in entries.items.items() if key not in row_ids and not item.running]
    for row in rows:
        entry = row.before
        if row.effect not in ("undelete", "edit") or row.reason or not isinstance(entry, TimeEntry) or entry.running:
            continue
        end = entry.end_at(entry.start)
        ids = [item.id for item in others if item.start < end and item.end_at(item.start) > entry.start]
        if ids and (row.effect == "undelete" or not {"start", "duration"}.isdisjoint(row.fields)):
            row.warning = f"Overlaps {', '.join(map(str, ids))} by now."
