"""Every test of this folder is marked as chaos, so that a quick look can leave it out, and runs without coverage."""

from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("chaos")


@pytest.fixture(autouse=True)
def pause_coverage(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Measure no coverage: thousands of steps repeat what other tests cover, and take twice as long if measured."""
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    coverage = Coverage.current()
    if coverage is None:
        yield
        return
    coverage.stop()
    yield
    coverage.start()
