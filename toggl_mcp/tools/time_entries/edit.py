"""The tool that edits time entries."""

from typing import Annotated

from toggl_mcp.errors import InvalidArguments, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import declared_by
from toggl_mcp.tools.time_entries._args import EditTimeEntries
from toggl_mcp.tools.time_entries._bulk import BulkOutcome, BulkResult, no_entries_error, select_targets
from toggl_mcp.tools.time_entries._input import (
    PreparedEntry,
    check_duration,
    parse_time_argument,
    prepare_entry,
    settle_references,
)
from toggl_mcp.tools.time_entries._output import TimeEntryOut, group_by_workspace, to_output
from toggl_mcp.tools.time_entries._overlap import reject_overlaps

_ACTIONS = {"add": "add", "remove": "delete"}


Batch = tuple[list[TimeEntry], PreparedEntry]
"""Entries of one workspace, and the request that edits them."""


class TimeEntriesEdited(BulkResult):
    """What became of an edit."""

    edited_ids: list[int]
    entry: Annotated[TimeEntryOut, declared_by("get_timer")] | Absent = None
    warnings: list[str] | Absent = None


async def edit_time_entries(args: EditTimeEntries, call: CallContext) -> TimeEntriesEdited:
    """Edit your time entries; omitted fields keep their values.

    All get the same change, by one or two requests per workspace. The result lists what became of each id.
    """
    args = args.apply_clear()
    is_single = len(args.ids or ()) == 1
    targets = await select_targets(args, call, require_fresh=not is_single)
    if args.dry_run:
        await prepare_batches(targets.entries, args, call)
        return await TimeEntriesEdited.of_dry_run(targets, call, edited_ids=[])
    if is_single:
        return await _edit_entry(targets.entries[0], args, call)
    outcome = await _edit_batches(await prepare_batches(targets.entries, args, call), call)
    return await TimeEntriesEdited.of(outcome, targets, call, edited_ids=outcome.changed_ids)


async def _edit_batches(batches: list[Batch], call: CallContext) -> BulkOutcome:
    """Send one request after another, up to the first failure."""
    edited_ids: list[int] = []
    refused_ids: list[int] = []
    for entries, prepared in batches:
        workspace_id = entries[0].workspace_id
        try:
            async with settle_references(prepared, workspace_id, call):
                result = await call.toggl.time_entries(workspace_id).bulk_edit(entries, prepared.body)
        except TogglError as error:
            return BulkOutcome(edited_ids, error, [entry.id for entry in entries])
        edited_ids += result.edited_ids
        refused_ids += result.unchanged_ids
    refusal = InvalidArguments("Toggl refused the change of unchanged_ids. Edit one of them alone to learn why.")
    return BulkOutcome(edited_ids, refusal if refused_ids else None, refused_ids)


async def _edit_entry(entry: TimeEntry, args: EditTimeEntries, call: CallContext) -> TimeEntriesEdited:
    """Edit one entry, its times too."""
    ((_, prepared),) = await prepare_batches([entry], args, call)
    body = await add_times(entry, args, prepared.body, call)
    async with settle_references(prepared, entry.workspace_id, call):
        edited_entry = await call.toggl.time_entries(entry.workspace_id).edit(entry, body)
    if edited_entry is None:
        raise no_entries_error([entry.id])
    output, warnings = await to_output(edited_entry, call)
    return TimeEntriesEdited(
        edited_ids=[edited_entry.id],
        entry=output,
        warnings=warnings,
        quota=call.quota(),
    )


async def add_times(entry: TimeEntry, args: EditTimeEntries, body: TimeEntryBody, call: CallContext) -> TimeEntryBody:
    """Return the body with the entry's new times: Toggl needs stop and duration to agree."""
    if args.start is None and args.stop is None:
        return body
    calendar, now = await call.calendar(), call.now
    start = entry.start if args.start is None else parse_time_argument("start", args.start, now, calendar)
    runs = entry.running and args.stop is None
    stop = entry.end_at(now) if args.stop is None else parse_time_argument("stop", args.stop, now, calendar)
    if runs and start > now:
        message = "start: is in the future, and the timer is running. Give an earlier start, or a stop too."
        raise InvalidArguments(message)
    check_duration(start, stop)
    if not args.allow_overlap:
        await reject_overlaps(start, stop, calendar, call, former=entry)
    length = {} if runs else {"stop": stop, "duration": round((stop - start).total_seconds())}
    return body.model_copy(update={"start": start, **length})


async def prepare_batches(entries: list[TimeEntry], args: EditTimeEntries, call: CallContext) -> list[Batch]:
    """Return the requests that edit these entries: one for each workspace and body."""
    batches: list[Batch] = []
    for workspace_id, group in group_by_workspace(entries).items():
        prepared = await prepare_entry(args, workspace_id, call)
        body = prepared.body.model_copy(update={"tag_action": _ACTIONS.get(args.tag_action) if args.tags else None})
        batches += [(batch, prepared._replace(body=batch_body)) for batch, batch_body in split_by_task(group, body)]
    return batches


def split_by_task(entries: list[TimeEntry], body: TimeEntryBody) -> list[tuple[list[TimeEntry], TimeEntryBody]]:
    """Return the body for each of the entries: one that moves to another project leaves its task behind."""
    keeps_task = [entry for entry in entries if entry.task_id and entry.project_id == body.project_id]
    rest = [entry for entry in entries if entry not in keeps_task]
    if body.project_id is None or body.task_id is not None or not any(entry.task_id for entry in rest):
        return [(entries, body)]
    batches = [(keeps_task, body), (rest, body.model_copy(update={"task_id": 0}))]
    return [(batch, batch_body) for batch, batch_body in batches if batch]


TOOLS = (ToolSpec(edit_time_entries, DESTRUCTIVE),)
