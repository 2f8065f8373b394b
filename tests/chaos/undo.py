"""Changes of one call, each undone under faults: Toggl has what it had before, or the answer says what differs."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

import anyio
from anyio.lowlevel import checkpoint

from tests.chaos.arena import AUTH, Storage
from tests.chaos.faults import FaultInjector, TickingClock
from tests.chaos.undo_changes import MAX_EDITED, choose_change
from tests.chaos.undo_refusals import Refusals
from tests.chaos.undo_rows import (
    Replacements,
    Rows,
    has_lost_time,
    list_differing_keys,
    list_silent_differences,
    read_rows,
)
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.endpoints.undo_plan import ItemKey, JournalRow
from toggl_mcp.errors import TogglError
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

SILENT = "differs after the undo, which does not say so"
HONEST = ("confirmed", "projects", "not known", "older than")
INCOMPLETE = "not undone without faults"
OVERWRITTEN = "has taken back what the person did since"
LOST_TIME = "has deleted one half of a split and kept the other as it was"
MAX_TRIES = 3
PERSON_SHARE = 0.15
CUT_OFF_SHARE = 0.15
REFUSED_SHARE = 0.3
CHAIN_SHARE = 0.4
"""How often a step makes two changes of the same rows, and undoes the later and then the earlier one."""
MAX_CHECKPOINTS = 200
MIN_ROWS = 4
ENTRIES = 8
"""Entries to begin with: a small diary shows more collisions."""
RESTORATIONS: tuple[Literal["done", "refused", "ignored"], ...] = ("done", "done", "refused", "ignored")
"""What Toggl does when deleted entries are to be brought back."""


class StepChange(NamedTuple):
    """A change of a step, with the rows before and after it, and the entry that the person has described since."""

    verb: str
    change_id: str
    before: Rows
    after: Rows
    described_key: ItemKey | None = None
    description: str = ""

    @property
    def keys(self) -> list[ItemKey]:
        """The keys of the rows that it has changed."""
        return list_differing_keys(self.before, self.after)


@dataclass
class UndoRun:
    """A run with its violations, and how many of its steps were undone as a whole."""

    chance: random.Random
    clock: TickingClock
    sandbox: Sandbox
    faults: FaultInjector
    refusals: Refusals
    store: Store
    toggl: Toggl
    violations: list[str] = field(default_factory=list[str])
    steps: int = 0
    complete: int = 0

    async def advance(self, steps: int) -> None:
        """Run so many steps, each of one or two changes and their undo."""
        for number in range(self.steps, self.steps + steps):
            before = len(self.violations)
            self.complete += await self._step(number)
            self.violations[before:] = [f"step {number}: {violation}" for violation in self.violations[before:]]
        self.steps += steps

    async def _step(self, number: int) -> bool:
        """Make changes and undo them, the last one first; return whether all were undone."""
        self.clock.now += self.chance.choice([1, 5, 30, 150])
        self._replenish(number)
        self.sandbox.behaviors = replace(self.sandbox.behaviors, undelete_by_patch=self.chance.choice(RESTORATIONS))
        changes = [await self._change(f"Thing {number}")]
        if self.chance.random() < CHAIN_SHARE:
            self.clock.now += 5
            changes.append(await self._change(f"Thing {number}, later", changes[0].keys))
        elif self.chance.random() < PERSON_SHARE:
            changes = [self._describe_by_hand(changes[0], f"By hand {number}")]
        replacements = Replacements()
        for change in reversed(changes):
            if not await self._undo_change(change, replacements):
                return False
        return True

    def _replenish(self, number: int) -> None:
        """Let the person add what has become scarce, as what cannot be restored stays away."""
        state = self.sandbox.state
        if len([row for row in state.clients.values() if row["wid"] == HARBOUR_STUDIO]) < MIN_ROWS:
            state.add_client(HARBOUR_STUDIO, f"Client {number}")
        if len([row for row in state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO]) < MIN_ROWS:
            state.add_tag(HARBOUR_STUDIO, f"Tag {number}")
        if len([row for row in state.projects.values() if row["workspace_id"] == HARBOUR_STUDIO]) < MIN_ROWS:
            state.add_project(HARBOUR_STUDIO, f"Project {number}")
        projects = [key for key, row in state.projects.items() if row["workspace_id"] == HARBOUR_STUDIO]
        projects_with_tasks = {row["project_id"] for row in state.tasks.values()}
        for project_id in projects[:MIN_ROWS]:  # One of them may be deleted with its tasks.
            if project_id not in projects_with_tasks:
                state.add_task(project_id, f"Task {number}")
        while len([row for row in state.entries.values() if not row["server_deleted_at"]]) <= MAX_EDITED:
            start = self.clock() - 7200
            state.add_entry(HARBOUR_STUDIO, start, stop=start + 3600, description=f"Entry {number}")

    async def _change(self, name: str, keys: Collection[ItemKey] = ()) -> StepChange:
        """Make one of the changes that are possible, of one of these rows if any are given."""
        before = read_rows(self.sandbox.state)
        verb, change = choose_change(self.toggl, self.sandbox.state, self.chance, name, keys)
        is_cut_off = self.chance.random() < CUT_OFF_SHARE
        call_record = await self._call(partial(self._cut_off, change) if is_cut_off else change)
        return StepChange(verb, call_record.change_id, before, read_rows(self.sandbox.state))

    def _describe_by_hand(self, change: StepChange, description: str) -> StepChange:
        """Let the person describe one of the entries that were changed, some time later; return the change with it."""
        keys = [key for key in change.keys if key[0] == "time_entry" and key in change.after]
        if not keys:
            return change
        self.clock.now += 60
        key = self.chance.choice(keys)
        self.sandbox.state.edit_entry(key[1], description=description)
        if key in change.before:
            change.before[key]["description"] = description
        return change._replace(described_key=key, description=description)

    async def _call(self, act: Callable[[], Awaitable[object]]) -> CallRecord:
        """Run a call, which may fail, and return what it has spent."""
        call_record = CallRecord()
        CALL_RECORD.set(call_record)
        try:
            await act()
        except TogglError:
            pass
        finally:
            CALL_RECORD.set(None)
        return call_record

    async def _cut_off(self, act: Callable[[], Awaitable[object]]) -> None:
        """Run what is cancelled after a while, as by a host that gives up or ends."""

        async def run() -> None:
            with suppress(TogglError):
                await act()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            for _ in range(self.chance.randrange(MAX_CHECKPOINTS)):
                await checkpoint()
            tasks.cancel_scope.cancel()

    async def _undo_change(self, change: StepChange, replacements: Replacements) -> bool:
        """Undo a change, at first perhaps while Toggl refuses one of its rows; return whether all are as before."""
        if change.keys and self.chance.random() < REFUSED_SHARE:
            self.refusals.row_id = replacements.find_present_id(self.chance.choice(change.keys))
            self._check(change, await self._undo(change, has_faults=False), replacements)
            self.refusals.row_id = None
        for _ in range(MAX_TRIES - 1):
            await self._undo(change)
        rows = await self._undo(change, has_faults=False)
        is_silent = self._check(change, rows, replacements)
        replacements.except_differences(change.before, read_rows(self.sandbox.state))
        reasons = {row.reason for row in rows if row.reason is not None}
        is_honest = any(text in reason for reason in reasons for text in HONEST)
        if reasons and not is_silent and not is_honest and change.described_key is None:
            self.violations.append(f"{change.verb} {INCOMPLETE}: {reasons}")
        return not reasons

    async def _undo(self, change: StepChange, *, has_faults: bool = True) -> list[JournalRow]:
        """Undo a change, if the journal has it; return its rows, or none if the call fails or is cut off."""
        rows: list[JournalRow] = []

        async def undo() -> None:
            journal = self.toggl.journal
            if any(item.change_id == change.change_id for item in await journal.list_changes()):
                rows[:] = await self.toggl.undo.run(await journal.find(change.change_id))

        self.faults.enabled = has_faults
        self.clock.now += 10 if has_faults else 3700
        is_cut_off = has_faults and self.chance.random() < CUT_OFF_SHARE
        await self._call(partial(self._cut_off, undo) if is_cut_off else undo)
        self.faults.enabled = True
        return rows

    def _check(self, change: StepChange, rows: Sequence[JournalRow], replacements: Replacements) -> bool:
        """Compare what Toggl has with what it had before a change; return whether an undo's rows hide a difference."""
        replacements.add(rows)
        before, changed = replacements.apply(change.before), replacements.apply(change.after)
        after = read_rows(self.sandbox.state)
        key = change.described_key
        if key is not None and after.get(key, {}).get("description") != change.description:
            self.violations.append(f"{change.verb} {OVERWRITTEN}: {key}")
        if has_lost_time(before, changed, after):
            self.violations.append(f"{change.verb} {LOST_TIME}")
        differences = list_silent_differences(before, after, rows)
        if differences := [difference for difference in differences if difference.key not in replacements.lost_keys]:
            self.violations.append(f"{change.verb} {SILENT}: {differences}, {[row.reason for row in rows]}")
        return bool(differences)


@asynccontextmanager
async def open_undo_run(seed: int, storage: Storage, folder: Path, **behaviors: Any) -> AsyncGenerator[UndoRun]:  # noqa: ANN401 - fields of the behaviors
    """Yield a run in which every random choice follows from the seed."""
    chance, clock = random.Random(seed), TickingClock()  # noqa: S311 - repeatable
    faults = FaultInjector(chance, "time_entries")
    sandbox = Sandbox(clock=clock)
    sandbox.fault = refusals = Refusals(faults, sandbox.state, chance)
    sandbox.behaviors = replace(sandbox.behaviors, user_requests_per_hour=600, **behaviors)
    sandbox.state.entries = {}
    for number in range(ENTRIES):
        start = clock() - 3600 * (number + 1)
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 1800, description=f"Work {number % 3}")
    store = SqliteStore(folder / f"{seed}.sqlite", clock=clock) if storage == "in a file" else MemoryStore(clock=clock)
    toggl = Toggl(AUTH, store, client=connect_in_process(sandbox), workspace_id=HARBOUR_STUDIO)
    try:
        yield UndoRun(chance, clock, sandbox, faults, refusals, store, toggl)
    finally:
        await toggl.aclose()
