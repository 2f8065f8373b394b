"""Every test of this folder is marked as chaos, so that a quick look can leave it out, and runs without coverage."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("chaos")
            item.add_marker(pytest.mark.usefixtures("pause_coverage"))
