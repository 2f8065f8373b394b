"""One step after another: a process does something, or the person does, and then what must hold is looked at."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from math import inf, sqrt

from tests.chaos import invariants
from tests.chaos.arena import Arena
from tests.chaos.operations import Process, Question, Things, Told, ask

UNKNOWN_AT_MOST = 0.15
"""As a share of the creations."""
ENOUGH = 50
"""Creations from which a share is worth looking at."""


@dataclass
class Run:
    """A run, and what it found: violations, and how many creations there were and are in doubt."""

    arena: Arena
    violations: list[str] = field(default_factory=list[str])
    steps: int = 0
    created: int = 0
    doubted: int = 0
    unknown: int = 0
    _ever: set[int] = field(default_factory=set[int])

    async def go(self, steps: int) -> None:
        """Take so many steps."""
        for number in range(self.steps, self.steps + steps):
            before = len(self.violations)
            await self._step(number)
            if number % 100 == 99 or number == self.steps + steps - 1:
                await self._settle()
            self.violations[before:] = [f"step {number}: {said}" for said in self.violations[before:]]
        self.steps += steps
        by_chance = sqrt(self.created) if self.created >= ENOUGH else inf
        if self.doubted > UNKNOWN_AT_MOST * self.created + by_chance:
            self.violations.append(f"{invariants.OFTEN}: {self.doubted} of {self.created}")

    async def _step(self, number: int) -> None:
        arena = self.arena
        arena.clock.now += 4000 if arena.chance.random() < 0.02 else arena.chance.choice([1, 5, 30, 60])
        if arena.chance.random() < 0.2:
            arena.person.act()
            return
        asked, process = self._question(number), arena.chance.choice(arena.processes)
        before, known, there = arena.everything(), await self._known(), arena.at_toggl()
        arena.trouble.creations.clear()
        arena.trouble.requests.clear()
        told = await ask(process, asked)
        self._count(told)
        self._judge(told, before, known)
        self._found(invariants.undecided(told, arena.trouble.requests, new=self._new(asked, known, there)))
        self._found(invariants.revived(there, arena.at_toggl(), self._ever))
        self._found(await invariants.unexpected(told, arena, process))
        await self._look(told)

    def _question(self, number: int) -> Question:
        arena, there = self.arena, self.arena.at_toggl()
        self._ever |= there.keys()
        about = 64_890_000 + number if arena.chance.random() < 0.1 else arena.chance.choice(list(there))
        return arena.resource.question(arena.chance, there, about, f"Thing {number}", arena.clock())

    def _new(self, asked: Question, known: Collection[int], before: Things) -> bool:
        """Tell whether there is one thing of the name that no cache knew, and it was not there before."""
        label, there = self.arena.resource.label, self.arena.at_toggl()
        found = {key for key, thing in there.items() if label(thing) == asked.name and key not in known}
        return len(found) == 1 and not found & before.keys()

    async def _known(self) -> set[int]:
        """Return the ids of which some cache knows, however long ago Toggl was asked, and that are at Toggl."""
        snapshot = await self.arena.stores[0].read(self.arena.key)
        return self.arena.at_toggl().keys() & (snapshot.rows if snapshot else ())

    def _count(self, told: Told) -> None:
        self.created += told.created
        self.doubted += told.created and told.unknown
        self.unknown += told.unknown

    def _judge(self, told: Told, before: object, known: set[int]) -> None:
        resource, there = self.arena.resource, self.arena.at_toggl()
        self._found(invariants.misnamed(told))
        self._found(invariants.misread(resource, told, there, self.arena.clock()))
        if len(self.arena.trouble.creations) > 1:
            self._found([invariants.TWICE])
        if told.error is not None and not told.unknown and self.arena.everything() != before:
            self._found([f"{invariants.NOT_NOTHING}: {told.question.verb}, {told.error!r}"])
        if told.confirmed:
            self._found(invariants.untrue(resource, told, there))
            if told.created and told.said.keys() & known:
                self._found([invariants.OLD])

    async def _look(self, told: Told) -> None:
        if told.confirmed:
            self._found(await invariants.unseen(told, self.arena))
        self._found(await invariants.outdated(self.arena))
        if told.unknown:
            await self._undisturbed(invariants.DOUBTFUL)

    async def _settle(self) -> None:
        await self._undisturbed(invariants.UNSETTLED, refresh=self.arena.chance.choice(self.arena.processes))
        await self._undisturbed(invariants.UNSETTLED)

    async def _undisturbed(self, violation: str, refresh: Process | None = None) -> None:
        """Let every process read, one of them asking Toggl in any case."""
        self.arena.trouble.on = False
        self.arena.clock.now += 10  # By then a quota that was said to be spent is not.
        processes = [refresh] if refresh else self.arena.chance.sample(self.arena.processes, k=2)
        there = self.arena.at_toggl()
        for process in processes:
            if await invariants.unlike(self.arena.resource, process, there, refresh=refresh is not None):
                self._found([violation])
        self.arena.trouble.on = True

    def _found(self, violations: Iterable[str]) -> None:
        self.violations.extend(violations)
