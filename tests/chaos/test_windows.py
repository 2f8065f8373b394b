"""A person who has more entries than Toggl lists in a response, and connections that fail between two of them."""

from pathlib import Path

import pytest

from tests.chaos import invariants
from tests.chaos.arena import Storage, open_arena
from tests.chaos.bugs import Bug, Patch
from tests.chaos.scale import scaled
from tests.chaos.window_bugs import WINDOW_BUGS
from tests.chaos.windows import LONG_ENTRIES, WindowRun

pytestmark = pytest.mark.anyio

SMALL_ROUNDS = 10
ROUNDS = scaled(SMALL_ROUNDS, 1000)


@pytest.mark.parametrize("storage", ["in memory", "in a file"])
async def test_entries_of_several_responses_are_right_although_some_fail(tmp_path: Path, storage: Storage) -> None:
    async with open_arena(1, storage, tmp_path, resource=LONG_ENTRIES) as arena:
        run = WindowRun(arena)
        await run.advance(ROUNDS)

    assert run.violations == []
    assert run.continued_count > ROUNDS // 8


@pytest.mark.parametrize("bug", WINDOW_BUGS, ids=lambda bug: bug.__name__)
async def test_seeded_bug_of_windows_is_found(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    async with open_arena(1, "in memory", tmp_path, resource=LONG_ENTRIES) as arena:
        run = WindowRun(arena)
        await run.advance(SMALL_ROUNDS)

    assert any(invariants.OUTDATED in violation for violation in run.violations)
