"""What `toggl-mcp check` costs, and that it takes nobody's word for what Toggl would say."""

from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.process.test_cli import listening
from toggl_mcp.check import check
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox
from toggl_mcp.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Generator[Settings]:
    with listening(sandbox) as url:
        yield Settings(token=SecretStr(TOKEN), api_url=url, cache=tmp_path / "cache.sqlite")


async def test_a_failing_toggl_is_asked_no_second_time(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("502 before")
    said: list[str] = []

    assert not await check(settings, said.append)
    assert len(sandbox.calls) == 1
    assert [line.split()[1] for line in said if line.startswith("FAIL")] == ["network"]


async def test_toggl_is_asked_even_where_the_answers_are_in_the_cache(settings: Settings, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert await check(settings, lambda _: None)

    assert [call.path for call in sandbox.calls] == ["/me"] * 2
