"""A process that the system kills at any step of an undo, and another one that runs the same undo again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos.kills import AUTH
from tests.chaos.scale import scaled
from tests.chaos.test_kills import Change, delete_project, is_editable, pick, start_timer, view
from tests.chaos.test_processes import Child, send_line, start_children
from tests.chaos.undo_rows import Replacements, read_rows
from tests.chaos.undo_worker import RESULT
from tests.endpoints.support import AROHA
from tests.process.server import serve_sandbox
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.endpoints.undo_plan import JournalRow
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.state import State

pytestmark = pytest.mark.anyio

W = HARBOUR_STUDIO
MAX_STEPS = 10_000
"""More steps than any undo has."""
ENTRIES = 20
"""The latest time entries, which each process reads."""
STRIDE = scaled(41, 1)
"""How many steps lie between two kills, of which all are in the large run."""


def has_length(entry: TimeEntry) -> bool:
    return is_editable(entry) and entry.duration > 0


async def delete_entries(toggl: Toggl) -> None:
    for _ in range(2):
        await toggl.time_entries(W).delete(await pick(toggl.time_entries(W), has_length))


async def split_entry(toggl: Toggl) -> None:
    entries = toggl.time_entries(W)
    entry = await pick(entries, has_length)
    length = entry.duration // 2
    stop = entry.start + timedelta(seconds=length)
    await entries.add(TimeEntryBody(start=stop, duration=entry.duration - length, description=entry.description))
    await entries.edit(entry, TimeEntryBody(start=entry.start, stop=stop, duration=length))


CHANGES: Mapping[str, Change] = {
    "delete_project": delete_project,
    "delete_client": lambda toggl: toggl.clients(W).delete(AROHA),
    "delete_time_entries": delete_entries,
    "split_time_entry": split_entry,
    "start_timer": start_timer,
}


def keep_latest_entries(state: State) -> None:
    """Keep the user's own latest entries; of another's, the cache does not know what an undo has to give back."""
    own_rows = [row for row in state.entries.values() if row["user_id"] == state.me["id"]]
    ids = [row["id"] for row in sorted(own_rows, key=lambda row: row["start"])]
    for entry_id in state.entries.keys() - set(ids[-ENTRIES:]):
        del state.entries[entry_id]


async def make_change(change: Change, address: str, path: Path, clock: Clock) -> str:
    """Make a change in this process, as one call does, and return its id."""
    CALL_RECORD.set(call_record := CallRecord())
    async with connect(address) as connection:
        store = SqliteStore(path, clock=clock)
        toggl = Toggl(AUTH, store, client=connection, workspace_id=W)
        await view(toggl)
        await change(toggl)
        await store.aclose()
    CALL_RECORD.set(None)
    return call_record.change_id


def undo_in_child(child: Child, steps: int, clock: Clock, change_id: str, path: Path) -> list[JournalRow] | None:
    """Undo a change in a process that is killed after these steps; return its rows, None if it was killed."""
    (line,) = send_line([child], f"{steps} {clock.now} {change_id} {path}")
    return RESULT.validate_json(line)


@pytest.mark.parametrize("verb", CHANGES)
async def test_undo_killed_at_any_step_and_repeated_restores_every_row_once(
    verb: str, clock: Clock, tmp_path: Path
) -> None:
    sandbox = Sandbox(clock=clock)
    sandbox.behaviors = replace(sandbox.behaviors, undelete_by_patch="ignored", user_requests_per_hour=600)
    with serve_sandbox(sandbox) as address, start_children(1, "tests.chaos.undo_worker", address) as (child,):
        for steps in range(0, MAX_STEPS, STRIDE):
            clock.now += 3700
            sandbox.state = Sandbox(clock=clock).state
            keep_latest_entries(sandbox.state)
            before, path = read_rows(sandbox.state), tmp_path / f"{steps}.sqlite"
            change_id = await make_change(CHANGES[verb], address, path, clock)
            changed = read_rows(sandbox.state)
            clock.now += 60
            rows_of_killed = undo_in_child(child, steps, clock, change_id, path)
            clock.now += 60
            rows = undo_in_child(child, MAX_STEPS, clock, change_id, path)
            replacements = Replacements()
            replacements.add(rows or [])

            assert changed != before
            assert rows is not None
            assert [row.reason for row in rows if row.reason is not None] == [], steps
            assert read_rows(sandbox.state) == replacements.apply(before), steps
            if rows_of_killed is not None:
                break
        else:
            pytest.fail("The undo has more steps.")
