"""Every total is the same for a user whose reports round; without coverage."""

from pathlib import Path

import pytest

from tests.totals import cases
from toggl_mcp.sandbox import Behaviors


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.usefixtures("pause_coverage"))


@pytest.fixture(
    autouse=True,
    params=[
        Behaviors(),
        Behaviors(report_rounding_minutes=15),
        Behaviors(report_rounding_minutes=15, report_rounding_arguments="ignored"),
    ],
    ids=["exact", "rounding", "always rounding"],
)
def behaviors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "behaviors", request.param)
