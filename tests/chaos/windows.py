"""Reads of more entries than Toggl lists in a response, interrupted by faults, while a person changes some of them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from tests.chaos import invariants
from tests.chaos.arena import Arena
from tests.chaos.entries import Entries
from tests.chaos.operations import Process
from toggl_mcp.errors import TogglError
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault, Sandbox
from toggl_mcp.sandbox.state import State

LONG_COUNT = 2200
"""Entries that Toggl lists in three responses."""
HALF_HOUR = 1800
MANY_COUNT = 1100
"""Entries that are edited at once: more than Toggl lists in a response."""
FAULT_SHARE = 0.5
MAX_TRIES = 40
"""Reads of a round, of which one is without a fault by then."""


class LongEntries(Entries):
    """The time entries of an owner who has many, three of which begin at a time."""

    def prepare(self, sandbox: Sandbox) -> None:
        """Add many entries, up to three days ago."""
        super().prepare(sandbox)
        end = sandbox.state.now() - 3 * 86_400
        for number in range(LONG_COUNT):
            start = end - number // 3 * HALF_HOUR
            sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + HALF_HOUR, description=f"Former {number}")

    def act(self, state: State, chance: Random, ids: Collection[int] | None, new_name: str) -> None:
        """Make a change as a person, however many entries there are."""
        rows = [row for row in self.rows(state) if ids is None or row["id"] in ids]
        match chance.choices(["touch", "move", "edit many"], [20, 20, 1])[0]:
            case "move":
                start = state.now() - chance.randrange(4, 18) * 86_400
                state.edit_entry(chance.choice(rows)["id"], start=start, stop=start + HALF_HOUR)
            case "edit many":
                for row in chance.sample(rows, k=MANY_COUNT):
                    state.edit_entry(row["id"], description=new_name)
            case _:
                self.touch(state, chance, [row["id"] for row in rows], new_name)


LONG_ENTRIES = LongEntries()


@dataclass
class WindowRun:
    """A run with its violations, and the number of reads that went on where one before them had failed."""

    arena: Arena
    violations: list[str] = field(default_factory=list[str])
    continued_count: int = 0

    async def advance(self, rounds: int) -> None:
        """Let a process that has no entries cached read them, so many times."""
        arena = self.arena
        arena.sandbox.fault = self._choose_fault
        arena.faults.share = FAULT_SHARE
        for number in range(rounds):
            process = arena.chance.choice(arena.processes)
            await process.entries.invalidate()
            ids_before = arena.at_toggl().keys()
            await self._read_until_complete(process)
            ids = (await arena.cached(process) or {}).keys()
            violations = await invariants.check_outdated(arena)
            violations += [invariants.MISSING] if ids_before & arena.at_toggl().keys() - ids else []
            arena.faults.enabled = False
            arena.clock.now += 60
            if await invariants.differs_from_toggl(arena.resource, process, arena.at_toggl(), refresh=True):
                violations.append(invariants.UNSETTLED)
            arena.faults.enabled = True
            self.violations += [f"round {number}: {violation}" for violation in violations]

    def _choose_fault(self, call: Call) -> Fault | None:
        """Let the person act before a request, and choose its fault."""
        if self.arena.faults.enabled and self.arena.chance.random() < FAULT_SHARE:
            self.arena.person.act()
            self.arena.clock.now += 1
        return self.arena.faults(call)

    async def _read_until_complete(self, process: Process) -> None:
        arena, is_kept = self.arena, False
        for number in range(MAX_TRIES):
            arena.faults.enabled = number < MAX_TRIES - 1
            try:
                await process.entries.read()
            except TogglError as error:
                is_kept = "are read and kept" in str(error)
            else:
                self.continued_count += is_kept
                return
            arena.clock.now += arena.chance.choice([1, 60, 4000])
            if arena.chance.random() < FAULT_SHARE / 2:
                await self._edit(arena.chance.choice(arena.processes))

    async def _edit(self, process: Process) -> None:
        """Change an entry from here, if its requests get through."""
        entry_id = self.arena.chance.choice(list(self.arena.at_toggl()))
        try:
            await process.entries.edit(entry_id, TimeEntryBody(description="From here"))
        except TogglError:
            return
