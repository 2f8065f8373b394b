"""The tool that deletes time entries."""

from toggl_mcp.errors import TogglError
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import truncate
from toggl_mcp.tools.time_entries._args import DeleteTimeEntries
from toggl_mcp.tools.time_entries._bulk import BulkOutcome, BulkResult, check_quota_covers, load_entries


class TimeEntriesDeleted(BulkResult):
    """What became of a deletion."""

    deleted_ids: list[int]


async def delete_time_entries(args: DeleteTimeEntries, call: CallContext) -> TimeEntriesDeleted:
    """Delete up to 10 of your time entries permanently. Each costs one request; the quota has to cover all."""
    entries, not_found_ids = await load_entries(args.ids, call)
    await check_quota_covers(entries, call)
    outcome = await _delete(entries, call)
    return await TimeEntriesDeleted.of(outcome, entries, not_found_ids, call, deleted_ids=outcome.changed_ids)


async def _delete(entries: list[TimeEntry], call: CallContext) -> BulkOutcome:
    """Delete one entry after another, up to the first failure."""
    deleted_ids: list[int] = []
    for entry in entries:
        try:
            await call.toggl.time_entries(entry.workspace_id).delete(entry)
        except TogglError as error:
            return BulkOutcome(deleted_ids, error, [entry.id])
        deleted_ids.append(entry.id)
    return BulkOutcome(deleted_ids)


async def _confirmation_text(args: DeleteTimeEntries, call: CallContext) -> str:
    entries, _ = await load_entries(args.ids, call)
    await check_quota_covers(entries, call)
    calendar = await call.calendar()
    descriptions = "; ".join(
        f"“{truncate(entry.description, 40)}” of {calendar.to_local_text(entry.start)}" for entry in entries
    )
    return f"Delete {len(entries)} time {'entry' if len(entries) == 1 else 'entries'} permanently? {descriptions}"


TOOLS = (ToolSpec(delete_time_entries, DESTRUCTIVE, confirm=_confirmation_text),)
