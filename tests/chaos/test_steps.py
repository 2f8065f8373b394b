"""Two processes and a person in the web app, one step at a time, while 3 of 10 requests go wrong."""

from pathlib import Path

import pytest

from tests.chaos.arena import Kept, opened
from tests.chaos.clients import CLIENTS
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import SEED, scaled
from tests.chaos.steps import Run

pytestmark = pytest.mark.anyio

SEEDS = {"in memory": scaled(SEED, 1), "in a file": 2}
STEPS = {"in memory": scaled(400, 10_000), "in a file": scaled(250, 10_000)}


@pytest.mark.promise("doubt")
@pytest.mark.promise("nothing-changed")
@pytest.mark.promise("everywhere")
@pytest.mark.promise("once")
@pytest.mark.parametrize("kept", ["in memory", "in a file"])
@pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)
async def test_nothing_is_doubled_lost_or_said_falsely_while_three_in_ten_requests_go_wrong(
    tmp_path: Path, kept: Kept, resource: Resource
) -> None:
    async with opened(SEEDS[kept], kept, tmp_path, of=resource) as arena:
        run = Run(arena)
        await run.go(STEPS[kept])

    assert run.violations == []
    assert run.created > STEPS[kept] // 10
    assert arena.trouble.met > STEPS[kept] // 10
    assert run.doubted > 0
