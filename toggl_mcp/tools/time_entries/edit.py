"""The tool that edits time entries."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from toggl_mcp.errors import Candidate, InvalidArguments, NotFound, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.duration_grammar import describe_doubt, parse_duration
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import declared_by
from toggl_mcp.tools.time_entries._args import EditTimeEntries
from toggl_mcp.tools.time_entries._bulk import BulkOutcome, BulkResult, Targets, no_entries_error, select_targets
from toggl_mcp.tools.time_entries._input import (
    PreparedEntry,
    prepare_entry,
    settle_references,
)
from toggl_mcp.tools.time_entries._output import TimeEntryOut, group_by_workspace, to_output, to_outputs
from toggl_mcp.tools.time_entries._overlap import reject_overlaps
from toggl_mcp.tools.time_entries._times import (
    check_duration,
    parse_start,
    parse_stop,
    parse_stop_of_timer,
    parse_time_argument,
    parse_times,
)

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.models.period import Calendar

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
    targets = await select_targets(args, call, require_fresh=not is_single, require_recent=args.has_times)
    if args.dry_run:
        return await _plan_edit(targets, args, call, is_single=is_single)
    if is_single:
        return await _edit_entry(targets.entries[0], args, call)
    batches = await prepare_batches(targets.entries, args, call)
    outcome = await _edit_batches(batches, call)
    warnings = await _list_warnings(args, batches, outcome.changed_ids, call)
    return await TimeEntriesEdited.of(outcome, targets, call, edited_ids=outcome.changed_ids, warnings=warnings)


async def _plan_edit(
    targets: Targets, args: EditTimeEntries, call: CallContext, *, is_single: bool
) -> TimeEntriesEdited:
    """Return what an edit would change: of a single entry, how it would be."""
    batches = await prepare_batches(targets.entries, args, call)
    if not is_single:
        warnings = await _list_warnings(args, batches, [entry.id for entry in targets.entries], call)
        return await TimeEntriesEdited.of_dry_run(args, targets, call, edited_ids=[], warnings=warnings)
    (entry,), ((_, prepared),) = targets.entries, batches
    times = (await add_times(entry, args, TimeEntryBody(), call)).model_dump(exclude_none=True, exclude={"stop"})
    edited_entry = prepared.body.apply_to(entry.model_copy(update=times))
    output, warnings = (None, None) if edited_entry is None else await to_output(edited_entry, call)
    warnings = _with_doubt(args, warnings)
    return await TimeEntriesEdited.of_dry_run(args, targets, call, edited_ids=[], entry=output, warnings=warnings)


def _with_doubt(args: EditTimeEntries, warnings: list[str] | None) -> list[str] | None:
    """Return warnings with the one of a duration that may be meant in minutes."""
    return [*(warnings or ()), *filter(None, [describe_doubt(args.duration)])] or None


async def _list_warnings(
    args: EditTimeEntries, batches: list[Batch], changed_ids: list[int], call: CallContext
) -> list[str] | None:
    """Return what may not be meant of entries with another project: each warning once, with the ids it is about."""
    if args.project is None:
        return None
    edited = [prepared.body.apply_to(entry) for entries, prepared in batches for entry in entries]
    changed = [entry for entry in edited if entry is not None and entry.id in changed_ids]
    ids: dict[str, list[int]] = {}
    for output, warnings in await to_outputs(changed, call):
        for warning in warnings:
            ids.setdefault(warning, []).append(output.id or 0)
    return [f"{', '.join(map(str, entry_ids))}: {warning}" for warning, entry_ids in ids.items()] or None


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
        warnings=_with_doubt(args, warnings),
        quota=call.quota(),
    )


async def add_times(entry: TimeEntry, args: EditTimeEntries, body: TimeEntryBody, call: CallContext) -> TimeEntryBody:
    """Return the body with the entry's new times: Toggl needs stop and duration to agree."""
    if not args.has_times:
        return body
    calendar, now = await call.calendar(), call.now
    runs = entry.running and args.stop is None
    if runs and args.duration is not None:
        message = "duration: the timer is running. Give start (-30m: it began then), or stop, which ends it."
        raise InvalidArguments(message)
    start, stop = _resolve_times(entry, args, now, calendar)
    if runs and start > now:
        message = "start: is in the future, and the timer is running. Give an earlier start, or a stop too."
        raise InvalidArguments(message)
    check_duration(start, stop, calendar)
    if not args.allow_overlap:
        await reject_overlaps(start, stop, calendar, call, former=entry)
    length = {} if runs else {"stop": stop, "duration": round((stop - start).total_seconds())}
    return body.model_copy(update={"start": start, **length})


