"""Processes that stand still at any of their steps, as a laptop that sleeps, while others go on."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from math import inf
from pathlib import Path
from random import Random

import anyio

from tests.chaos.faults import TickingClock
from tests.chaos.kills import create_plan, run_process
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.endpoints.core.lease import LEASE_SECONDS
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import TogglError
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.time_entries._args import SplitTimeEntry
from toggl_mcp.tools.time_entries.split import split_time_entry

HOUR = 3600.0

PROCESSES = 3
ENTRIES = 4
SPLIT_SHARE = 0.3
"""How often an entry is split instead of several created."""
STANDSTILL_SHARE = 0.04
"""How often a process stands still at a step."""
MAX_STEPS = 80
"""Steps that other processes take while one stands still; a call takes about as many."""
CLOCK_CHANGES = (LEASE_SECONDS + 1, LEASE_SECONDS + 1, HOUR, -HOUR)
"""Seconds that pass for the clock while a process stands still; it may be set as well, but not a server's."""


class Standstills:
    """Which of several processes stand still, each until the others have taken some steps, or none of them goes on."""

    def __init__(self, chance: Random, clock: TickingClock, clock_changes: Sequence[float]) -> None:
        self.count = 0
        self.going = set["SteppingProcess"]()
        self._chance = chance
        self._clock = clock
        self._clock_changes = clock_changes
        self._steps = 0
        self._ends: dict[SteppingProcess, float] = {}

    @asynccontextmanager
    async def run(self) -> AsyncGenerator["SteppingProcess"]:
        """Yield a process that takes its steps in here, until it ends."""
        process = SteppingProcess(self)
        self.going.add(process)
        try:
            yield process
        finally:
            self.going.remove(process)
            self._end()

    def begin(self, process: "SteppingProcess") -> None:
        """Count a step, after which the process may stand still."""
        self._steps += 1
        if self._chance.random() < STANDSTILL_SHARE and len(self.going) > 1:
            self.count += 1
            self.going.remove(process)
            process.may_go_on = anyio.Event()
            self._ends[process] = self._steps + self._chance.randrange(MAX_STEPS)
            self._clock.now += self._chance.choice(self._clock_changes)
        self._end()

    def _end(self) -> None:
        """Let those go on whose time has come."""
        if self._ends and not self.going:
            self._ends[min(self._ends, key=self._ends.__getitem__)] = -inf
        for process in [process for process, end in self._ends.items() if end <= self._steps]:
            del self._ends[process]
            self.going.add(process)
            process.may_go_on.set()


class SteppingProcess:
    """A process of which nothing goes on while it stands still."""

    def __init__(self, standstills: Standstills) -> None:
        self.has_begun = False
        self.may_go_on = anyio.Event()
        self.may_go_on.set()
        self._standstills = standstills

    async def step(self) -> None:
        """Take a step, or stand still before it."""
        if self.may_go_on.is_set():
            self._standstills.begin(self)
        await self.may_go_on.wait()


async def split_in_two(toggl: Toggl, entry_id: int, at: str) -> object:
    """Split an entry; the later half is named `later`."""
    args = SplitTimeEntry.model_validate({"entry": f"{entry_id}", "at": at, "second": {"description": "later"}})
    return await split_time_entry(args, CallContext(toggl, "full", {}))


@dataclass
class StandstillRun:
    """A call and its repeats in several processes at once, which create entries, with what went wrong.

    They share a file in the folder, or the server at an address.
    """

    chance: Random
    folder: Path
    address: RedisAddress | None = None
    violations: list[str] = field(default_factory=list[str])
    standstill_count: int = 0
    rounds: int = 0

    async def advance(self, rounds: int) -> None:
        """Run so many rounds."""
        for _ in range(rounds):
            self.rounds += 1
            await self._round()

    async def _round(self) -> None:
        clock = TickingClock()
        sandbox, place = Sandbox(clock=clock), self._choose_place()
        sandbox.state.entries = {}
        changes = CLOCK_CHANGES if self.address is None else CLOCK_CHANGES[:1]
        (call, expected), standstills = self._choose_call(sandbox), Standstills(self.chance, clock, changes)

        async def run() -> None:
            async with standstills.run() as steps, run_process(sandbox, place, clock, steps) as process:
                try:
                    await call(process)
                except TogglError:
                    return

        async with anyio.create_task_group() as group:
            for _ in range(PROCESSES):
                group.start_soon(run)
        self.standstill_count += standstills.count
        clock.now += 2 * HOUR  # Later than any clock was, and with a quota that is not spent.
        async with run_process(sandbox, place, clock) as process:
            await call(process)
        descriptions = sorted(row["description"] for row in sandbox.state.entries.values())
        if descriptions != sorted(expected):
            self.violations.append(f"round {self.rounds}: {descriptions}")

    def _choose_place(self) -> Path | RedisAddress:
        if self.address is None:
            return self.folder / f"{self.rounds}.sqlite"
        return replace(self.address, prefix=f"{self.address.prefix}{self.rounds}:")

    def _choose_call(self, sandbox: Sandbox) -> tuple[Callable[[Toggl], Awaitable[object]], list[str]]:
        """Return what each process does, and the descriptions that all of them leave together."""
        times = [sandbox.state.now() - (30 - number) * HOUR for number in range(ENTRIES + 1)]
        starts = [datetime.fromtimestamp(time, UTC).isoformat() for time in times]
        if self.chance.random() < SPLIT_SHARE:
            row = sandbox.state.add_entry(HARBOUR_STUDIO, times[0], stop=times[-1], description="whole")
            return partial(split_in_two, entry_id=row["id"], at=starts[1]), ["whole", "later"]
        plan = [{"start": start, "duration": "1h", "description": start} for start in starts[:-1]]
        return partial(create_plan, entries=plan), starts[:-1]
