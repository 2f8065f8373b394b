"""Five tokens on one store, whose clients have the same ids."""

from pathlib import Path

import pytest

from tests.chaos.arena import Kept
from tests.chaos.scale import LARGE, scaled
from tests.chaos.tokens import Tenants
from tests.figures import write_figures

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kept", ["in memory", "in a file"])]

STEPS = {"in memory": scaled(400, 10_000), "in a file": scaled(150, 10_000)}


@pytest.mark.promise("tenants")
async def test_no_token_is_shown_a_row_of_another(tmp_path: Path, kept: Kept) -> None:
    tenants = Tenants(1, kept, tmp_path)
    await tenants.go(STEPS[kept])

    assert tenants.foreign == []
    assert tenants.shown > STEPS[kept]
    if LARGE:
        write_figures("tenants", kept, steps=STEPS[kept], foreign=len(tenants.foreign))


def anybody(*_: object) -> str:
    return "anybody"


async def test_a_cache_that_does_not_tell_tokens_apart_is_found_out(
    tmp_path: Path, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toggl_mcp.endpoints.core.session.derive_scope", anybody)
    tenants = Tenants(1, kept, tmp_path)
    await tenants.go(40)

    assert tenants.foreign != []
