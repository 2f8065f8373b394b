"""The tool that deletes time entries."""

from toggl_mcp.errors import Declined, TogglError
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import DESTRUCTIVE, MAX_BULK_CALL_SECONDS, CallContext, ToolSpec
from toggl_mcp.tools.support.results import truncate
from toggl_mcp.tools.time_entries._args import DeleteTimeEntries
from toggl_mcp.tools.time_entries._bulk import (
    BulkOutcome,
    BulkResult,
    check_quota_covers,
    limit_change,
    select_targets,
)
from toggl_mcp.tools.time_entries._output import EntryRows, to_outputs


class TimeEntriesDeleted(BulkResult):
    """What became of a deletion."""

    deleted_ids: list[int]
    deleted: EntryRows


async def delete_time_entries(args: DeleteTimeEntries, call: CallContext) -> TimeEntriesDeleted:
    """Delete your time entries permanently, up to 100. Each costs one request; the quota has to cover all."""
    targets = await select_targets(args, call, require_recent=True)
    if args.dry_run:
        return await TimeEntriesDeleted.of_dry_run(args, targets, call, deleted_ids=[], deleted=[])
    if call.question not in (None, await _write_question(targets.entries, call)):
        message = "These are other entries by now than the person agreed to. Nothing was deleted. Call again."
        raise Declined(message)
    await check_quota_covers(targets.entries, call)
    outcome = await _delete(targets.entries, call)
    outcome.raise_if_nothing_done()
    deleted = [entry for entry in targets.entries if entry.id in outcome.changed_ids]
    rows = [output for output, _ in await to_outputs(deleted, call)]
    return await TimeEntriesDeleted.of(outcome, targets, call, deleted_ids=outcome.changed_ids, deleted=rows)


async def _delete(entries: list[TimeEntry], call: CallContext) -> BulkOutcome:
    """Delete one entry after another, up to the first failure."""
    deleted_ids: list[int] = []
    for entry in entries:
        try:
            with limit_change():
                await call.toggl.time_entries(entry.workspace_id).delete(entry)
        except TogglError as error:
            return BulkOutcome(deleted_ids, error, [entry.id])
        deleted_ids.append(entry.id)
        await call.record.report_step(remaining=len(entries) - len(deleted_ids))
    return BulkOutcome(deleted_ids)


async def _confirmation_text(args: DeleteTimeEntries, call: CallContext) -> str | None:
    if args.dry_run:
        return None
    entries, _ = await select_targets(args, call)
    await check_quota_covers(entries, call)
    return await _write_question(entries, call)


async def _write_question(entries: list[TimeEntry], call: CallContext) -> str:
    calendar = await call.calendar()
    descriptions = "; ".join(
        f"“{truncate(entry.description, 40)}” of {calendar.to_local_text(entry.start)}" for entry in entries
    )
    return f"Delete {len(entries)} time {'entry' if len(entries) == 1 else 'entries'} permanently? {descriptions}"


TOOLS = (ToolSpec(delete_time_entries, DESTRUCTIVE, confirm=_confirmation_text, max_seconds=MAX_BULK_CALL_SECONDS),)
