"""Every test of this folder is marked as process, so that a quick look can leave it out."""

import gc
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.process.server import serve_sandbox
from toggl_mcp.sandbox import Sandbox


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("process")


@pytest.fixture(scope="module")
def toggl() -> Generator[tuple[Sandbox, str]]:
    sandbox = Sandbox()
    with serve_sandbox(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def gc_enabled() -> Generator[None]:
    """Collect garbage again after the command, which ends with its process else."""
    yield
    gc.enable()
    gc.unfreeze()
