"""Rows at Toggl before and after an undo, and how they differ."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from toggl_mcp.endpoints.undo_plan import ItemKey, JournalRow
from toggl_mcp.sandbox.state import State

Row = dict[str, Any]
Rows = dict[ItemKey, Row]
TABLES: Mapping[str, tuple[str, ...]] = {
    "client": ("name", "notes", "external_reference", "archived"),
    "project": ("name", "client_id", "active", "billable", "color", "is_private"),
    "tag": ("name",),
    "task": ("name", "project_id", "active", "estimated_seconds"),
    "time_entry": ("start", "stop", "description", "project_id", "task_id", "billable", "tags"),
}
REFERENCES = {"client_id": "client", "project_id": "project", "task_id": "task", "tags": "tag"}
"""The fields that refer to other rows, by their ids or, for tags, their names, each with their kind."""


class Difference(NamedTuple):
    """A row that is not as it was before, or that is in one of the two alone."""

    key: ItemKey
    before: Row | None
    after: Row | None

    def is_of_references(self, kinds: Collection[str]) -> bool:
        """Return whether a row differs only in what it refers to, of these kinds."""
        if self.before is None or self.after is None:
            return False
        fields = {name for name in self.before if self.before[name] != self.after[name]}
        return all(REFERENCES.get(name) in kinds for name in fields)


class Replacements:
    """What the undos of a step have created again, and the rows that they have said to leave otherwise than before."""

    def __init__(self) -> None:
        self._new_ids: dict[ItemKey, int] = {}
        self.lost_keys: set[ItemKey] = set()

    def add(self, rows: Sequence[JournalRow]) -> None:
        """Add what an undo has created again."""
        self._new_ids |= {(row.kind, row.journal_id): row.new_id for row in rows if row.journal_id and row.new_id}

    def find_present_id(self, key: ItemKey) -> int:
        """Return the id that a row has now."""
        return self._new_ids.get(key, key[1])

    def apply(self, rows: Rows) -> Rows:
        """Return rows of before under the ids that they have now, and that they refer to now."""
        renamed: Rows = {}
        for (kind, item_id), row in rows.items():
            references = {
                name: self.find_present_id((referent, row[name]))
                for name, referent in REFERENCES.items()
                if isinstance(row.get(name), int)
            }
            renamed[kind, self.find_present_id((kind, item_id))] = row | references
        return renamed

    def except_differences(self, before: Rows, after: Rows) -> None:
        """Expect no more of the rows that differ from before."""
        self.lost_keys |= {*list_differing_keys(self.apply(before), after)}


def read_rows(state: State) -> Rows:
    """Return what Toggl has of each row."""
    tables = {
        "client": state.clients,
        "project": state.projects,
        "tag": state.tags,
        "task": state.tasks,
        "time_entry": state.entries,
    }
    return {
        (kind, key): {name: row.get(name) or None for name in TABLES[kind]}  # No description is null or "".
        for kind, table in tables.items()
        for key, row in table.items()
        if kind != "time_entry" or row["server_deleted_at"] is None
    }


def list_differing_keys(before: Rows, after: Rows) -> list[ItemKey]:
    """Return the keys of the rows that are not the same, or in one of the two alone."""
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def list_silent_differences(before: Rows, after: Rows, rows: Sequence[JournalRow]) -> list[Difference]:
    """Return the differences that the rows of an undo do not name."""
    named = {(row.kind, row_id) for row in rows if row.reason is not None for row_id in (row.row_id, row.journal_id)}
    covered = {(row.kind, row.new_id or row.row_id) for row in rows}
    unknown_kinds = {row.kind for row in rows if row.journal_id is None and row.reason is not None}
    has_unknown_projects = any("projects" in (row.reason or "") for row in rows)
    replaced = {(row.kind, row.new_id) for row in rows if row.new_id is not None}
    project_ids = {item_id for kind, item_id in named | replaced if kind == "project"}
    client_ids = {item_id for kind, item_id in named if kind == "client"}
    # What refers to an item that was created again, or that is not undone, may have lost it, as the undo warns.
    kinds = {kind for kind, _ in named | replaced}
    differences = [Difference(key, before.get(key), after.get(key)) for key in list_differing_keys(before, after)]
    return [
        difference
        for difference in differences
        if difference.key not in named
        and not (difference.key[0] == "project" and has_unknown_projects)
        and not _is_archived_with_client(difference, client_ids)
        and not (difference.key[0] in unknown_kinds and difference.before is None)
        and not (difference.key not in covered and difference.is_of_references(kinds))
        and not _is_gone_task(difference, project_ids)
    ]


def _is_gone_task(difference: Difference, project_ids: Collection[int | None]) -> bool:
    """Return whether a task is gone with one of these projects."""
    row = difference.before
    return (
        difference.key[0] == "task"
        and difference.after is None
        and row is not None
        and row["project_id"] in project_ids
    )


def _is_archived_with_client(difference: Difference, client_ids: Collection[int | None]) -> bool:
    """Return whether a project is as archived as one of these clients, of which an undo says that it is not undone."""
    before, after = difference.before, difference.after
    if difference.key[0] != "project" or before is None or after is None:
        return False
    return before["client_id"] in client_ids and before == after | {"active": before["active"]}


def has_lost_time(before: Rows, changed: Rows, after: Rows) -> bool:
    """Return whether an undo has deleted one half of a split, and has not given its time back to the other."""
    halves = {key for key in before.keys() & changed.keys() if key[0] == "time_entry" and before[key]["stop"]}
    shortened = {key for key in halves if not _has_same_times(before[key], changed[key])}
    new_keys = {key for key in changed.keys() - before.keys() if key[0] == "time_entry"}
    is_deleted = not new_keys <= after.keys()
    return is_deleted and any(not _has_same_times(before[key], after[key]) for key in shortened & after.keys())


def _has_same_times(row: Row, other_row: Row) -> bool:
    return all(row[name] == other_row[name] for name in ("start", "stop"))