def _resolve_times(
    entry: TimeEntry, args: EditTimeEntries, now: "datetime", calendar: "Calendar"
) -> "tuple[datetime, datetime]":
    """Return the start and the stop of an entry after an edit; a time of day alone is of the entry's own day or night.

    Raises:
        InvalidArguments: As for `parse_time_argument`.
    """
    start, stop = entry.start, entry.end_at(now)
    if args.duration is not None:
        with naming_argument("duration"):
            length = timedelta(seconds=parse_duration(args.duration))
        if args.stop is not None:
            stop = parse_stop(args.stop, start, now, calendar)
            return stop - length, stop
        if args.start is not None:
            start = parse_time_argument("start", args.start, now, calendar, calendar.day_of(start), is_past=True)
        return start, start + length
    match args.start, args.stop:
        case None, None:
            return start, stop
        case None, str(stop_text):
            parse = parse_stop_of_timer if entry.running else parse_stop
            return start, parse(stop_text, start, now, calendar)
        case str(start_text), None:
            return parse_start(start_text, stop, now, calendar), stop
        case start_text, stop_text:
            return parse_times(start_text, stop_text, now, calendar, calendar.day_of(start))


async def prepare_batches(entries: list[TimeEntry], args: EditTimeEntries, call: CallContext) -> list[Batch]:
    """Return the requests that edit these entries: one for each workspace and body.

    Raises:
        NotFound, Ambiguous, InvalidArguments: As for `prepare_entry`.
    """
    batches: list[Batch] = []
    for workspace_id, group in group_by_workspace(entries).items():
        try:
            prepared = await prepare_entry(args, workspace_id, call)
        except NotFound as error:
            if not error.candidates or any(item.workspace_id == workspace_id for item in error.candidates):
                raise
            raise _other_workspace_error(error.candidates, workspace_id, args) from error
        body = prepared.body.model_copy(update={"tag_action": _ACTIONS.get(args.tag_action) if args.tags else None})
        batches += [(batch, prepared._replace(body=batch_body)) for batch, batch_body in split_by_task(group, body)]
    return batches


def _other_workspace_error(candidates: Sequence[Candidate], workspace_id: int, args: EditTimeEntries) -> NotFound:
    """Return the error about a name that other workspaces have, while an entry stays in its own."""
    names = ", ".join(f"“{item.name}” ({item.id}) is in workspace {item.workspace_id}" for item in candidates)
    way = "" if args.filters is None else f" by filters.workspace: {candidates[0].workspace_id}"
    message = (
        f"{names}, and entries of workspace {workspace_id} stay there. Leave them out{way}; or, to move their time, "
        "create_time_entries there with the same times, and delete_time_entries."
    )
    return NotFound(message, candidates)


def split_by_task(entries: list[TimeEntry], body: TimeEntryBody) -> list[tuple[list[TimeEntry], TimeEntryBody]]:
    """Return the body for each of the entries: one that moves to another project leaves its task behind."""
    keeps_task = [entry for entry in entries if entry.task_id and entry.project_id == body.project_id]
    rest = [entry for entry in entries if entry not in keeps_task]
    if body.project_id is None or body.task_id is not None or not any(entry.task_id for entry in rest):
        return [(entries, body)]
    batches = [(keeps_task, body), (rest, body.model_copy(update={"task_id": 0}))]
    return [(batch, batch_body) for batch, batch_body in batches if batch]


TOOLS = (ToolSpec(edit_time_entries, DESTRUCTIVE),)
