"""An issuer, and the settings of a server that takes its tokens."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.http.support import URL, Issuer, run_issuer
from toggl_mcp.http.vault import Vault, new_key
from toggl_mcp.sandbox import TOKEN


@pytest.fixture
def issuer() -> Generator[Issuer]:
    with run_issuer() as issuer:
        yield issuer


@pytest.fixture
def oauth(tmp_path: Path, issuer: Issuer) -> dict[str, Any]:
    """The settings of a server that takes this issuer's tokens, and has a Toggl token for Alice."""
    key = new_key()
    Vault(tmp_path / "vault.json", [key]).add("alice", TOKEN)
    return {
        "oauth_issuer": issuer.url,
        "oauth_jwks_url": issuer.jwks_url,
        "public_url": f"{URL}/mcp",
        "vault": tmp_path / "vault.json",
        "secret_keys": key,
    }
