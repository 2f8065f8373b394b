"""The tools that start, stop and get the timer."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toggl_mcp.errors import InvalidArguments, NotFound, QuotaSpent, RateLimited, Unreachable
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import DateRange
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody, TimerStart
from toggl_mcp.models.time_grammar import describe_now, is_relative
from toggl_mcp.models.totals import slice_by_day
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.results import Freshness, OutputModel, WithQuota, list_unreadable
from toggl_mcp.tools.support.silence import describe_silence, find_last_end
from toggl_mcp.tools.time_entries._args import GetTimer, StartTimer, StopTimer
from toggl_mcp.tools.time_entries._bulk import load_entries
from toggl_mcp.tools.time_entries._draft import is_same, to_draft
from toggl_mcp.tools.time_entries._input import PreparedEntry, prepare_new_entry, settle_references
from toggl_mcp.tools.time_entries._output import TimeEntryOut, TimeEntryResult, to_output
from toggl_mcp.tools.time_entries._overlap import describe_entries, reject_overlaps
from toggl_mcp.tools.time_entries._refs import choose_workspace, describe_missing, find_by_ref, load_like
from toggl_mcp.tools.time_entries._times import check_duration, parse_stop_of_timer, parse_time_argument

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

DISCARDED = "The entry is deleted. undo brings it back."
MIN_RUN = timedelta(seconds=1)
"""The shortest time that a timer is taken to run."""
MAX_REPEAT = timedelta(minutes=2)
"""How much later the repeat of a call begins at most: hosts wait for an answer for a minute or two."""


class StoppedTimer(OutputModel):
    """An entry whose timer was stopped by the start of another."""

    id: int
    description: str
    seconds: int
    unconfirmed: Annotated[bool, Field(description="Toggl could not be read.")] | Absent = None


class TimerStarted(TimeEntryResult):
    """The entry of the started timer."""

    stopped_entry: StoppedTimer | Absent = None
    still_running_id: Annotated[int, Field(description="Stopping it failed; call stop_timer.")] | Absent = None


class Timer(WithQuota, Freshness):
    """The running timer, if there is one."""

    now: str
    today_seconds: Annotated[int, Field(description="The running timer included.")]
    running: bool
    entry: TimeEntryOut | Absent = None
    warnings: list[str] | Absent = None


async def start_timer(args: StartTimer, call: CallContext) -> TimerStarted:
    """Start a timer. It stops the running timer, which stopped_entry names."""
    # A host that waits for less long than Toggl takes repeats a call whose first try goes on.
    async with call.toggl.creation_lock.hold():
        result, warnings = await _start(args, call)
    entry, entry_warnings = await to_output(result.entry, call)
    return TimerStarted(
        entry=entry,
        warnings=[*warnings, *(entry_warnings or ())] or None,
        stopped_entry=_to_stopped(result, call),
        still_running_id=result.still_running_id,
        quota=call.quota(),
    )


async def _start(args: StartTimer, call: CallContext) -> tuple[TimerStart, list[str]]:
    """Return the timer that was started, or runs already, and what to warn of."""
    like, calendar = await load_like(args.like, call), await call.calendar()
    start = call.now
    if args.start is not None:
        start = parse_time_argument("start", args.start, call.now, calendar, is_past=True)
    workspace, prepared = await _prepare(args, start, like, call)
    if start > call.now:
        message = "start: is in the future. Omit it to start now."
        raise InvalidArguments(message)
    running = await _find_started(args, start, prepared.body, workspace, call)
    if running is not None:
        warning = await _confirm_running(running, call)
        if warning is not None:
            return TimerStart(running, None), [warning]
    if not args.allow_overlap:
        running = await call.toggl.time_entries(workspace).current()
        exclude_id = running.id if running is not None and running.start <= start else None
        await reject_overlaps(start, max(start + MIN_RUN, call.now), calendar, call, exclude_id=exclude_id)
    async with settle_references(prepared, workspace, call):
        return await call.toggl.time_entries(workspace).start(prepared.body), []


async def _prepare(
    args: StartTimer, start: "datetime", like: TimeEntry | None, call: CallContext
) -> tuple[int, PreparedEntry]:
    """Return the workspace of a new timer, and what is sent to start it."""
    workspace = await choose_workspace(args.workspace, like, call)
    prepared = await prepare_new_entry(args, like, workspace, call)
    return workspace, prepared._replace(body=prepared.body.model_copy(update={"start": start}))


async def _find_started(
    args: StartTimer, start: "datetime", body: TimeEntryBody, workspace_id: int, call: CallContext
) -> TimeEntry | None:
    """Return the running timer, as the cache has it, if the same call has started it."""
    collection, bodies = (await call.toggl.time_entries(workspace_id).read()).collection, [body]
    running = find_by_ref("running", collection, call.now)
    max_delay = MAX_REPEAT if args.start is None or is_relative(args.start) else timedelta()
    if running is None or abs(running.start - start) > max_delay or args.billable not in (None, running.billable):
        return None
    if args.like == "last":
        # The entry of the timer that the same call has stopped is the last one by now.
        former = find_by_ref("last", collection, running.start - MIN_RUN)
        if former is not None and former.workspace_id == workspace_id:
            bodies.append((await _prepare(args, start, former, call))[1].body)
    return running if any(_is_timer_of(running, item, workspace_id) for item in bodies) else None


async def _confirm_running(entry: TimeEntry, call: CallContext) -> str | None:
    """Return what to warn of where a timer runs already; None if it was stopped or edited elsewhere."""
    try:
        current = await call.toggl.time_entries(entry.workspace_id).reserved.current(refresh=True)
    except (QuotaSpent, RateLimited, Unreachable):
        return "This timer ran already when Toggl was last read; nothing was changed."
    is_unchanged = current is not None and current.id == entry.id and not entry.find_differences(current)
    return "This timer was running already; nothing was changed." if is_unchanged else None


def _is_timer_of(entry: TimeEntry, body: TimeEntryBody, workspace_id: int) -> bool:
    """Return whether a request has started this timer, whenever that was."""
    draft = to_draft(body, workspace_id).model_copy(update={"start": entry.start, "duration": entry.duration})
    return is_same(entry, draft)


async def stop_timer(args: StopTimer, call: CallContext) -> TimeEntryResult:
    """Stop the running timer, in any workspace, now or at an earlier time; or discard it, which deletes its entry."""
    if args.discard or args.stop is not None:
        ((running,), _) = await load_entries(["running"], call)
        entry = await (_discard(running, call) if args.stop is None else _stop_at(running, args.stop, call))
    else:
        entry = await _stop(call)
    output, warnings = await to_output(entry, call)
    if args.discard:
        warnings = [DISCARDED]
    return TimeEntryResult(entry=output, warnings=warnings, quota=call.quota())


async def _stop(call: CallContext) -> TimeEntry:
    """Stop the running timer now.

    Raises:
        NotFound: None runs.
    """
    entries = await call.toggl.open_time_entries()
    entry = await entries.stop_current()
    if entry is None:
        hint = list_unreadable(len((await entries.read()).collection.unreadable_ids), "time entries")
        message = "No timer is running. start_timer starts one; create_time_entries adds completed time."
        raise NotFound(" ".join([message, *hint]))
    return entry


async def _stop_at(entry: TimeEntry, text: str, call: CallContext) -> TimeEntry:
    """Stop a running timer at a time that is over.

    Raises:
        InvalidArguments: The time is before the start, or in the future.
        NotFound: Toggl does not have the entry any more.
    """
    stop = parse_stop_of_timer(text, entry.start, call.now, await call.calendar())
    if not entry.start <= stop <= call.now:
        start, now = map((await call.calendar()).to_local_text, (entry.start, call.now))
        message = f"stop: must be between the timer's start, {start}, and now, {now}."
        raise InvalidArguments(message)
    check_duration(entry.start, stop, await call.calendar())
    seconds = round((stop - entry.start).total_seconds())
    body = TimeEntryBody(start=entry.start, stop=stop, duration=seconds)
    edited_entry = await call.toggl.time_entries(entry.workspace_id).edit(entry, body)
    if edited_entry is None:
        raise NotFound(describe_missing("running"))
    return edited_entry


async def _discard(entry: TimeEntry, call: CallContext) -> TimeEntry:
    """Delete a running timer's entry; return it as it was."""
    await call.toggl.time_entries(entry.workspace_id).delete(entry)
    return entry


