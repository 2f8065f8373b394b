"""One operation of a process or the person at a time, with the invariants checked after each."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from math import inf, sqrt

from tests.chaos import invariants
from tests.chaos.arena import Arena
from tests.chaos.operations import Items, Operation, Outcome, Process, perform
from toggl_mcp.errors import QuotaSpent

MAX_UNKNOWN_SHARE = 0.15
"""The largest share of creations of unknown outcome."""
MIN_CREATIONS = 50
"""The fewest creations of which a share is meaningful."""


@dataclass
class StepRun:
    """A run with its violations, and the number of creations and of those of unknown outcome."""

    arena: Arena
    violations: list[str] = field(default_factory=list[str])
    steps: int = 0
    creations: int = 0
    unknown_creations: int = 0
    unknown_changes: int = 0
    _past_ids: set[int] = field(default_factory=set[int])

    async def advance(self, steps: int) -> None:
        """Run so many steps."""
        for number in range(self.steps, self.steps + steps):
            before = len(self.violations)
            await self._step(number)
            if number % 100 == 99 or number == self.steps + steps - 1:
                await self._settle()
            self.violations[before:] = [f"step {number}: {violation}" for violation in self.violations[before:]]
        self.steps += steps
        margin = sqrt(self.creations) if self.creations >= MIN_CREATIONS else inf
        if self.unknown_creations > MAX_UNKNOWN_SHARE * self.creations + margin:
            self.violations.append(f"{invariants.TOO_MANY_UNKNOWN}: {self.unknown_creations} of {self.creations}")

    async def _step(self, number: int) -> None:
        arena = self.arena
        arena.clock.now += 4000 if arena.chance.random() < 0.02 else arena.chance.choice([1, 5, 30, 60])
        for clock in arena.local_clocks:
            clock.set(arena.chance)
        if arena.chance.random() < 0.2:
            arena.person.act()
            return
        operation, process = self._make_operation(number), arena.chance.choice(arena.processes)
        before, cached_ids, items = arena.dump_state(), await self._cached_ids(), arena.at_toggl()
        arena.faults.creations.clear()
        arena.faults.requests.clear()
        outcome = await self._perform(process, operation)
        self._count(outcome)
        store = arena.stores[arena.processes.index(process)]
        self._add_violations(invariants.check_read(arena.resource, outcome, arena.at_toggl(), store.clock()))
        self._check_outcome(outcome, before, cached_ids)
        self._add_violations(
            invariants.check_unknown_creation(
                outcome, arena.faults.requests, is_present=self._has_one_new_item(operation, cached_ids, items)
            )
        )
        self._add_violations(invariants.check_restored(items, arena.at_toggl(), self._past_ids))
        self._add_violations(await invariants.check_expected_items(outcome, arena, process))
        await self._check_caches(outcome)

    async def _perform(self, process: Process, operation: Operation) -> Outcome:
        return await perform(process, operation)

    def _make_operation(self, number: int) -> Operation:
        arena, items = self.arena, self.arena.at_toggl()
        self._past_ids |= items.keys()
        target_id = 64_890_000 + number if arena.chance.random() < 0.1 else arena.chance.choice(list(items))
        return arena.resource.operation(arena.chance, items, target_id, f"Thing {number}", arena.local_clock())

    def _has_one_new_item(self, operation: Operation, cached_ids: Collection[int], before: Items) -> bool:
        """Return whether one new item has the name, which neither a cache nor Toggl had before."""
        label, items = self.arena.resource.label, self.arena.at_toggl()
        new_ids = {key for key, item in items.items() if label(item) == operation.name and key not in cached_ids}
        return len(new_ids) == 1 and not new_ids & before.keys()

    async def _cached_ids(self) -> set[int]:
        """Return the ids that some cache has, of any age, and that are at Toggl."""
        snapshot = await self.arena.stores[0].read(self.arena.key)
        return self.arena.at_toggl().keys() & (snapshot.rows if snapshot else ())

    def _count(self, outcome: Outcome) -> None:
        self.creations += outcome.is_creation
        self.unknown_creations += outcome.is_creation and outcome.is_unknown
        self.unknown_changes += outcome.is_unknown

    def _check_outcome(self, outcome: Outcome, before: object, cached_ids: set[int]) -> None:
        resource, items = self.arena.resource, self.arena.at_toggl()
        self._add_violations(invariants.check_error_type(outcome))
        if len(self.arena.faults.creations) > 1:
            self._add_violations([invariants.DUPLICATED])
        if outcome.error is not None and not outcome.is_unknown and self.arena.dump_state() != before:
            self._add_violations([f"{invariants.CHANGED_AFTER_ALL}: {outcome.operation.verb}, {outcome.error!r}"])
        if outcome.is_confirmed:
            self._add_violations(invariants.check_confirmed(resource, outcome, items))
            if outcome.is_creation and outcome.confirmed_items.keys() & cached_ids:
                self._add_violations([invariants.KNOWN_BEFORE])

    async def _check_caches(self, outcome: Outcome) -> None:
        if outcome.is_confirmed:
            self._add_violations(await invariants.check_caches(outcome, self.arena))
        self._add_violations(await invariants.check_outdated(self.arena))
        if outcome.is_unknown:
            await self._read_without_faults(invariants.OUTDATED_AFTER_UNKNOWN)

    async def _settle(self) -> None:
        await self._read_without_faults(invariants.UNSETTLED, refresh=self.arena.chance.choice(self.arena.processes))
        await self._read_without_faults(invariants.UNSETTLED)

    async def _read_without_faults(self, violation: str, refresh: Process | None = None) -> None:
        """Let every process read, one of them with a refresh."""
        self.arena.faults.enabled = False
        self.arena.clock.now += 10  # By then a quota that was said to be spent is not.
        processes = [refresh] if refresh else self.arena.chance.sample(self.arena.processes, k=2)
        items = self.arena.at_toggl()
        for process in processes:
            if await self._differs(process, items, refresh=refresh is not None):
                self._add_violations([violation])
        self.arena.faults.enabled = True

    async def _differs(self, process: Process, items: Items, *, refresh: bool) -> bool:
        while True:
            try:
                return await invariants.differs_from_toggl(self.arena.resource, process, items, refresh=refresh)
            except QuotaSpent as error:  # A clock that was ahead has recorded each bucket: it is spent for longer here.
                self.arena.clock.now += max(1, error.resets_in_seconds or 0)

    def _add_violations(self, violations: Iterable[str]) -> None:
        self.violations.extend(violations)
