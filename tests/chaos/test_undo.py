"""Changes and their undo, while 3 of 10 requests go wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import undo
from tests.chaos.arena import Storage
from tests.chaos.bugs import Patch
from tests.chaos.scale import LARGE, scaled
from tests.chaos.undo import open_undo_run
from tests.figures import write_figures
from toggl_mcp.endpoints import undo as undo_endpoint
from toggl_mcp.endpoints import undo_plan
from toggl_mcp.endpoints.core.change import Change
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache

pytestmark = pytest.mark.anyio

STEPS = {"in memory": scaled(150, 10_000), "in a file": scaled(50, 10_000)}


@pytest.mark.promise("undo")
@pytest.mark.parametrize("storage", ["in memory", "in a file"])
async def test_undo_under_faults_restores_every_row_or_names_it(tmp_path: Path, storage: Storage) -> None:
    async with open_undo_run(1, storage, tmp_path) as run:
        await run.advance(STEPS[storage])

    assert run.violations == []
    assert run.complete > run.steps // 2
    if LARGE:
        write_figures("undo", storage, steps=run.steps, violations=len(run.violations))


def overwrite_what_has_moved_on(patch: Patch) -> None:
    def is_as_left(*_: object) -> bool:
        return True

    patch.setattr(undo_plan, "_is_as_left", is_as_left)


def forget_what_was_never_confirmed(patch: Patch) -> None:
    def get_records(_: object) -> tuple[()]:
        return ()

    patch.setattr(Change, "records", property(get_records, _do_nothing))


def forget_the_former_timer(patch: Patch) -> None:
    cache: Any = TimeEntryCache
    patch.setattr(cache, "_add_stopped_rows", _do_nothing)


def undo_halves_apart(patch: Patch) -> None:
    patch.setattr(undo_endpoint, "keep_halves_together", _do_nothing)


def forget_replacements(patch: Patch) -> None:
    patch.setattr(undo_endpoint, "follow_replacements", _do_nothing)


def _do_nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("bug", "violation", "seed"),
    [
        (overwrite_what_has_moved_on, undo.OVERWRITTEN, 4),
        (forget_what_was_never_confirmed, undo.SILENT, 1),
        (forget_the_former_timer, undo.SILENT, 4),
        (undo_halves_apart, undo.LOST_TIME, 3),
        (forget_replacements, undo.SILENT, 3),
    ],
)
async def test_seeded_bug_is_found_by_undo(
    tmp_path: Path, monkeypatch: Patch, bug: Callable[[Patch], None], violation: str, seed: int
) -> None:
    """The seed is one of those from which the bug follows within 20 steps; others take a hundred."""
    bug(monkeypatch)
    async with open_undo_run(seed, "in memory", tmp_path) as run:
        for _ in range(200):
            await run.advance(5)
            if any(violation in text for text in run.violations):
                return
    pytest.fail("The bug was not found.")