async def _discard_question(args: StopTimer, call: CallContext) -> str | None:
    if not args.discard:
        return None
    ((entry,), _) = await load_entries(["running"], call)
    (description,) = await describe_entries([entry], call)
    return f"Delete {description}, whose timer is running?"


async def get_timer(args: GetTimer, call: CallContext) -> Timer:
    """Get the time now, the running timer and today's total, over all workspaces.

    Changes made elsewhere show within two minutes.
    """
    calendar = await call.calendar()
    read = await call.toggl.entry_cache.read(refresh=args.refresh)
    entries = read.collection.items.values()
    entry = next((entry for entry in entries if entry.running), None)
    past = [
        entry if entry.running or entry.end_at(call.now) <= call.now else entry.stop_at(call.now) for entry in entries
    ]
    today = calendar.day_of(call.now)
    output, warnings = (None, None) if entry is None else await to_output(entry, call)
    silence = describe_silence(find_last_end(entries, call.now), call.now, calendar)
    unreadable = list_unreadable(len(read.collection.unreadable_ids), "time entries")
    return Timer.of(
        read,
        call.toggl.timestamp(),
        call.record,
        now=describe_now(call.now, calendar),
        today_seconds=sum(part.seconds for part in slice_by_day(past, DateRange(calendar, today, today), call.now)),
        running=entry is not None,
        entry=output,
        warnings=[*(warnings or ()), *unreadable, *([silence] if silence else ())] or None,
        quota=call.quota(),
    )


def _to_stopped(result: TimerStart, call: CallContext) -> StoppedTimer | None:
    entry = result.stopped_entry
    if entry is None:
        return None
    seconds = entry.count_seconds(call.now)
    unconfirmed = None if result.is_confirmed else True
    return StoppedTimer(id=entry.id, description=entry.description, seconds=seconds, unconfirmed=unconfirmed)


TOOLS = (
    ToolSpec(start_timer, ADDITIVE),
    ToolSpec(stop_timer, DESTRUCTIVE, confirm=_discard_question),
    ToolSpec(get_timer, READ_ONLY),
)
