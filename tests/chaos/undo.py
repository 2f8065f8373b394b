"""Changes of one call, each undone under faults: Toggl has what it had before, or the answer says what differs."""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio.lowlevel import checkpoint

from tests.chaos.arena import AUTH, Storage
from tests.chaos.faults import FaultInjector, TickingClock
from tests.chaos.undo_changes import choose_change
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.endpoints.undo_plan import JournalRow
from toggl_mcp.errors import TogglError
from toggl_mcp.models.quota import SPENDING, Spending
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

Rows = dict[tuple[str, int], dict[str, Any]]
TABLES: Mapping[str, tuple[str, ...]] = {
    "client": ("name", "notes", "external_reference", "archived"),
    "project": ("name", "client_id", "active", "billable", "color", "is_private"),
    "tag": ("name",),
    "task": ("name", "project_id", "active", "estimated_seconds"),
    "time_entry": ("start", "stop", "description", "project_id", "task_id", "billable", "tags"),
}
SILENT = "differs after the undo, which does not say so"
HONEST = ("confirmed", "projects", "not known", "older than")
INCOMPLETE = "not undone without faults"
OVERWRITTEN = "has taken back what the person did since"
MAX_TRIES = 3
PERSON_SHARE = 0.1
CUT_OFF_SHARE = 0.15
MAX_CHECKPOINTS = 200
MIN_ROWS = 4
ENTRIES = 8
"""Entries to begin with: a small diary shows more collisions."""


