"""Every total is the same for a user whose reports round."""

import pytest

from tests.totals import cases
from toggl_mcp.sandbox import Behaviors


@pytest.fixture(autouse=True, params=[Behaviors(), Behaviors(report_rounding_minutes=15)], ids=["exact", "rounding"])
def behaviors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "behaviors", request.param)
