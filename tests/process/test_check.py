"""What `toggl-mcp check` costs, and that it takes nobody's word for what Toggl would say."""

from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.process.server import serve_sandbox
from toggl_mcp.check import check
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox
from toggl_mcp.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Generator[Settings]:
    with serve_sandbox(sandbox) as url:
        yield Settings(token=SecretStr(TOKEN), api_url=url, cache=tmp_path / "cache.sqlite")


async def test_check_failed_request_is_not_retried(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("502 before")
    lines: list[str] = []

    assert not await check(settings, lines.append)
    assert len(sandbox.calls) == 1
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == ["network"]


async def test_check_does_not_read_the_cache(settings: Settings, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert await check(settings, lambda _: None)

    assert [call.path for call in sandbox.calls] == ["/me"] * 2
