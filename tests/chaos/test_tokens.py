"""Five tokens on one store, whose clients have the same ids."""

from pathlib import Path

import pytest

from tests.chaos.arena import Storage
from tests.chaos.scale import LARGE, scaled
from tests.chaos.tokens import Tenants
from tests.figures import write_figures

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("storage", ["in memory", "in a file"])]

STEPS = {"in memory": scaled(400, 10_000), "in a file": scaled(150, 10_000)}


@pytest.mark.promise("tenants")
async def test_token_never_reads_rows_of_another_token(tmp_path: Path, storage: Storage) -> None:
    tenants = Tenants(1, storage, tmp_path)
    await tenants.advance(STEPS[storage])

    assert tenants.foreign == []
    assert tenants.rows_read > STEPS[storage]
    if LARGE:
        write_figures("tenants", storage, steps=STEPS[storage], foreign=len(tenants.foreign))


def shared_scope(*_: object) -> str:
    return "anybody"


async def test_token_shared_scope_is_detected(
    tmp_path: Path, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toggl_mcp.endpoints.core.session.derive_scope", shared_scope)
    tenants = Tenants(1, storage, tmp_path)
    await tenants.advance(40)

    assert tenants.foreign != []
