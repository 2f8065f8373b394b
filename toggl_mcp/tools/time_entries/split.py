"""The tool that splits a time entry in two."""

from typing import TYPE_CHECKING

from toggl_mcp.errors import InvalidArguments, OutcomeUnknown, QuotaSpent, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.models.time_grammar import is_time_of_day, list_times
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import WithChange
from toggl_mcp.tools.time_entries._args import LaterHalf, SplitTimeEntry
from toggl_mcp.tools.time_entries._bulk import load_entries, no_entries_error
from toggl_mcp.tools.time_entries._draft import is_same, to_draft
from toggl_mcp.tools.time_entries._input import prepare_new_entry, settle_references
from toggl_mcp.tools.time_entries._output import EntryRows, to_outputs
from toggl_mcp.tools.time_entries._times import write_midnight

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

NEEDED_REQUESTS = 2
SPLIT_ALREADY = "Both halves were there already; nothing was changed."


class TimeEntrySplit(WithChange):
    """The two entries that one became, the earlier one first."""

    entries: EntryRows
    warnings: list[str] | Absent = None


async def split_time_entry(args: SplitTimeEntry, call: CallContext) -> TimeEntrySplit:
    """Split a completed time entry into two adjoining ones. If one half fails, it is undone."""
    # A host that waits for less long than Toggl takes repeats a call whose first try goes on.
    async with call.toggl.creation_lock.hold():
        halves, warnings = await _split(args, call)
    outputs = await to_outputs(halves, call)
    return TimeEntrySplit(
        entries=[output for output, _ in outputs],
        warnings=[*warnings, *(text for _, texts in outputs for text in texts)] or None,
        quota=call.quota(),
    )


async def _split(args: SplitTimeEntry, call: CallContext) -> tuple[list[TimeEntry], list[str]]:
    """Return the two halves, and what to warn of; halves that the same call has made already are not made again."""
    ((entry,), _) = await load_entries([args.entry], call, require_recent=True)
    if entry.running:
        message = "entry: its timer is running. stop_timer takes a stop; then start_timer(start, like: last) goes on."
        raise InvalidArguments(message)
    later_half = args.second or LaterHalf()
    if args.entry == "last" and (first := await _find_earlier_half(args.at, later_half, entry, call)):
        return [first, entry], [SPLIT_ALREADY]
    at = await _parse_split(args.at, entry, call)
    prepared = await prepare_new_entry(later_half, entry, entry.workspace_id, call)
    seconds = round((entry.end_at(call.now) - at).total_seconds())
    body = prepared.body.model_copy(update={"start": at, "duration": seconds})
    second = await _find_later_half(later_half, body, entry, call)
    if not seconds:
        if second is None:
            raise await _outside_error(entry, call)
        return [entry, second], [SPLIT_ALREADY]
    await _check_quota(entry.workspace_id, call)
    # The later half comes first: if that fails, nothing has to be undone, and no time is lost if undoing fails.
    if second is None:
        async with settle_references(prepared, entry.workspace_id, call):
            second = await call.toggl.time_entries(entry.workspace_id).add(body)
    return [await _shorten(entry, at, second, call), second], []


async def _parse_split(text: str, entry: TimeEntry, call: CallContext) -> "datetime":
    """Return the time of a split: of those that a text may mean, the one that is within the entry, or else ends it.

    Raises:
        InvalidArguments: It is no time, not within the entry nor at its end, or so on several days.
    """
    calendar, end = await call.calendar(), entry.end_at(call.now)
    readings = await _list_readings(text, entry, call)
    first, second = (sorted(moment for moment in moments if entry.start < moment < end) for moments in readings)
    matches = first or second
    if len(matches) == 1:
        return matches[0]
    if matches:
        message = f"at: may be {' or '.join(calendar.to_local_text(moment) for moment in matches)}. Give the date, too."
        raise InvalidArguments(message)
    if any(end in moments for moments in readings):
        return end
    raise await _outside_error(entry, call)


