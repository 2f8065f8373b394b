"""The tool that deletes time entries."""

from toggl_mcp.errors import TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import WithQuota, truncate
from toggl_mcp.tools.time_entries._args import DeleteTimeEntries
from toggl_mcp.tools.time_entries._bulk import (
    NOT_FOUND,
    UNCHANGED,
    UNCONFIRMED,
    BulkOutcome,
    check_quota_covers,
    load_entries,
)


class TimeEntriesDeleted(WithQuota):
    """What became of a deletion."""

    deleted_ids: list[int]
    unchanged_ids: UNCHANGED | Absent = None
    not_found_ids: NOT_FOUND | Absent = None
    unconfirmed_ids: UNCONFIRMED | Absent = None
    incomplete_reason: str | Absent = None


async def delete_time_entries(args: DeleteTimeEntries, call: CallContext) -> TimeEntriesDeleted:
    """Delete up to 10 of one's own entries for good, by a request each; refused if the quota cannot cover them all."""
    entries, not_found_ids = await load_entries(args.ids, call)
    await check_quota_covers(entries, call)
    deleted: list[int] = []
    outcome = BulkOutcome(None, [])
    for entry in entries:
        try:
            await call.toggl.time_entries(entry.workspace_id).delete(entry)
        except TogglError as error:
            outcome = BulkOutcome(error, [entry.id])
            break
        deleted.append(entry.id)
    outcome.raise_if_nothing_done(deleted)
    return TimeEntriesDeleted(
        deleted_ids=deleted,
        unchanged_ids=outcome.unchanged_ids(entries, deleted),
        not_found_ids=not_found_ids or None,
        unconfirmed_ids=outcome.unconfirmed_ids or None,
        incomplete_reason=outcome.reason,
        quota=await call.quota(entries[0].workspace_id),
    )


async def _confirmation_text(args: DeleteTimeEntries, call: CallContext) -> str:
    entries, _ = await load_entries(args.ids, call)
    await check_quota_covers(entries, call)
    calendar = await call.calendar()
    descriptions = "; ".join(
        f"“{truncate(entry.description, 40)}” of {calendar.to_local_text(entry.start)}" for entry in entries
    )
    return f"Delete {len(entries)} time {'entry' if len(entries) == 1 else 'entries'} for good? {descriptions}"


TOOLS = (
    ToolSpec(
        delete_time_entries,
        "Delete time entries",
        DESTRUCTIVE,
        DeleteTimeEntries,
        TimeEntriesDeleted,
        confirm=_confirmation_text,
    ),
)
