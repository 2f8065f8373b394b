"""The tool that changes time entries."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toggl_mcp.errors import InvalidArguments, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.tools.support.define import CHANGES, Offer
from toggl_mcp.tools.support.lookup import left
from toggl_mcp.tools.support.results import Costly
from toggl_mcp.tools.time_entries._args import EditTimeEntries
from toggl_mcp.tools.time_entries._bulk import Outcome
from toggl_mcp.tools.time_entries._input import Planned, check_length, noted, planned, time_of
from toggl_mcp.tools.time_entries._output import ShownEntry, by_workspace, shown
from toggl_mcp.tools.time_entries._overlap import leave_clear

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl

from toggl_mcp.tools.time_entries._bulk import NOT_FOUND, UNCHANGED, UNCONFIRMED, none, present

_ACTIONS = {"add": "add", "remove": "delete"}


class EntriesEdited(Costly):
    """What became of a change."""

    edited_ids: list[int]
    unchanged_ids: UNCHANGED | Absent = None
    not_found_ids: NOT_FOUND | Absent = None
    unconfirmed_ids: UNCONFIRMED | Absent = None
    why: str | Absent = None
    entry: Annotated[ShownEntry, Field(description="When only one was meant.")] | Absent = None


async def edit_time_entries(changes: EditTimeEntries, toggl: "Toggl") -> EntriesEdited:
    """Change one's own entries, all in the same way; what is left out stays as it is.

    One request for each workspace. The answer says for each id what became of it.
    """
    found, missing = await present(changes.ids, toggl, surely=len(changes.ids) > 1)
    if len(changes.ids) == 1:
        return await _edit_one(found[0], changes, toggl)
    return await _edit_many(found, missing, changes, toggl)


async def _edit_many(
    found: list[TimeEntry], missing: list[int], changes: EditTimeEntries, toggl: "Toggl"
) -> EntriesEdited:
    edited: list[int] = []
    outcome = Outcome(None, [])
    for entries, plan in await _plans(found, changes, toggl):
        workspace = entries[0].workspace_id
        try:
            change = await noted(plan, workspace, toggl, toggl.time_entries(workspace).bulk_edit(entries, plan.body))
        except TogglError as error:
            outcome = Outcome(error, [entry.id for entry in entries])
            break
        edited += change.edited_ids
        if change.unchanged_ids:
            outcome = Outcome(_refused(), change.unchanged_ids)
    outcome.raise_if_alone(edited)
    return EntriesEdited(
        edited_ids=edited,
        unchanged_ids=outcome.untouched(found, edited),
        not_found_ids=missing or None,
        unconfirmed_ids=outcome.unconfirmed or None,
        why=outcome.why,
        quota=await left(toggl, found[0].workspace_id),
    )


def _refused() -> InvalidArguments:
    return InvalidArguments("Toggl refused the change for these. Change one alone to learn why.")


async def _edit_one(entry: TimeEntry, changes: EditTimeEntries, toggl: "Toggl") -> EntriesEdited:
    tracker, calendar = toggl.time_entries(entry.workspace_id), await toggl.calendar()
    (_, plan), *_ = await _plans([entry], changes, toggl)
    body = await _timed(entry, changes, plan.body, toggl)
    edited = await noted(plan, entry.workspace_id, toggl, tracker.edit(entry, body))
    if edited is None:
        raise none([entry.id])
    return EntriesEdited(
        edited_ids=[edited.id],
        entry=await shown(edited, calendar, toggl),
        quota=await left(toggl, entry.workspace_id),
    )


async def _timed(entry: TimeEntry, changes: EditTimeEntries, body: TimeEntryBody, toggl: "Toggl") -> TimeEntryBody:
    """Return the change with the entry's new times, of which Toggl is told all that belong together."""
    if changes.start is None and changes.stop is None:
        return body
    calendar, now = await toggl.calendar(), toggl.now_utc()
    start = entry.start if changes.start is None else time_of("start", changes.start, calendar)
    runs = entry.running and changes.stop is None
    stop = entry.end_at(now) if changes.stop is None else time_of("stop", changes.stop, calendar)
    if runs and start > now:
        message = "start: is yet to come, and the timer runs. Give a stop as well, or an earlier start."
        raise InvalidArguments(message)
    check_length(start, stop)
    if not changes.allow_overlap:
        await leave_clear(start, stop, calendar, toggl, but=entry.id)
    length = {} if runs else {"stop": stop, "duration": round((stop - start).total_seconds())}
    return body.model_copy(update={"start": start, **length})


async def _plans(
    found: list[TimeEntry], changes: EditTimeEntries, toggl: "Toggl"
) -> list[tuple[list[TimeEntry], Planned]]:
    """Return what is to be said of which entries, by workspace; a task does not follow to another project."""
    plans: list[tuple[list[TimeEntry], Planned]] = []
    for workspace, here in by_workspace(found).items():
        plan = await planned(changes, workspace, toggl)
        body = plan.body.model_copy(update={"tag_action": _ACTIONS.get(changes.tag_action)})
        at_home = [entry for entry in here if entry.task_id and entry.project_id == body.project_id]
        others = [entry for entry in here if entry not in at_home]
        if changes.project is None or changes.task is not None or not any(entry.task_id for entry in others):
            plans.append((here, plan._replace(body=body)))
            continue
        bodies = ((at_home, body), (others, body.model_copy(update={"task_id": 0})))
        plans += [(some, plan._replace(body=told)) for some, told in bodies if some]
    return plans


OFFERS = (Offer(edit_time_entries, "Edit time entries", CHANGES, EditTimeEntries, EntriesEdited),)
