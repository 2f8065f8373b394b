"""One step after another: a process does something, or the person does, and then what must hold is looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos import judging
from tests.chaos.arena import Arena
from tests.chaos.asking import Question, Told, ask, names, question
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.client import Client

UNKNOWN_AT_MOST = 0.15
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

    async def go(self, steps: int) -> None:
        """Take so many steps."""
        for number in range(self.steps, self.steps + steps):
            before = len(self.violations)
            await self._step(number)
            if number % 100 == 99 or number == self.steps + steps - 1:
                await self._settle()
            self.violations[before:] = [f"step {number}: {said}" for said in self.violations[before:]]
        self.steps += steps
        if self.created >= ENOUGH and self.doubted > UNKNOWN_AT_MOST * self.created:
            self.violations.append(f"{judging.OFTEN}: {self.doubted} of {self.created}")

    async def _step(self, number: int) -> None:
        arena = self.arena
        arena.clock.now += 4000 if arena.chance.random() < 0.02 else arena.chance.choice([1, 5, 30, 60])
        if arena.chance.random() < 0.2:
            arena.person.act()
            return
        asked = self._question(number)
        before, known = arena.everything(), await self._known()
        names_before = {client.name for client in arena.at_toggl().values()}
        arena.trouble.creations.clear()
        arena.trouble.requests.clear()
        told = await ask(arena.chance.choice(arena.processes), asked)
        self._count(told)
        self._judge(told, before, known)
        new = asked.name in {client.name for client in arena.at_toggl().values()} - names_before
        self._found(judging.undecided(told, arena.trouble.requests, new=new))
        await self._look(told)

    def _question(self, number: int) -> Question:
        there = list(self.arena.at_toggl().values())
        gone = self.arena.chance.random() < 0.1
        client_id = 64_890_000 + number if gone else self.arena.chance.choice(there).id
        return question(self.arena.chance, there, client_id, f"Client {number}")

    async def _known(self) -> set[int]:
        """Return the ids of which some cache knows, however long ago Toggl was asked, and that are at Toggl."""
        snapshot = await self.arena.stores[0].read(self.arena.key)
        return self.arena.at_toggl().keys() & (snapshot.rows if snapshot else ())

    def _count(self, told: Told) -> None:
        self.created += told.question.verb == "add"
        self.doubted += told.question.verb == "add" and told.unknown
        self.unknown += told.unknown

    def _judge(self, told: Told, before: object, known: set[int]) -> None:
        there = self.arena.at_toggl()
        self._found(judging.misnamed(told))
        self._found(judging.misread(told, there, self.arena.clock()))
        if len(names(self.arena.trouble.creations)) > 1:
            self._found([judging.TWICE])
        if told.error is not None and not told.unknown and self.arena.everything() != before:
            self._found([f"{judging.NOT_NOTHING}: {told.question.verb}, {told.error!r}"])
        if told.confirmed:
            self._found(judging.untrue(told, there))
            if told.question.verb == "add" and isinstance(told.answer, Client) and told.answer.id in known:
                self._found([judging.OLD])

    async def _look(self, told: Told) -> None:
        if told.confirmed:
            self._found(await judging.unseen(told, self.arena))
        self._found(await judging.outdated(self.arena))
        if told.unknown:
            await self._undisturbed(judging.DOUBTFUL)

    async def _settle(self) -> None:
        await self._undisturbed(judging.UNSETTLED, refresh=self.arena.chance.choice(self.arena.processes))
        await self._undisturbed(judging.UNSETTLED)

    async def _undisturbed(self, violation: str, refresh: AsyncClientEndpoint | None = None) -> None:
        """Let every process read, one of them asking Toggl in any case."""
        self.arena.trouble.on = False
        self.arena.clock.now += 10  # By then a quota that was said to be spent is not.
        processes = [refresh] if refresh else self.arena.chance.sample(self.arena.processes, k=2)
        there = self.arena.at_toggl()
        for process in processes:
            if await judging.differing(process, there, refresh=refresh is not None):
                self._found([violation])
        self.arena.trouble.on = True

    def _found(self, violations: Iterable[str]) -> None:
        self.violations.extend(violations)
