"""Rows of time entries that tests of undo compare."""

from typing import Any

from tests.sandbox.diary import add_entry
from toggl_mcp.sandbox import Sandbox

FIELDS = ("start", "stop", "duration", "description", "project_id", "task_id", "billable", "tags", "server_deleted_at")


def live_entries(sandbox: Sandbox) -> dict[int, dict[str, Any]]:
    """Return what a person sees of each entry."""
    rows = sandbox.state.entries.values()
    return {row["id"]: {field: row[field] for field in FIELDS} for row in rows if row["server_deleted_at"] is None}


def add_entries(sandbox: Sandbox, count: int) -> list[int]:
    """Add entries of half an hour each, and return their ids."""
    return [
        add_entry(sandbox, f"2025-10-14T0{hour}:00", f"2025-10-14T0{hour}:30", f"No. {hour % 2}")["id"]
        for hour in range(count)
    ]
