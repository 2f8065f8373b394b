"""Many at once: what several callers and the person do at the same time, and callers that are cut off."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Collection
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio.lowlevel import checkpoint
from starlette.types import Receive, Scope, Send

from tests.chaos import invariants
from tests.chaos.arena import Arena
from tests.chaos.operations import Process, Question, Things, Told, ask, names
from toggl_mcp.sandbox import Sandbox

PATIENCE = 60
"""Seconds after which callers are taken for stuck."""

_cut_off: ContextVar[Callable[[], object] | None] = ContextVar("cut_off", default=None)


class Between:
    """Stands between the callers and Toggl: lets others go first, and cuts callers off before and after the deed."""

    def __init__(self, sandbox: Sandbox, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._chance = chance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._pause()
        await self._sandbox(scope, receive, send)
        await self._pause()

    async def _pause(self) -> None:
        for _ in range(self._chance.randrange(10)):
            await checkpoint()
        cut_off = _cut_off.get()
        if cut_off is not None and self._chance.random() < 0.1:
            cut_off()


@dataclass
class Crowd:
    """Rounds in which many things happen at once, each thing being one caller's or the person's, unless contended."""

    arena: Arena
    contended: bool = False
    violations: list[str] = field(default_factory=list[str])
    rounds: int = 0
    told: int = 0
    cut: int = 0
    _ever: set[int] = field(default_factory=set[int])

    async def go(self, rounds: int, callers: int = 6) -> None:
        """Go through so many rounds."""
        self.arena.trouble.on = True
        for _ in range(rounds):
            self.rounds += 1
            self.arena.clock.now += self.arena.chance.choice([1, 5, 30, 60, 600])
            with anyio.fail_after(PATIENCE):
                await self._round(callers)
        self.arena.trouble.on = False
        self.arena.clock.now += 60
        there = self.arena.at_toggl()
        for process in self.arena.processes:
            refresh = process is self.arena.processes[0]
            if await invariants.unlike(self.arena.resource, process, there, refresh=refresh):
                self.violations.append(invariants.UNSETTLED)

    async def _round(self, callers: int) -> None:
        before = self.arena.at_toggl()
        questions = self._questions(callers, before)
        told: list[Told] = []
        self.arena.trouble.creations.clear()

        async def call(asked: Question) -> None:
            told.append(await ask(self.arena.chance.choice(self.arena.processes), asked))

        async with anyio.create_task_group() as tasks:
            for asked in questions:
                tasks.start_soon(call, asked)
            tasks.start_soon(self._person, before.keys() - {asked.about for asked in questions})
        self.told += len(told)
        await self._judge(told, before)

    def _questions(self, callers: int, before: Things) -> list[Question]:
        arena, resource = self.arena, self.arena.resource
        about = (
            arena.chance.choices(list(before), k=callers) if self.contended else arena.chance.sample([*before], callers)
        )
        asked = [
            resource.question(arena.chance, before, key, f"Thing {self.rounds}.{caller}", arena.clock())
            for caller, key in enumerate(about)
        ]
        return [one for one in asked if self.contended or not resource.meddles(one, before)]

    async def _person(self, others: Collection[int]) -> None:
        for _ in range(self.arena.chance.randrange(4)):
            await self.arena.trouble.pause()
            self.arena.person.act(None if self.contended else others)

    async def _judge(self, told: list[Told], before: Things) -> None:
        created = names(self.arena.trouble.creations, self.arena.resource.LABEL)
        asked = [one.question.name for one in told if one.created]
        self.violations += [invariants.TWICE for name in set(created) if created.count(name) > asked.count(name)]
        for one in told:
            self.violations += invariants.misnamed(one)
            if not self.contended:
                await self._judge_alone(one, before)
        self.violations += await invariants.outdated(self.arena)
        if not self.contended:
            self.violations += invariants.revived(before, self.arena.at_toggl(), self._ever)
        self._ever |= before.keys()

    async def _judge_alone(self, told: Told, before: Things) -> None:
        """Hold an answer to what must hold of a thing that was nobody else's in this round."""
        resource, there, about = self.arena.resource, self.arena.at_toggl(), told.question.about
        if told.confirmed and not self._answered_with_somebody_elses(told):
            self.violations += [*invariants.untrue(resource, told, there), *await invariants.unseen(told, self.arena)]
        if told.error is not None and not told.unknown and before.get(about) != there.get(about):
            self.violations.append(f"{invariants.NOT_NOTHING}: {told.question.verb}, {told.error!r}")

    def _answered_with_somebody_elses(self, told: Told) -> bool:
        """Tell whether a creation was answered with what the person made at the same time."""
        things, ours = [thing for thing in told.said.values() if thing], self.arena.resource.OURS.items()
        return told.created and any(getattr(thing, field) != value for thing in things for field, value in ours)

    async def cut_off(self, rounds: int, *, by_asyncio: bool) -> None:
        """Go through so many rounds in which callers are cut off at any moment."""
        for _ in range(rounds):
            self.rounds += 1
            self.arena.clock.now += self.arena.chance.choice([1, 5, 30, 60, 600])
            self.arena.person.act()
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group() as tasks:
                    for asked in self._questions(3, self.arena.at_toggl()):
                        tasks.start_soon(self._cut_by_asyncio if by_asyncio else self._cut_by_anyio, asked)
            for process in self.arena.processes:
                await self.arena.cached(process)
            self.violations += await invariants.outdated(self.arena)
            self.violations += await self._left_over(lapsed=by_asyncio)

    async def _cut_by_anyio(self, asked: Question) -> None:
        with anyio.CancelScope() as scope:
            _cut_off.set(scope.cancel)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._later, scope.cancel)
                self._note(await ask(self._process(), asked))
                tasks.cancel_scope.cancel()
        self.cut += scope.cancelled_caught

    async def _cut_by_asyncio(self, asked: Question) -> None:
        async def call() -> None:
            _cut_off.set(task.cancel)
            self._note(await ask(self._process(), asked))

        task = asyncio.create_task(call())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._later, task.cancel)
            await asyncio.wait([task])
            tasks.cancel_scope.cancel()
        self.cut += task.cancelled()

    async def _later(self, cut_off: Callable[[], object]) -> None:
        for _ in range(2 ** self.arena.chance.randrange(13)):  # A step in a file takes long.
            await checkpoint()
        cut_off()

    def _note(self, told: Told) -> None:
        self.told += 1
        self.violations += invariants.misnamed(told)

    def _process(self) -> Process:
        return self.arena.chance.choice(self.arena.processes)

    async def _left_over(self, *, lapsed: bool) -> list[str]:
        """Return what callers that were cut off have left behind: a claim, or an open transaction."""
        arena, found = self.arena, list[str]()
        for store in arena.stores:
            await store.read(arena.key)  # Waits for what its threads still do.
        arena.clock.now += 15 if lapsed else 0
        until = await arena.stores[0].acquire_lease(arena.key, 1)
        if until is None:
            found.append(invariants.CLAIMED)
        else:
            await arena.stores[0].release_lease(arena.key, until)
        if arena.path is not None and await anyio.to_thread.run_sync(locked, arena.path):
            found.append(invariants.OPEN)
        return found


def locked(path: Path) -> bool:
    """Tell whether somebody holds the file."""
    db = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        db.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        db.close()
