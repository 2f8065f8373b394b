"""That docs/observability.md names what there is, and nothing else."""

import inspect
import re
from pathlib import Path

from toggl_mcp.endpoints.core import audit
from toggl_mcp.models import metrics

PAGE = (Path(__file__).parents[1] / "docs" / "observability.md").read_text("utf-8")


def first_cells(heading: str) -> set[str]:
    """Return the names in the first column of the table below a heading."""
    section = PAGE.partition(f"{heading}\n")[2].partition("\n#")[0]
    return {
        name for row in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }


def test_page_has_every_field_of_an_audit_line() -> None:
    assert first_cells("### Audit") == set(re.findall(r'^        "(\w+)":', inspect.getsource(audit), re.MULTILINE))


def test_page_has_every_metric() -> None:
    assert first_cells("## Metrics") == set(re.findall(r'"(toggl_mcp\.[a-z_.]+)", "', inspect.getsource(metrics)))
