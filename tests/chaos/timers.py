"""Starts and stops of timers, while a person starts and stops timers between any two of their requests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from tests.chaos import invariants
from tests.chaos.arena import Arena
from tests.chaos.operations import Process
from toggl_mcp.errors import TogglError
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody, TimerStart
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault


class TimerActor:
    """A person who starts, stops and restarts timers before and after Toggl handles a request.

    `stopped_ids` are the timers that requests have stopped, and `later_ids` those that the person started after Toggl
    had started the operation's timer, or had last responded to it before the operation stops one.
    """

    def __init__(self, arena: Arena) -> None:
        self.stopped_ids = set[int]()
        self.later_ids = set[int]()
        self._former_ids = set[int]()
        self._is_later = False
        self._is_start = False
        self._has_changed = False
        self._arena = arena
        self._state = arena.sandbox.state

    def begin(self, *, is_start: bool) -> None:
        """Begin the next operation."""
        self.stopped_ids.clear()
        self.later_ids.clear()
        self._former_ids = self.running_ids()  # Resumed at once they are the same timers to any reader.
        self._is_start, self._is_later, self._has_changed = is_start, False, False

    def __call__(self, call: Call) -> Fault:
        """Act before a request, and choose its fault, after which the person acts again."""
        self._act()
        running_ids = self.running_ids()
        fault = self._arena.faults(call) or Fault("slow")
        if fault.kind == "slow before":  # As any other: the person has acted before it.
            fault = Fault("slow")
        return replace(fault, until=partial(self._follow, call, running_ids, is_read=fault.kind == "slow"))

    async def _follow(self, call: Call, running_ids: set[int], *, is_read: bool) -> None:
        self.stopped_ids |= running_ids - self.running_ids()
        has_started = call.method == "POST" and bool(self.running_ids() - running_ids)
        self._is_later = self._is_later or has_started or (is_read and not self._is_start)
        self._has_changed = self._has_changed or call.method != "GET"
        if is_read and not self._is_start and not self._has_changed:
            # A read may take several responses: this one shows what runs. Resumed at once, that is the same timer.
            self.later_ids -= self.running_ids()
            self._former_ids |= self.running_ids()
        self._act()

    def running_ids(self) -> set[int]:
        """Return the ids of the timers that run at Toggl."""
        rows = self._arena.resource.rows(self._state)
        return {row["id"] for row in rows if row["duration"] < 0}

    def _act(self) -> None:
        chance, running_ids = self._arena.chance, self.running_ids()
        actions: dict[Callable[[], object] | None, int] = {None: 8, self._start: 3, self._restart: 1}
        actions |= {partial(self._state.stop_entry, key): 2 for key in running_ids}
        (action,) = chance.choices(list(actions), list(actions.values()))
        if action is not None:
            self._arena.clock.now += 3  # Within a second no reader can distinguish the person's stop from a start's.
            self._arena.person.perform(action)
            self._arena.clock.now += 3
        if self._is_later:
            self.later_ids |= self.running_ids() - running_ids

    def _start(self) -> None:
        workspace = self._arena.chance.choice([HARBOUR_STUDIO, NIGHT_SCHOOL])
        alone = self._arena.sandbox.behaviors.start_stops_others
        self._state.add_entry(workspace, self._state.now(), running=True, alone=alone, description="By hand")

    def _restart(self) -> None:
        rows = self._arena.resource.rows(self._state)
        key = self._arena.chance.choice([row["id"] for row in rows if row["id"] not in self._former_ids])
        self._state.edit_entry(key, stop=None, duration=-1)


@dataclass
class TimerRun:
    """A run of starts and stops, with its violations and the number of timers that the person started meanwhile."""

    arena: Arena
    violations: list[str] = field(default_factory=list[str])
    later_count: int = 0

    async def advance(self, steps: int) -> None:
        """Take so many steps."""
        actor = self.arena.sandbox.fault = TimerActor(self.arena)
        for number in range(steps):
            self.arena.clock.now += self.arena.chance.choice([1, 5, 30, 300])
            process = self.arena.chance.choice(self.arena.processes)
            is_start = self.arena.chance.random() < 0.6
            actor.begin(is_start=is_start)
            result = await self._perform(process, number, is_start=is_start)
            violations = [*self._check(result, actor), *await invariants.check_outdated(self.arena)]
            if not self.arena.sandbox.behaviors.start_stops_others:
                # Two timers may run then, and a stop that came before ours is confirmed by a read, whoever made it.
                allowed = (invariants.IMPOSSIBLE, invariants.NOT_STOPPED_BY_START)
                violations = [text for text in violations if text not in allowed]
            self.violations += [f"step {number}: {violation}" for violation in violations]
            self.later_count += len(actor.later_ids)

    async def _perform(self, process: Process, number: int, *, is_start: bool) -> TimerStart | TimeEntry | None:
        start = datetime.fromtimestamp(self.arena.local_clock(), UTC)
        try:
            if is_start:
                return await process.entries.start(TimeEntryBody(start=start, description=f"Timer {number}"))
            return await process.entries.stop_current()
        except TogglError:
            return None

    def _check(self, result: TimerStart | TimeEntry | None, actor: TimerActor) -> Iterator[str]:
        if actor.stopped_ids & actor.later_ids:
            yield invariants.LATER_TIMER_STOPPED
        match result:
            case TimerStart(_, TimeEntry(id=stopped_id), is_confirmed=True) if stopped_id not in actor.stopped_ids:
                yield invariants.NOT_STOPPED_BY_START
            case TimeEntry(running=True):
                yield invariants.NOT_AT_TOGGL
            case _:
                return
