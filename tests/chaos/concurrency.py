"""Concurrent callers and the person on the same items, and cancelled callers."""

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
from tests.chaos.operations import Items, Operation, Outcome, Process, names, perform
from toggl_mcp.sandbox import Sandbox

CONTENDED_ITEMS = 3
"""Items that the callers of a contended run have for their targets."""
MAX_ROUND_SECONDS = 60
"""Seconds after which callers count as stuck."""

_cancel: ContextVar[Callable[[], object] | None] = ContextVar("cancel", default=None)


class CancellingProxy:
    """A proxy of Toggl that yields to other tasks, and cancels callers before and after an operation."""

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
        cancel = _cancel.get()
        if cancel is not None and self._chance.random() < 0.1:
            cancel()


@dataclass
class ConcurrentRun:
    """Rounds of concurrent operations; each item is one caller's or the person's, unless contended."""

    arena: Arena
    contended: bool = False
    violations: list[str] = field(default_factory=list[str])
    rounds: int = 0
    outcome_count: int = 0
    cancelled_count: int = 0
    _past_ids: set[int] = field(default_factory=set[int])

    async def advance(self, rounds: int, callers: int = 6) -> None:
        """Run so many rounds."""
        self.arena.faults.enabled = True
        for _ in range(rounds):
            self.rounds += 1
            self.arena.clock.now += self.arena.chance.choice([1, 5, 30, 60, 600])
            with anyio.fail_after(MAX_ROUND_SECONDS):
                await self._round(callers)
        self.arena.faults.enabled = False
        self.arena.clock.now += 60
        items = self.arena.at_toggl()
        for process in self.arena.processes:
            refresh = process is self.arena.processes[0]
            if await invariants.differs_from_toggl(self.arena.resource, process, items, refresh=refresh):
                self.violations.append(invariants.UNSETTLED)

    async def _round(self, callers: int) -> None:
        before = self.arena.at_toggl()
        operations = self._make_operations(callers, before)
        outcomes: list[Outcome] = []
        self.arena.faults.creations.clear()

        async def call(operation: Operation) -> None:
            outcomes.append(await perform(self.arena.chance.choice(self.arena.processes), operation))

        async with anyio.create_task_group() as tasks:
            for operation in operations:
                tasks.start_soon(call, operation)
            tasks.start_soon(self._act_as_person, before.keys() - {operation.target_id for operation in operations})
        self.outcome_count += len(outcomes)
        await self._check_round(outcomes, before)

    def _make_operations(self, callers: int, before: Items) -> list[Operation]:
        arena, resource = self.arena, self.arena.resource
        target_ids = (
            arena.chance.choices(list(before)[-CONTENDED_ITEMS:], k=callers)
            if self.contended
            else arena.chance.sample([*before], callers)
        )
        operations = [
            resource.operation(arena.chance, before, key, f"Thing {self.rounds}.{caller}", arena.local_clock())
            for caller, key in enumerate(target_ids)
        ]
        return [
            operation for operation in operations if self.contended or not resource.affects_others(operation, before)
        ]

    async def _act_as_person(self, ids: Collection[int]) -> None:
        for _ in range(self.arena.chance.randrange(4)):
            await self.arena.faults.pause()
            self.arena.person.act(None if self.contended else ids)

    async def _check_round(self, outcomes: list[Outcome], before: Items) -> None:
        created = names(self.arena.faults.creations, self.arena.resource.LABEL)
        requested = [outcome.operation.name for outcome in outcomes if outcome.is_creation]
        self.violations += [
            invariants.DUPLICATED for name in set(created) if created.count(name) > requested.count(name)
        ]
        for outcome in outcomes:
            self.violations += invariants.check_error_type(outcome)
            if not self.contended:
                await self._check_outcome(outcome, before)
        self.violations += await invariants.check_outdated(self.arena)
        if not self.contended:
            self.violations += invariants.check_restored(before, self.arena.at_toggl(), self._past_ids)
        self._past_ids |= before.keys()

    async def _check_outcome(self, outcome: Outcome, before: Items) -> None:
        """Check the outcome of an operation on an item that nobody else touched in this round."""
        resource, items, target_id = self.arena.resource, self.arena.at_toggl(), outcome.operation.target_id
        if outcome.is_confirmed and not self._returned_an_item_of_the_person(outcome):
            self.violations += [
                *invariants.check_confirmed(resource, outcome, items),
                *await invariants.check_caches(outcome, self.arena),
            ]
        if outcome.error is not None and not outcome.is_unknown and before.get(target_id) != items.get(target_id):
            self.violations.append(f"{invariants.CHANGED_AFTER_ALL}: {outcome.operation.verb}, {outcome.error!r}")

    def _returned_an_item_of_the_person(self, outcome: Outcome) -> bool:
        """Return whether a creation returned an item that the person made at the same time."""
        items = [item for item in outcome.confirmed_items.values() if item]
        process_fields = self.arena.resource.PROCESS_FIELDS.items()
        return outcome.is_creation and any(
            getattr(item, field) != value for item in items for field, value in process_fields
        )

    async def run_cancelled(self, rounds: int, *, by_asyncio: bool) -> None:
        """Run so many rounds in which callers are cancelled at any moment."""
        for _ in range(rounds):
            self.rounds += 1
            self.arena.clock.now += self.arena.chance.choice([1, 5, 30, 60, 600])
            self.arena.person.act()
            with anyio.fail_after(MAX_ROUND_SECONDS):
                async with anyio.create_task_group() as tasks:
                    for operation in self._make_operations(3, self.arena.at_toggl()):
                        tasks.start_soon(self._cancel_by_asyncio if by_asyncio else self._cancel_by_anyio, operation)
            for process in self.arena.processes:
                await self.arena.cached(process)
            self.violations += await invariants.check_outdated(self.arena)
            self.violations += await self._find_leftovers(lapsed=by_asyncio)

    async def _cancel_by_anyio(self, operation: Operation) -> None:
        with anyio.CancelScope() as scope:
            _cancel.set(scope.cancel)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._cancel_later, scope.cancel)
                self._record(await perform(self._process(), operation))
                tasks.cancel_scope.cancel()
        self.cancelled_count += scope.cancelled_caught

    async def _cancel_by_asyncio(self, operation: Operation) -> None:
        async def call() -> None:
            _cancel.set(task.cancel)
            self._record(await perform(self._process(), operation))

        task = asyncio.create_task(call())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_later, task.cancel)
            await asyncio.wait([task])
            tasks.cancel_scope.cancel()
        self.cancelled_count += task.cancelled()

    async def _cancel_later(self, cancel: Callable[[], object]) -> None:
        for _ in range(2 ** self.arena.chance.randrange(13)):  # A step in a file takes long.
            await checkpoint()
        cancel()

    def _record(self, outcome: Outcome) -> None:
        self.outcome_count += 1
        self.violations += invariants.check_error_type(outcome)

    def _process(self) -> Process:
        return self.arena.chance.choice(self.arena.processes)

    async def _find_leftovers(self, *, lapsed: bool) -> list[str]:
        """Return what cancelled callers have leaked: a lease, or an open transaction."""
        arena, violations = self.arena, list[str]()
        for store in arena.stores:
            await store.read(arena.key)  # Waits for what its threads still do.
        arena.clock.now += 15 if lapsed else 0
        until = await arena.stores[0].acquire_lease(arena.key, 1)
        if until is None:
            violations.append(invariants.LEASE_LEFT)
        else:
            await arena.stores[0].release_lease(arena.key, until)
        if arena.path is not None and await anyio.to_thread.run_sync(is_locked, arena.path):
            violations.append(invariants.TRANSACTION_LEFT)
        return violations


def is_locked(path: Path) -> bool:
    """Return whether a process holds a lock on the file."""
    db = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        db.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        db.close()
