"""The tool that changes time entries."""

from typing import Annotated

from pydantic import Field

from toggl_mcp.errors import InvalidArguments, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import WithQuota
from toggl_mcp.tools.time_entries._args import EditTimeEntries
from toggl_mcp.tools.time_entries._bulk import (
    NOT_FOUND,
    UNCHANGED,
    UNCONFIRMED,
    BulkOutcome,
    load_entries,
    no_entries_error,
)
from toggl_mcp.tools.time_entries._input import (
    PreparedEntry,
    check_duration,
    forgetting_new_tags,
    parse_time_argument,
    prepare_entry,
)
from toggl_mcp.tools.time_entries._output import TimeEntryOut, group_by_workspace, to_output
from toggl_mcp.tools.time_entries._overlap import reject_overlaps

_ACTIONS = {"add": "add", "remove": "delete"}


class TimeEntriesEdited(WithQuota):
    """What became of a change."""

    edited_ids: list[int]
    unchanged_ids: UNCHANGED | Absent = None
    not_found_ids: NOT_FOUND | Absent = None
    unconfirmed_ids: UNCONFIRMED | Absent = None
    incomplete_reason: str | Absent = None
    entry: Annotated[TimeEntryOut, Field(description="When only one was meant.")] | Absent = None


async def edit_time_entries(args: EditTimeEntries, call: CallContext) -> TimeEntriesEdited:
    """Change one's own entries, all in the same way; what is left out stays as it is.

    One request for each workspace. The answer says for each id what became of it.
    """
    entries, not_found_ids = await load_entries(args.ids, call, require_fresh=len(args.ids) > 1)
    if len(args.ids) == 1:
        return await _edit_one(entries[0], args, call)
    return await _edit_many(entries, not_found_ids, args, call)


async def _edit_many(
    entries: list[TimeEntry], not_found_ids: list[int], args: EditTimeEntries, call: CallContext
) -> TimeEntriesEdited:
    edited_ids: list[int] = []
    outcome = BulkOutcome(None, [])
    for batch, prepared in await split_by_workspace(entries, args, call):
        workspace = batch[0].workspace_id
        try:
            change = await forgetting_new_tags(
                prepared, workspace, call, call.toggl.time_entries(workspace).bulk_edit(batch, prepared.body)
            )
        except TogglError as error:
            outcome = BulkOutcome(error, [entry.id for entry in batch])
            break
        edited_ids += change.edited_ids
        if change.unchanged_ids:
            outcome = BulkOutcome(_refused_error(), change.unchanged_ids)
    outcome.raise_if_nothing_done(edited_ids)
    return TimeEntriesEdited(
        edited_ids=edited_ids,
        unchanged_ids=outcome.unchanged_ids(entries, edited_ids),
        not_found_ids=not_found_ids or None,
        unconfirmed_ids=outcome.unconfirmed_ids or None,
        incomplete_reason=outcome.reason,
        quota=await call.quota(entries[0].workspace_id),
    )


def _refused_error() -> InvalidArguments:
    return InvalidArguments("Toggl refused the change for these. Change one alone to learn why.")


async def _edit_one(entry: TimeEntry, args: EditTimeEntries, call: CallContext) -> TimeEntriesEdited:
    tracker, calendar = call.toggl.time_entries(entry.workspace_id), await call.calendar()
    (_, plan), *_ = await split_by_workspace([entry], args, call)
    body = await with_times(entry, args, plan.body, call)
    result = await forgetting_new_tags(plan, entry.workspace_id, call, tracker.edit(entry, body))
    if result is None:
        raise no_entries_error([entry.id])
    return TimeEntriesEdited(
        edited_ids=[result.id],
        entry=await to_output(result, calendar, call),
        quota=await call.quota(entry.workspace_id),
    )


async def with_times(entry: TimeEntry, args: EditTimeEntries, body: TimeEntryBody, call: CallContext) -> TimeEntryBody:
    """Return the change with the entry's new times, of which Toggl is told all that belong together."""
    if args.start is None and args.stop is None:
        return body
    calendar, now = await call.calendar(), call.now
    start = entry.start if args.start is None else parse_time_argument("start", args.start, calendar)
    runs = entry.running and args.stop is None
    stop = entry.end_at(now) if args.stop is None else parse_time_argument("stop", args.stop, calendar)
    if runs and start > now:
        message = "start: is yet to come, and the timer runs. Give a stop as well, or an earlier start."
        raise InvalidArguments(message)
    check_duration(start, stop)
    if not args.allow_overlap:
        await reject_overlaps(start, stop, calendar, call, exclude_id=entry.id)
    length = {} if runs else {"stop": stop, "duration": round((stop - start).total_seconds())}
    return body.model_copy(update={"start": start, **length})


async def split_by_workspace(
    entries: list[TimeEntry], args: EditTimeEntries, call: CallContext
) -> list[tuple[list[TimeEntry], PreparedEntry]]:
    """Return what is to be said of which entries, by workspace; a task does not follow to another project."""
    plans: list[tuple[list[TimeEntry], PreparedEntry]] = []
    for workspace, group in group_by_workspace(entries).items():
        prepared = await prepare_entry(args, workspace, call)
        body = prepared.body.model_copy(update={"tag_action": _ACTIONS.get(args.tag_action)})
        same_project = [entry for entry in group if entry.task_id and entry.project_id == body.project_id]
        rest = [entry for entry in group if entry not in same_project]
        if args.project is None or args.task is not None or not any(entry.task_id for entry in rest):
            plans.append((group, prepared._replace(body=body)))
            continue
        bodies = ((same_project, body), (rest, body.model_copy(update={"task_id": 0})))
        plans += [(batch, prepared._replace(body=body_for)) for batch, body_for in bodies if batch]
    return plans


TOOLS = (ToolSpec(edit_time_entries, "Edit time entries", DESTRUCTIVE, EditTimeEntries, TimeEntriesEdited),)
