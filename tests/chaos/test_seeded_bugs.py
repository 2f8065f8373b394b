"""Whether the tests of this folder notice anything: each bug that is put in has to be found."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.arena import opened
from tests.chaos.bugs import AMONG_MANY, BY_CUTTING_OFF, OF_PROJECTS, STEP_BY_STEP, Bug, Patch
from tests.chaos.clients import CLIENTS
from tests.chaos.concurrency import Between, Crowd
from tests.chaos.entries import ENTRIES
from tests.chaos.entry_bugs import OF_ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import SEED
from tests.chaos.steps import Run

pytestmark = pytest.mark.anyio

STEPS, ROUNDS, TRIES = 50, 25, 48
"""A run ends soon after the bug is found; 48 tries of 50 steps are six times the little run that it stands for."""


def name(bug: Bug) -> str:
    return getattr(bug, "__name__", "")


async def found(violation: str, violations: list[str], go: Callable[[], Awaitable[None]]) -> bool:
    """Go on until the violation is found, or for long enough."""
    for _ in range(TRIES):
        await go()
        if any(violation in said for said in violations):
            return True
    return False


@pytest.mark.parametrize(
    ("resource", "bug", "violation"),
    [
        pytest.param(resource, bug, violation, id=f"{resource}-{name(bug)}")
        for resource, bugs in ((CLIENTS, STEP_BY_STEP), (PROJECTS, OF_PROJECTS), (ENTRIES, OF_ENTRIES))
        for bug, violation in bugs.items()
    ],
)
async def test_a_bug_is_found_step_by_step(
    tmp_path: Path, monkeypatch: Patch, resource: Resource, bug: Bug, violation: str
) -> None:
    bug(monkeypatch)
    async with opened(SEED, "in memory", tmp_path, of=resource) as arena:
        run = Run(arena)
        assert await found(violation, run.violations, partial(run.go, STEPS))


@pytest.mark.parametrize("bug", AMONG_MANY, ids=name)
async def test_a_bug_is_found_among_many_at_once(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    async with opened(1, "in memory", tmp_path, Between) as arena:
        crowd = Crowd(arena)
        assert await found(AMONG_MANY[bug], crowd.violations, partial(crowd.go, ROUNDS))


@pytest.mark.parametrize("bug", BY_CUTTING_OFF, ids=name)
async def test_a_bug_is_found_by_cutting_callers_off(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    async with opened(1, "in memory", tmp_path, Between) as arena:
        crowd = Crowd(arena)
        assert await found(BY_CUTTING_OFF[bug], crowd.violations, partial(crowd.cut_off, ROUNDS, by_asyncio=False))
