"""Processes that stand still in the middle of a call, as long as their lock lasts and longer."""

from pathlib import Path
from random import Random

import pytest

from tests.chaos.bugs import STANDSTILL_BUGS, Bug, Patch
from tests.chaos.scale import SEED, scaled
from tests.chaos.standstills import StandstillRun
from toggl_mcp.cache.redis.address import RedisAddress

pytestmark = pytest.mark.anyio

ROUNDS = scaled(20, 2000)
MAX_ROUNDS = 200
"""Rounds by which each bug is found."""


async def test_create_time_entries_of_processes_that_stand_still_makes_each_entry_once(tmp_path: Path) -> None:
    run = StandstillRun(Random(SEED), tmp_path)  # noqa: S311 - repeatable
    await run.advance(ROUNDS)

    assert run.violations == []
    assert run.standstill_count > ROUNDS


async def test_create_time_entries_of_replicas_that_stand_still_makes_each_entry_once(
    tmp_path: Path, address: RedisAddress
) -> None:
    run = StandstillRun(Random(SEED), tmp_path, address)  # noqa: S311 - repeatable
    await run.advance(ROUNDS)

    assert run.violations == []
    assert run.standstill_count > ROUNDS


@pytest.mark.parametrize("bug", STANDSTILL_BUGS, ids=lambda bug: bug.__name__)
async def test_seeded_bug_of_lock_is_found(tmp_path: Path, monkeypatch: Patch, bug: Bug) -> None:
    bug(monkeypatch)
    run = StandstillRun(Random(SEED), tmp_path)  # noqa: S311 - repeatable
    while not run.violations and run.rounds < MAX_ROUNDS:
        await run.advance(1)

    assert run.violations != []
