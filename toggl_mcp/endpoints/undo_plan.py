"""What undoes each row of a change, by what Toggl has now, and which rows one request can undo."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, cast

from pydantic_core import to_json

from toggl_mcp.endpoints.core.undo import find_differences
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, TimeEntry

Effect = Literal["delete", "edit", "restore"]
"""What undoes the change of a row: a new one is deleted, an edited one put back, a deleted one restored."""
MAX_ASSUMED_DIFFERENCE_SECONDS = 2
"""Seconds by which the assumed length of a timer may be wrong that Toggl stopped as another was started."""
_MOVED_ON = "It was changed again since. Undo the later change first, or edit it by hand."
_UNKNOWN_BEFORE = "What it was before is not known. Look at it in Toggl's web app."
UNLISTED = "It is older than what Toggl lists by now. Compare it in Toggl's web app."
UNCONFIRMED = "Toggl never confirmed this change, and what it has now is neither certain. Compare it by hand."
_UNKNOWN_PROJECTS = "Which of its projects were archived with it is not known. Restore it and them by hand."


class Undone(NamedTuple):
    """What undoing did to a row: `new_id` if it was made anew; a `reason` if it is not as it was before."""

    kind: str
    row_id: int | None
    name: str | None
    effect: Effect | None
    new_id: int | None = None
    reason: str | None = None


@dataclass(slots=True)
class JournalRow:
    """A row of a change, from before its first request until after its last, and what undoes that."""

    kind: str
    row_id: int | None
    workspace_id: int
    before: WorkspaceResource | None = None
    after: WorkspaceResource | None = None
    is_created: bool = False
    is_confirmed: bool = False
    related_ids: Sequence[int] | None = ()
    is_deleted: bool = False
    effect: Effect | None = None
    new_id: int | None = None
    reason: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields that the change has given other values, with the former ones."""
        return find_differences(self.before, self.after) if self.before and self.after else {}

    def limit(self, differences: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the differences that are of the fields that an edit has changed."""
        return {name: value for name, value in differences.items() if not self.fields or name in self.fields}

    @property
    def result(self) -> Undone:
        """What undoing did."""
        item = self.before or self.after
        name = getattr(item, "name", None) or getattr(item, "description", None) or None
        return Undone(self.kind, self.row_id, name, self.effect, self.new_id, self.reason)


def key_of(row: JournalRow) -> tuple[str, int]:
    """Return the kind of a row's collection, and its workspace; time entries have one collection for all."""
    return row.kind, 0 if row.kind == "time_entry" else row.workspace_id


def replace_references(rows: Sequence[JournalRow]) -> None:
    """Let entries refer to what was made anew, in the place of the former; to a project without its tasks."""
    new_ids = {(row.kind, row.row_id): row.new_id for row in rows if row.new_id is not None}
    for row in rows:
        entry = row.before
        if not isinstance(entry, TimeEntry):
            continue
        if project_id := new_ids.get(("project", entry.project_id)):
            row.before = entry.model_copy(update={"project_id": project_id, "task_id": None})
        elif task_id := new_ids.get(("task", entry.task_id)):
            row.before = entry.model_copy(update={"task_id": task_id})


def plan_row(row: JournalRow, present: WorkspaceResource | None, last_edit: datetime | None) -> None:
    """Decide what undoes the change of a row, by what Toggl has now."""
    if row.is_created:
        row.effect = None if present is None else "delete"
    elif row.before is None:
        row.reason = _UNKNOWN_PROJECTS if row.related_ids != () else _UNKNOWN_BEFORE
    elif present is not None:
        row.effect = "edit" if row.limit(find_differences(row.before, present)) else None
    elif row.is_deleted:
        row.effect = "restore"
    else:
        row.reason = "It was deleted since. Undo that deletion first."
    if row.effect is None or present is None:
        return
    if row.related_ids is None:
        row.reason = _UNKNOWN_PROJECTS
    elif not row.is_confirmed:
        row.reason = UNCONFIRMED
    elif row.after is None or not _is_as_left(row, present, row.after, last_edit):
        row.reason = _MOVED_ON


def _is_as_left(
    row: JournalRow, present: WorkspaceResource, after: WorkspaceResource, last_edit: datetime | None
) -> bool:
    """Tell whether Toggl has a row as a change has left it, and has not changed it since."""
    updated_at = cast("datetime | None", getattr(present, "updated_at", None))
    if last_edit is not None and updated_at is not None and abs(last_edit - updated_at) >= timedelta(seconds=1):
        return False
    differences = row.limit(find_differences(after, present))
    if isinstance(present, TimeEntry) and isinstance(after, TimeEntry) and after.updated_at is None:
        is_near = abs(present.duration - after.duration) <= MAX_ASSUMED_DIFFERENCE_SECONDS
        if is_near and not present.running:
            differences.pop("duration", None)
    return not differences


def split_into_batches(rows: Sequence[JournalRow]) -> Iterator[list[JournalRow]]:
    """Yield the rows to undo, those together that one request can put back, or that one read verifies."""
    batches: dict[bytes, list[JournalRow]] = {}
    # What entries refer to is restored before they are given it back.
    for index, row in enumerate(sorted(rows, key=lambda row: row.effect != "restore" or row.kind == "time_entry")):
        if row.effect is None or row.reason is not None:
            continue
        is_entry, fields = row.kind == "time_entry", row.fields
        is_bulk = is_entry and (
            row.effect == "restore" or (row.effect == "edit" and fields.keys().isdisjoint(("start", "duration")))
        )
        key = to_json([row.kind, row.workspace_id, row.effect, None if row.effect == "restore" else fields])
        batches.setdefault(key if is_bulk else str(index).encode(), []).append(row)
    for batch in batches.values():
        yield from (batch[first : first + MAX_BULK_ITEMS] for first in range(0, len(batch), MAX_BULK_ITEMS))


def refers_to(item: Any, row: JournalRow) -> bool:  # noqa: ANN401 - a project or a time entry
    """Tell whether a project or a time entry refers to what a row is about."""
    if row.kind == "tag":
        return item.workspace_id == row.workspace_id and getattr(row.after, "name", None) in item.tags
    return getattr(item, f"{row.kind}_id") == row.row_id
