"""The tests of this folder find every injected bug."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.arena import open_arena
from tests.chaos.bugs import CANCELLATION_BUGS, CONCURRENCY_BUGS, PROJECT_BUGS, STEP_BUGS, Bug, Patch
from tests.chaos.clients import CLIENTS
from tests.chaos.concurrency import CancellingProxy, ConcurrentRun
from tests.chaos.entries import ENTRIES
from tests.chaos.entry_bugs import ENTRY_BUGS
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import SEED
from tests.chaos.steps import StepRun

pytestmark = pytest.mark.anyio

STEPS, ROUNDS, TRIES = 50, 25, 48
"""Tries of 50 steps, six times as many as the small run; a run ends soon after the bug is found."""


def name(bug: Bug) -> str:
    return getattr(bug, "__name__", "")


async def is_found(violation: str, violations: list[str], advance: Callable[[], Awaitable[None]]) -> bool:
    """Run until the violation is found, or for long enough."""
    for _ in range(TRIES):
        await advance()
        if any(violation in text for text in violations):
            return True
    return False


@pytest.mark.parametrize(
    ("resource", "bug", "violation"),
    [
        pytest.param(resource, bug, violation, id=f"{resource}-{name(bug)}")
        for resource, bugs in ((CLIENTS, STEP_BUGS), (PROJECTS, PROJECT_BUGS), (ENTRIES, ENTRY_BUGS))
        for bug, violation in bugs.items()
    ],
)
async def test_seeded_bug_is_found_by_steps(
    tmp_path: Path, monkeypatch: Patch, resource: Resource, bug: Bug, violation: str
) -> None:
    bug(monkeypatch)
    async with open_arena(SEED, "in memory", tmp_path, resource=resource) as arena:
        run = StepRun(arena)
        assert await is_found(violation, run.violations, partial(run.advance, STEPS))


@pytest.mark.parametrize("bug", CONCURRENCY_BUGS, ids=name)
async def test_seeded_bug_is_found_by_concurrent_callers(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    async with open_arena(1, "in memory", tmp_path, CancellingProxy) as arena:
        run = ConcurrentRun(arena)
        assert await is_found(CONCURRENCY_BUGS[bug], run.violations, partial(run.advance, ROUNDS))


@pytest.mark.parametrize("bug", CANCELLATION_BUGS, ids=name)
async def test_seeded_bug_is_found_by_cancelled_callers(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    async with open_arena(1, "in memory", tmp_path, CancellingProxy) as arena:
        run = ConcurrentRun(arena)
        assert await is_found(
            CANCELLATION_BUGS[bug], run.violations, partial(run.run_cancelled, ROUNDS, by_asyncio=False)
        )
