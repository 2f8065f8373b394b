"""The tools about the timer."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from toggl_mcp.errors import InvalidArguments, NotFound
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimerStart
from toggl_mcp.tools.support.define import CHANGES, CREATES, READS, Offer
from toggl_mcp.tools.support.lookup import left
from toggl_mcp.tools.support.results import Costly, Known
from toggl_mcp.tools.time_entries._args import GetTimer, StartTimer, StopTimer
from toggl_mcp.tools.time_entries._input import noted, planned, time_of
from toggl_mcp.tools.time_entries._output import EntryAnswer, ShownEntry, shown
from toggl_mcp.tools.time_entries._overlap import leave_clear

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl

INSTANT = timedelta(seconds=1)
"""The least time that a timer runs."""


class Stopped(BaseModel):
    """An entry whose timer was stopped by another's start."""

    id: int
    description: str
    seconds: int
    unconfirmed: Annotated[bool, Field(description="As last known; Toggl could not be asked.")] | Absent = None


class TimerStarted(EntryAnswer):
    """The entry whose timer runs now."""

    stopped: Annotated[Stopped, Field(description="What ran until then.")] | Absent = None
    still_running_id: Annotated[int, Field(description="Stopping it failed; try stop_timer.")] | Absent = None


class Timer(Costly, Known):
    """The timer as it is known."""

    running: bool
    entry: ShownEntry | Absent = None


async def start_timer(new: StartTimer, toggl: "Toggl") -> TimerStarted:
    """Start a timer. One that runs already is stopped, and the answer says which."""
    workspace, calendar = await toggl.resolve_workspace(new.workspace_id), await toggl.calendar()
    plan = await planned(new, workspace, toggl)
    start = toggl.now_utc() if new.start is None else time_of("start", new.start, calendar)
    if start > toggl.now_utc():
        message = "start: is yet to come. Leave it out to start now."
        raise InvalidArguments(message)
    if not new.allow_overlap:
        running = await toggl.time_entries(workspace).current()
        but = running.id if running is not None and running.start <= start else None
        await leave_clear(start, max(start + INSTANT, toggl.now_utc()), calendar, toggl, but=but)
    body = plan.body.model_copy(update={"start": start})
    started = await noted(plan, workspace, toggl, toggl.time_entries(workspace).start(body))
    entry = await shown(started.entry, calendar, toggl)
    return TimerStarted(
        entry=entry,
        stopped=_stopped(started, toggl),
        still_running_id=started.still_running_id,
        quota=await left(toggl, workspace),
    )


async def stop_timer(_: StopTimer, toggl: "Toggl") -> EntryAnswer:
    """Stop the timer that runs, in whatever workspace."""
    tracker, calendar = await toggl.account_time_entries(), await toggl.calendar()
    entry = await tracker.stop_current()
    if entry is None:
        message = "No timer is running. start_timer starts one; create_time_entry logs what is done already."
        raise NotFound(message)
    return EntryAnswer(entry=await shown(entry, calendar, toggl), quota=await left(toggl, entry.workspace_id))


async def get_timer(asked: GetTimer, toggl: "Toggl") -> Timer:
    """Tell which timer runs, in whatever workspace, and for how long. Known to within two minutes."""
    reading = await toggl.entry_cache.read(refresh=asked.refresh)
    entry = next((entry for entry in reading.collection.items.values() if entry.running), None)
    return Timer(
        running=entry is not None,
        entry=None if entry is None else await shown(entry, await toggl.calendar(), toggl),
        quota=await left(toggl, None, reading.source),
        **Known.of(reading.source, reading.as_of, toggl.timestamp()),
    )


def _stopped(started: TimerStart, toggl: "Toggl") -> Stopped | None:
    entry = started.stopped_entry
    if entry is None:
        return None
    seconds = entry.count_seconds(toggl.now_utc())
    unconfirmed = None if started.is_confirmed else True
    return Stopped(id=entry.id, description=entry.description, seconds=seconds, unconfirmed=unconfirmed)


OFFERS = (
    Offer(start_timer, "Start timer", CREATES, StartTimer, TimerStarted),
    Offer(stop_timer, "Stop timer", CHANGES, StopTimer, EntryAnswer),
    Offer(get_timer, "Get timer", READS, GetTimer, Timer),
)
