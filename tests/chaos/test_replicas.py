"""Fifty tenants at three replicas that share a store on a server."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.cache.redis.server import PROGRAMS, Server, require_program
from tests.chaos import replicas
from tests.chaos.replicas import open_replica_run
from tests.chaos.scale import LARGE, scaled
from tests.figures import write_figures

pytestmark = pytest.mark.anyio

STEPS = scaled(150, 20_000)


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    require_program(PROGRAMS[0])
    server = Server(PROGRAMS[0], tmp_path).start()
    yield server
    server.stop()


@pytest.mark.promise("replicas")
async def test_tenants_at_three_replicas_see_their_own_and_true_answers(server: Server) -> None:
    async with open_replica_run(1, server) as run:
        await run.advance(STEPS)

    assert run.violations == []
    assert min(run.successes[tool] for tool in ("create_client", "edit_client", "list_clients")) > STEPS // 50
    if LARGE:
        write_figures("replicas", "50 tenants", steps=run.steps, violations=len(run.violations))


def shared_scope(*_: object) -> str:
    return "anybody"


async def test_tenants_with_one_scope_are_found_out(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toggl_mcp.endpoints.core.session.derive_scope", shared_scope)
    async with open_replica_run(1, server, tenants=5) as run:
        await run.advance(40)

    assert any(replicas.FOREIGN in violation for violation in run.violations)