async def _list_readings(text: str, entry: TimeEntry, call: CallContext) -> list[set["datetime"]]:
    """Return the times that a text may mean on the days of an entry: first by 24 hours, then by 12.

    Raises:
        InvalidArguments: It is no time.
    """
    calendar = await call.calendar()
    first_day, last_day = calendar.day_of(entry.start), calendar.day_of(entry.end_at(call.now))
    text = write_midnight(text)
    is_alone = is_time_of_day(text)
    days = [first_day, last_day] if is_alone else [first_day]
    with naming_argument("at"):
        return [
            {moment for day in days for moment in list_times(text, call.now, calendar, day, has_12_hours=has_12_hours)}
            for has_12_hours in (False, is_alone)
        ]


async def _outside_error(entry: TimeEntry, call: CallContext) -> InvalidArguments:
    """Return the error that a time is not within the entry."""
    calendar = await call.calendar()
    times = f"after {calendar.to_local_text(entry.start)} and before {calendar.to_local_text(entry.end_at(call.now))}"
    return InvalidArguments(f"at: must be within the entry, {times}.")


async def _find_earlier_half(text: str, later_half: LaterHalf, last: TimeEntry, call: CallContext) -> TimeEntry | None:
    """Return what the same call has left of an entry that was the last one before; None if it has split none."""
    at = last.start
    if not any(at in moments for moments in await _list_readings(text, last, call)):
        return None
    for item in (await call.toggl.time_entries(last.workspace_id).read()).collection.items.values():
        if item.workspace_id == last.workspace_id and not item.running and item.end_at(call.now) == at:
            prepared = await prepare_new_entry(later_half, item, item.workspace_id, call)
            body = prepared.body.model_copy(update={"start": at, "duration": last.duration})
            if is_same(last, to_draft(body, item.workspace_id)) and later_half.billable in (None, last.billable):
                return item
    return None


async def _find_later_half(
    later_half: LaterHalf, body: TimeEntryBody, entry: TimeEntry, call: CallContext
) -> TimeEntry | None:
    """Return the later half that the same call has created already; None if there is none.

    Of an entry that is shortened already nothing is left for it: then it has any duration.
    """
    draft = to_draft(body, entry.workspace_id)
    for item in (await call.toggl.time_entries(entry.workspace_id).read()).collection.items.values():
        half = draft if draft.duration else draft.model_copy(update={"duration": item.duration})
        if not item.running and is_same(item, half) and later_half.billable in (None, item.billable):
            return item
    return None


async def _check_quota(workspace_id: int, call: CallContext) -> None:
    """Check that the quota allows both changes.

    Raises:
        QuotaSpent: It does not.
    """
    bucket = await call.toggl.get_quota(workspace_id)
    if bucket is not None and bucket.remaining < NEEDED_REQUESTS:
        message = (
            f"A split needs {NEEDED_REQUESTS} requests, and {bucket.remaining} remain this hour. Nothing was changed."
        )
        raise QuotaSpent(message, bucket.resets_at - call.toggl.timestamp())


async def _shorten(entry: TimeEntry, at: "datetime", second: TimeEntry, call: CallContext) -> TimeEntry:
    """Let an entry stop where its later half begins; delete that half if this fails.

    Raises:
        TogglError: Toggl refused it, and nothing is changed.
        OutcomeUnknown: Both halves, or the whole and the later half, may be there; the message says what to do.
    """
    endpoint = call.toggl.time_entries(entry.workspace_id)
    body = TimeEntryBody(start=entry.start, stop=at, duration=round((at - entry.start).total_seconds()))
    stop = (await call.calendar()).to_local_text(at)
    shorten_hint = (
        f"the later half is entry {second.id}; edit_time_entries(ids: [{entry.id}], stop: {stop}) completes it."
    )
    try:
        first = await endpoint.edit(entry, body)
    except OutcomeUnknown as error:
        message = f"Whether entry {entry.id} was shortened is unknown; {shorten_hint}"
        raise OutcomeUnknown(message) from error
    except TogglError as error:
        failure = error
    else:
        if first is not None:
            return first
        failure = no_entries_error([entry.id])
    try:
        await endpoint.delete(second)
    except TogglError as error:
        message = f"Entry {entry.id} could not be shortened, nor the split undone: {shorten_hint}"
        raise OutcomeUnknown(message) from error
    failure.args = (f"{failure} The later half was deleted again, so that nothing is changed.",)
    raise failure


TOOLS = (ToolSpec(split_time_entry, DESTRUCTIVE),)
