"""The entries that an id, `running` or `last` mean."""

from typing import TYPE_CHECKING

from toggl_mcp.errors import InvalidArguments, NotFound
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import CallContext

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.core.collection import Collection


def find_by_ref(ref: str, collection: "Collection[TimeEntry]", now: "datetime") -> TimeEntry | None:
    """Return the entry of an id, the one whose timer runs, or the latest completed one; None if there is none.

    Raises:
        Unreachable: Toggl has one of that id, in a form that cannot be read.
    """
    entries = collection.items.values()
    match ref:
        case "running":
            return next((entry for entry in entries if entry.running), None)
        case "last":
            completed = [entry for entry in entries if not entry.running and entry.end_at(now) <= now]
            return max(completed, key=lambda entry: (entry.end_at(now), entry.start, entry.id), default=None)
        case _:
            return collection.get(int(ref))


async def load_like(ref: str | None, call: CallContext) -> TimeEntry | None:
    """Return the entry whose work goes on, as the cache has it; Toggl is read before an entry is denied.

    Raises:
        NotFound: There is none.
    """
    if ref is None:
        return None
    endpoint = await call.toggl.open_time_entries()
    entry, _ = await endpoint.read_authoritative(lambda collection: find_by_ref(ref, collection, call.now))
    if entry is None:
        message = f"like: {describe_missing(ref)}"
        raise NotFound(message)
    return entry


async def choose_workspace(workspace: str | None, like: TimeEntry | None, call: CallContext) -> int:
    """Return the id of the workspace of new time: the requested one, else that of the entry whose work goes on.

    Raises:
        InvalidArguments: The entry whose work goes on is in another workspace.
    """
    if like is None:
        return await call.workspace_id(workspace)
    if workspace is not None and await call.workspace_id(workspace) != like.workspace_id:
        message = f"like: entry {like.id} is in workspace {like.workspace_id}. Omit workspace, or name that one."
        raise InvalidArguments(message)
    return like.workspace_id


def describe_missing(ref: str) -> str:
    """Return that no entry is meant, and what to do about it."""
    match ref:
        case "running":
            return "No timer is running. get_timer with refresh: true reads it again."
        case "last":
            return "No entry of the last 89 days is completed. Give an id."
        case _:
            return f"None of your own entries of the last 89 days is {ref}. list_time_entries has their ids."
