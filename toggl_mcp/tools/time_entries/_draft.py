"""An entry that is still to be created, and whether Toggl has it already."""

from typing import Any

from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody

NO_ID = 0
"""The id of an entry that Toggl does not have yet."""


def to_draft(body: TimeEntryBody, workspace_id: int) -> TimeEntry:
    """Return the entry that a request to create one makes; without a duration, its timer runs."""
    names = {"start", "duration", "description", "billable", "tags"}
    fields: dict[str, Any] = {"duration": -1} | body.model_dump(include=names, exclude_none=True)
    return TimeEntry(
        id=NO_ID,
        workspace_id=workspace_id,
        project_id=body.project_id or None,
        task_id=body.task_id or None,
        **fields,
    )


def is_same(entry: TimeEntry, draft: TimeEntry) -> bool:
    """Return whether an entry is the draft, as a call that was cut off had created it."""
    fields = ("workspace_id", "start", "duration", "description", "project_id", "task_id")
    return {*entry.tags} == {*draft.tags} and all(getattr(entry, field) == getattr(draft, field) for field in fields)
