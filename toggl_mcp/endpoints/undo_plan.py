"""What undoes each row of a change, by what Toggl has now, and which rows one request can undo."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from pydantic_core import to_json

from toggl_mcp.endpoints.journal import JournalChange
from toggl_mcp.models.base import WorkspaceResource, parse_stored
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, TimeEntry

Effect = Literal["delete", "edit", "undelete"]
"""What undoes the change of a row: a new one is deleted, an edited one put back, a deleted one brought back."""
KINDS = ("client", "project", "task", "tag", "time_entry")
"""The kinds of what can be undone, each after those that it refers to."""
MAX_ASSUMED_DIFFERENCE_SECONDS = 2
"""Seconds by which the assumed length of a timer may be wrong that Toggl stopped as another was started."""
CHANGED_SINCE = "It has been changed again since then. Undo the later change first, or correct it with an edit."
DELETED_SINCE = "It has been deleted since then. Undo that deletion first."
UNCONFIRMED = (
    "Toggl never confirmed the change, so what it did is not known. Compare the row in Toggl's web app, and correct it."
)
OTHER_HALF = "It is kept, because the entry that it was split from, or stopped for, cannot be put back."
UNKNOWN_BEFORE = "What it was before is not known. Look at it in Toggl's web app."
UNKNOWN_PROJECTS = "Which of its projects were archived with it is not known. Restore it and them with edits."
UNLISTED = "It is older than the entries that Toggl lists now. Compare it in Toggl's web app."
UNSENT = "Not tried yet. Repeat the same call to continue."


@dataclass(slots=True)
class JournalRow:
    """A row of a change, from before its first request until after its last, and what undoing it does.

    `row_id` is the id that Toggl has now: not the journal's, if an undo has created the item again. `new_id` is that
    of an item that this undo creates again; a `reason` says why a row is not undone.
    """

    kind: str
    row_id: int | None
    journal_id: int | None
    workspace_id: int
    before: WorkspaceResource | None = None
    after: WorkspaceResource | None = None
    is_created: bool = False
    is_confirmed: bool = False
    archived_project_ids: Sequence[int] | None = ()
    is_deleted: bool = False
    effect: Effect | None = None
    new_id: int | None = None
    reason: str | None = None
    warning: str | None = None

    @property
    def collection_key(self) -> tuple[str, int]:
        """The kind of its collection, and the workspace; time entries have one collection for all."""
        return self.kind, 0 if self.kind == "time_entry" else self.workspace_id

    @property
    def name(self) -> str | None:
        """The name or the description."""
        item = self.before or self.after
        return getattr(item, "name", None) or getattr(item, "description", None) or None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that the change has given other values, with the former ones."""
        return self.before.find_differences(self.after) if self.before and self.after else {}

    @property
    def may_have_other_times(self) -> bool:
        """Whether the change has given an entry other times, or was an edit that Toggl never confirmed."""
        is_unconfirmed_edit = self.before is not None and self.after is None and not self.is_deleted
        return is_unconfirmed_edit or not self.fields.keys().isdisjoint(("start", "duration"))

    def keep_edited_fields(self, differences: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the differences that are of the fields that an edit has changed."""
        return {name: value for name, value in differences.items() if not self.fields or name in self.fields}


ItemKey = tuple[str, int]
"""The kind and the id of an item."""


class Decision(NamedTuple):
    """What undoes the change of a row, if anything has to, and why it cannot be undone, if so."""

    effect: Effect | None
    reason: str | None = None


def merge_rows(change: JournalChange, get_model: Callable[[str], type[WorkspaceResource]]) -> list[JournalRow]:
    """Return one row for each item that the requests of a change have altered, in their order."""
    rows: dict[tuple[str, int], JournalRow] = {}
    unknown: list[JournalRow] = []
    for record in change.records:
        if not record.rows or (record.verb == "add" and not record.is_confirmed):
            unknown.append(JournalRow(record.kind, None, None, record.workspace_id, reason=UNCONFIRMED))
        for row_id, before_text, after_text in record.rows:
            model = get_model(record.kind)
            before, after = parse_stored(model, before_text), parse_stored(model, after_text)
            item = after or before
            workspace_id = record.workspace_id if item is None else item.workspace_id
            row = rows.setdefault(
                (record.kind, row_id),
                JournalRow(
                    record.kind,
                    row_id,
                    row_id,
                    workspace_id,
                    before,
                    is_created=record.verb == "add" and before_text is None,
                    is_confirmed=True,
                ),
            )
            row.after, row.is_deleted = after, record.verb == "delete"
            row.is_confirmed = row.is_confirmed and record.is_confirmed
            if record.archived_project_ids != ():
                row.archived_project_ids = record.archived_project_ids
    return [*rows.values(), *unknown]


def follow_replacements(rows: Sequence[JournalRow], change: JournalChange, changes: Sequence[JournalChange]) -> None:
    """Let rows be about, and refer to, the items that undos have created again in the place of the journal's."""
    new_ids: dict[ItemKey, int] = {}
    own_ids: set[ItemKey] = set()
    for record in (record for item in reversed(changes) for record in item.records):  # The latest one counts.
        if record.former_id is not None and record.rows:
            new_ids[record.kind, record.former_id] = record.rows[0].row_id
            if record.undoes == change.change_id:
                own_ids.add((record.kind, record.rows[0].row_id))
    for row in rows:
        if row.row_id is not None:
            row.row_id = _find_present_id(row.kind, row.row_id, new_ids)
        if (row.kind, row.row_id) in own_ids:
            row.new_id = row.row_id
        row.before = row.before and row.before.model_copy(update={"id": row.row_id})
        row.after = row.after and row.after.model_copy(update={"id": row.row_id})
    replace_references(rows, new_ids)


def replace_references(rows: Sequence[JournalRow], new_ids: Mapping[ItemKey, int]) -> None:
    """Let rows refer to what was created again, in the place of the former; to a project without unknown tasks."""
    keys = {(row.kind, row.journal_id) for row in rows}
    for row in rows:
        row.before = row.before and _replace_references(row.before, new_ids, keys)
        row.after = row.after and _replace_references(row.after, new_ids, keys)


def _replace_references(
    item: WorkspaceResource, new_ids: Mapping[ItemKey, int], keys: Collection[tuple[str, int | None]]
) -> WorkspaceResource:
    update: dict[str, int | None] = {}
    for kind in ("client", "project", "task"):
        reference = getattr(item, f"{kind}_id", None)
        if reference is not None and (kind, reference) in new_ids:
            update[f"{kind}_id"] = _find_present_id(kind, reference, new_ids)
    if isinstance(item, TimeEntry) and update.keys() == {"project_id"} and ("task", item.task_id) not in keys:
        update["task_id"] = None
    return item.model_copy(update=update) if update else item


def decide(row: JournalRow, toggl_item: WorkspaceResource | None, last_edit: datetime | None) -> Decision:
    """Return what undoes the change of a row, by what Toggl has now and when it was last edited here."""
    if toggl_item is None:
        return _decide_absent(row)
    if row.before is None and not row.is_created:
        return Decision(None, UNKNOWN_PROJECTS if row.archived_project_ids != () else UNKNOWN_BEFORE)
    differences = row.keep_edited_fields(row.before.find_differences(toggl_item)) if row.before else {}
    if row.new_id is not None:  # An earlier undo of this change was cut off after it had created it again.
        return Decision("undelete" if differences else None)
    if not row.is_created and not differences:
        return Decision(None)
    return Decision("delete" if row.is_created else "edit", _find_obstacle(row, toggl_item, last_edit))


def _find_obstacle(row: JournalRow, toggl_item: WorkspaceResource, last_edit: datetime | None) -> str | None:
    """Return why a row cannot be put back as it was, if so."""
    if row.archived_project_ids is None:
        return UNKNOWN_PROJECTS
    if not row.is_confirmed:
        return UNCONFIRMED
    return None if row.after is not None and _is_as_left(row, toggl_item, row.after, last_edit) else CHANGED_SINCE


def _decide_absent(row: JournalRow) -> Decision:
    """Return what undoes the change of a row of an item that Toggl does not have."""
    if row.is_created:
        return Decision(None)
    if row.before is None:
        return Decision(None, UNKNOWN_BEFORE)
    return Decision("undelete") if row.is_deleted else Decision(None, DELETED_SINCE)


def _is_as_left(
    row: JournalRow, toggl_item: WorkspaceResource, after: WorkspaceResource, last_edit: datetime | None
) -> bool:
    """Return whether Toggl has a row as a change has left it, and has not changed it since."""
    updated_at = cast("datetime | None", getattr(toggl_item, "updated_at", None))
    if last_edit is not None and updated_at is not None and abs(last_edit - updated_at) >= timedelta(seconds=1):
        return False
    differences = row.keep_edited_fields(after.find_differences(toggl_item))
    if isinstance(toggl_item, TimeEntry) and isinstance(after, TimeEntry) and after.updated_at is None:
        is_near = abs(toggl_item.duration - after.duration) <= MAX_ASSUMED_DIFFERENCE_SECONDS
        if is_near and not toggl_item.running:
            differences.pop("duration", None)
    return not differences


def _find_present_id(kind: str, item_id: int, new_ids: Mapping[ItemKey, int]) -> int:
    """Return the id of an item after it was created again, perhaps several times."""
    former_ids = {item_id}
    while (new_id := new_ids.get((kind, item_id))) is not None and new_id not in former_ids:
        former_ids.add(new_id)
        item_id = new_id
    return item_id


def keep_halves_together(rows: Sequence[JournalRow], undone_ids: Collection[int | None] = ()) -> None:
    """Undo neither, if one cannot be, of an entry that a change created and another whose time it took for that.

    `undone_ids` are those that have been undone already.
    """
    created_rows = [row for row in rows if row.is_created]
    edited_rows = [row for row in rows if not row.is_created and row.may_have_other_times]
    halves = [*created_rows, *edited_rows] if created_rows and edited_rows else []
    if any(row.reason is not None for row in halves):
        for row in halves:
            if row.row_id not in undone_ids:
                row.reason = row.reason or OTHER_HALF


def split_into_batches(rows: Sequence[JournalRow]) -> Iterator[list[JournalRow]]:
    """Yield the rows to undo, those together that one request can put back, or that one read verifies."""
    batches: dict[bytes, list[JournalRow]] = {}
    for index, row in enumerate(sorted(rows, key=_rank)):
        if row.effect is None or row.reason is not None:
            continue
        is_entry, fields = row.kind == "time_entry", row.fields
        is_bulk = is_entry and (row.effect == "undelete" or (row.effect == "edit" and not row.may_have_other_times))
        # One request brings back entries of one description, or puts the same fields back.
        values = row.name if row.effect == "undelete" else fields
        key = to_json([row.kind, row.workspace_id, row.effect, values])
        batches.setdefault(key if is_bulk else str(index).encode(), []).append(row)
    for batch in batches.values():
        yield from (batch[first : first + MAX_BULK_ITEMS] for first in range(0, len(batch), MAX_BULK_ITEMS))


def _rank(row: JournalRow) -> tuple[int, int]:
    """Return a row's place: what others refer to is brought back before them, and deleted after them.

    A timer runs again after the one that stopped it is deleted: Toggl would stop that for it.
    """
    position = KINDS.index(row.kind)
    match row.effect:
        case "undelete":
            return 0, position
        case "delete":
            return 2, -position
        case _:
            return 3 if isinstance(row.before, TimeEntry) and row.before.running else 1, 0


def refers_to(item: Any, row: JournalRow) -> bool:  # noqa: ANN401 - a project, a task or a time entry
    """Return whether an item refers to what a row is about."""
    if row.kind == "tag":
        return item.workspace_id == row.workspace_id and getattr(row.after, "name", None) in item.tags
    return getattr(item, f"{row.kind}_id") == row.row_id