@dataclass
class UndoRun:
    """A run with its violations, and how many undos were complete."""

    chance: random.Random
    clock: TickingClock
    sandbox: Sandbox
    faults: FaultInjector
    store: Store
    toggl: Toggl
    violations: list[str] = field(default_factory=list[str])
    steps: int = 0
    complete: int = 0
    unfinished: int = 0

    async def advance(self, steps: int) -> None:
        """Run so many steps, each a change and its undo."""
        for number in range(self.steps, self.steps + steps):
            before = len(self.violations)
            await self._step(number)
            self.violations[before:] = [f"step {number}: {violation}" for violation in self.violations[before:]]
        self.steps += steps

    async def _step(self, number: int) -> None:
        self.clock.now += self.chance.choice([1, 5, 30, 150])
        self._replenish(number)
        before = self.rows()
        verb, change = choose_change(self.toggl, self.sandbox.state, self.chance, number)
        is_cut_off = self.chance.random() < CUT_OFF_SHARE
        spending = await self._call(partial(self._cut_off, change) if is_cut_off else change)
        touched = self._act_by_hand(before, number) if self.chance.random() < PERSON_SHARE else None
        rows, is_complete = await self._undo(spending.change_id)
        self.complete += is_complete
        self.unfinished += not is_complete
        texts = {reason for row in rows for reason in [row.reason] if reason is not None}
        if touched is not None and self.rows().get(touched, {}).get("description") != f"By hand {number}":
            self.violations.append(f"{verb} {OVERWRITTEN}: {touched}")
        if touched is not None and touched in before and touched in self.rows():
            before[touched] |= {"description": self.rows()[touched]["description"]}
        if unexplained := self._differences(before, rows):
            self.violations.append(f"{verb} {SILENT}: {unexplained}, {texts}")
        elif touched is None and not is_complete and not any(text in reason for reason in texts for text in HONEST):
            self.violations.append(f"{verb} {INCOMPLETE}: {texts}")

    def _replenish(self, number: int) -> None:
        """Let the person add what has become scarce, as what cannot be restored stays away."""
        state = self.sandbox.state
        if len([row for row in state.tags.values() if row["workspace_id"] == HARBOUR_STUDIO]) < MIN_ROWS:
            state.add_tag(HARBOUR_STUDIO, f"Tag {number}")
        if len([row for row in state.projects.values() if row["workspace_id"] == HARBOUR_STUDIO]) < MIN_ROWS:
            state.add_project(HARBOUR_STUDIO, f"Project {number}")
        if len(state.tasks) < MIN_ROWS:
            projects = [key for key, row in state.projects.items() if row["workspace_id"] == HARBOUR_STUDIO]
            state.add_task(self.chance.choice(projects), f"Task {number}")
        if len([row for row in state.entries.values() if not row["server_deleted_at"]]) < MIN_ROWS:
            state.add_entry(
                HARBOUR_STUDIO, self.clock() - 7200, stop=self.clock() - 3600, description=f"Entry {number}"
            )

    def _act_by_hand(self, before: Rows, number: int) -> tuple[str, int] | None:
        """Let the person describe one of the entries that were changed, some time later; return which."""
        after = self.rows()
        changed = [key for key in after if key[0] == "time_entry" and after[key] != before.get(key)]
        if not changed:
            return None
        self.clock.now += 60
        key = self.chance.choice(changed)
        self.sandbox.state.edit_entry(key[1], description=f"By hand {number}")
        return key

    async def _call(self, act: Callable[[], Awaitable[object]]) -> Spending:
        """Run a call, which may fail, and return what it has spent."""
        spending = Spending()
        SPENDING.set(spending)
        try:
            await act()
        except TogglError:
            pass
        finally:
            SPENDING.set(None)
        return spending

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

    async def _undo(self, change_id: str) -> tuple[list[JournalRow], bool]:
        """Undo a change, at last without faults; return its rows, and whether all are as before."""
        rows: list[JournalRow] = []

        async def undo() -> None:
            journal = self.toggl.journal
            if any(change.change_id == change_id for change in await journal.list_changes()):
                rows[:] = await self.toggl.undo.run(await journal.find(change_id))

        for attempt in range(MAX_TRIES):
            self.faults.enabled = attempt < MAX_TRIES - 1
            self.clock.now += 10 if self.faults.enabled else 3700
            is_cut_off = self.faults.enabled and self.chance.random() < CUT_OFF_SHARE
            await self._call(partial(self._cut_off, undo) if is_cut_off else undo)
        self.faults.enabled = True
        return rows, all(row.reason is None for row in rows)

    def rows(self) -> Rows:
        """Return what Toggl has of each row."""
        state = self.sandbox.state
        tables = {
            "client": state.clients,
            "project": state.projects,
            "tag": state.tags,
            "task": state.tasks,
            "time_entry": state.entries,
        }
        return {
            (kind, key): {name: row.get(name) for name in TABLES[kind]}
            for kind, table in tables.items()
            for key, row in table.items()
            if kind != "time_entry" or row["server_deleted_at"] is None
        }

    def _differences(self, before: Rows, rows: list[JournalRow]) -> list[object]:
        """Return the rows that differ from before, and of which the undo says neither that nor a new id."""
        after = self.rows()
        named = {(row.kind, row.journal_id) for row in rows if row.reason is not None or row.new_id is not None}
        named |= {(row.kind, row.new_id) for row in rows if row.new_id is not None}
        unknown_kinds = {row.kind for row in rows if row.journal_id is None and row.reason is not None}
        has_unknown_projects = any("projects" in (row.reason or "") for row in rows)
        replaced = {key for kind, key in named if kind != "time_entry"}
        covered = {(row.kind, row.journal_id) for row in rows}
        return [
            (key, before.get(key), after.get(key))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
            and key not in named
            and not (key[0] == "project" and has_unknown_projects)
            and not (key[0] in unknown_kinds and key not in before)
            and not (replaced and key not in covered and _lost_reference(before.get(key), after.get(key)))
            and not (key[0] == "task" and key not in after and before[key]["project_id"] in replaced)
        ]


def _lost_reference(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    """Return whether a row differs only in what it refers to."""
    references = {"client_id", "project_id", "task_id", "tags"}
    if before is None or after is None:
        return False
    return all(before[name] == after[name] for name in before.keys() - references)


@asynccontextmanager
async def open_undo_run(seed: int, storage: Storage, folder: Path, **behaviors: Any) -> AsyncGenerator[UndoRun]:  # noqa: ANN401 - fields of the behaviors
    """Yield a run in which every random choice follows from the seed."""
    chance, clock = random.Random(seed), TickingClock()  # noqa: S311 - repeatable
    faults = FaultInjector(chance, "time_entries")
    sandbox = Sandbox(clock=clock, fault=faults)
    sandbox.behaviors = replace(sandbox.behaviors, user_requests_per_hour=600, **behaviors)
    sandbox.state.entries.clear()
    for number in range(ENTRIES):
        start = clock() - 3600 * (number + 1)
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 1800, description=f"Work {number % 3}")
    store = SqliteStore(folder / f"{seed}.sqlite", clock=clock) if storage == "in a file" else MemoryStore(clock=clock)
    toggl = Toggl(AUTH, store, client=connect_in_process(sandbox), workspace_id=HARBOUR_STUDIO)
    try:
        yield UndoRun(chance, clock, sandbox, faults, store, toggl)
    finally:
        await toggl.aclose()
