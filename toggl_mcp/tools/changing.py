"""The tools that change and delete time entries."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toggl_mcp.errors import InvalidArguments, NotFound, QuotaSpent, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, TrackerBody
from toggl_mcp.models.tracking import DeleteTimeEntries, EditTimeEntries
from toggl_mcp.tools.answers import Costly, shortened
from toggl_mcp.tools.finding import left
from toggl_mcp.tools.names import by_workspace
from toggl_mcp.tools.offer import CHANGES, Offer
from toggl_mcp.tools.outcome import Outcome
from toggl_mcp.tools.overlap import leave_clear
from toggl_mcp.tools.shown import ShownEntry, shown
from toggl_mcp.tools.work import Planned, check_length, noted, planned, time_of

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Reading
    from toggl_mcp.endpoints.time_entries import AsyncTrackerEndpoint
    from toggl_mcp.endpoints.toggl import Toggl

_ACTIONS = {"add": "add", "remove": "delete"}
_NOT_FOUND = Annotated[list[int], Field(description="Not among one's own of the last 89 days.")]
_UNCHANGED = Annotated[list[int], Field(description="See why.")]
_UNCONFIRMED = Annotated[list[int], Field(description="See why.")]


class EntriesEdited(Costly):
    """What became of a change."""

    edited_ids: list[int]
    unchanged_ids: _UNCHANGED | Absent = None
    not_found_ids: _NOT_FOUND | Absent = None
    unconfirmed_ids: _UNCONFIRMED | Absent = None
    why: str | Absent = None
    entry: Annotated[ShownEntry, Field(description="When only one was meant.")] | Absent = None


class EntriesDeleted(Costly):
    """What became of a deletion."""

    deleted_ids: list[int]
    unchanged_ids: _UNCHANGED | Absent = None
    not_found_ids: _NOT_FOUND | Absent = None
    unconfirmed_ids: _UNCONFIRMED | Absent = None
    why: str | Absent = None


async def edit_time_entries(changes: EditTimeEntries, toggl: "Toggl") -> EntriesEdited:
    """Change one's own entries, all in the same way; what is left out stays as it is.

    One request for each workspace. The answer says for each id what became of it.
    """
    found, missing = await _present(changes.ids, toggl, surely=len(changes.ids) > 1)
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
            change = await noted(plan, workspace, toggl, toggl.trackers(workspace).bulk_edit(entries, plan.body))
        except TogglError as error:
            outcome = Outcome(error, [entry.id for entry in entries])
            break
        edited += change.done
        if change.refused:
            outcome = Outcome(_refused(), change.refused)
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


async def delete_time_entries(asked: DeleteTimeEntries, toggl: "Toggl") -> EntriesDeleted:
    """Delete up to 10 of one's own entries for good, by a request each; refused if the quota cannot cover them all."""
    found, missing = await _present(asked.ids, toggl)
    await _afford(found, toggl)
    deleted: list[int] = []
    outcome = Outcome(None, [])
    for entry in found:
        try:
            await toggl.trackers(entry.workspace_id).delete(entry)
        except TogglError as error:
            outcome = Outcome(error, [entry.id])
            break
        deleted.append(entry.id)
    outcome.raise_if_alone(deleted)
    return EntriesDeleted(
        deleted_ids=deleted,
        unchanged_ids=outcome.untouched(found, deleted),
        not_found_ids=missing or None,
        unconfirmed_ids=outcome.unconfirmed or None,
        why=outcome.why,
        quota=await left(toggl, found[0].workspace_id),
    )


async def _edit_one(entry: TimeEntry, changes: EditTimeEntries, toggl: "Toggl") -> EntriesEdited:
    tracker, calendar = toggl.trackers(entry.workspace_id), await toggl.calendar()
    (_, plan), *_ = await _plans([entry], changes, toggl)
    body = await _timed(entry, changes, plan.body, toggl)
    edited = await noted(plan, entry.workspace_id, toggl, tracker.edit(entry, body))
    if edited is None:
        raise _none([entry.id])
    return EntriesEdited(
        edited_ids=[edited.id],
        entry=await shown(edited, calendar, toggl),
        quota=await left(toggl, entry.workspace_id),
    )


async def _timed(entry: TimeEntry, changes: EditTimeEntries, body: TrackerBody, toggl: "Toggl") -> TrackerBody:
    """Return the change with the entry's new times, of which Toggl is told all that belong together."""
    if changes.start is None and changes.stop is None:
        return body
    calendar, now = await toggl.calendar(), toggl.moment()
    start = entry.start if changes.start is None else time_of("start", changes.start, calendar)
    runs = entry.running and changes.stop is None
    stop = entry.end(now) if changes.stop is None else time_of("stop", changes.stop, calendar)
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


async def _present(ids: list[int], toggl: "Toggl", *, surely: bool = False) -> tuple[list[TimeEntry], list[int]]:
    """Return the entries that are there, and the ids of none; Toggl is asked again before any is denied.

    `surely` takes no stale answer: what was deleted since would come back by a change of many.

    Raises:
        NotFound: None of them is there.
    """
    tracker = await toggl.tracker()
    reading = await tracker.sure(lambda all_of_them: set(ids) <= all_of_them.items.keys())
    if surely and reading.source == "stale":
        reading = await _anew(tracker)
    known = reading.collection.items
    found = [known[entry_id] for entry_id in dict.fromkeys(ids) if entry_id in known]
    if not found:
        raise _none(ids)
    return found, [entry_id for entry_id in dict.fromkeys(ids) if entry_id not in known]


async def _anew(tracker: "AsyncTrackerEndpoint") -> "Reading[TimeEntry]":
    try:
        return await tracker.read(refresh=True, urgent=True)
    except QuotaSpent as error:
        message = f"{error} Or change them one at a time."
        raise QuotaSpent(message, error.resets_in_seconds or 0) from error


async def _afford(entries: list[TimeEntry], toggl: "Toggl") -> None:
    """Refuse to begin what the quota does not allow to end; workspaces of one organization share one.

    Raises:
        QuotaSpent: There are fewer requests left than entries.
    """
    needed: Counter[str] = Counter()
    for entry in entries:
        bucket = await toggl.quota(entry.workspace_id)
        if bucket is None:
            continue
        needed[bucket.name] += 1
        if bucket.remaining < needed[bucket.name]:
            message = (
                f"{len(entries)} deletions need as many requests, and {bucket.remaining} are left this hour "
                f"in workspace {entry.workspace_id}. Nothing was deleted. Wait for the reset, or delete fewer."
            )
            raise QuotaSpent(message, bucket.resets_at - toggl.now())


def _none(ids: list[int]) -> NotFound:
    listed = ", ".join(map(str, ids[:10]))
    return NotFound(f"None of your own entries of the last 89 days: {listed}. The web app changes older ones.")


async def _what_goes(asked: DeleteTimeEntries, toggl: "Toggl") -> str:
    found, _ = await _present(asked.ids, toggl)
    await _afford(found, toggl)
    calendar = await toggl.calendar()
    told = "; ".join(f"“{shortened(entry.description, 40)}” of {calendar.local(entry.start)}" for entry in found)
    return f"Delete {len(found)} time {'entry' if len(found) == 1 else 'entries'} for good? {told}"


OFFERS = (
    Offer(edit_time_entries, "Edit time entries", CHANGES, EditTimeEntries, EntriesEdited),
    Offer(delete_time_entries, "Delete time entries", CHANGES, DeleteTimeEntries, EntriesDeleted, question=_what_goes),
)
