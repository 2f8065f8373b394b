"""That docs/observability.md names what there is, and nothing else."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from tests.endpoints.support import AROHA
from tests.http.support import serve
from tests.sandbox.clock import Clock
from tests.spans import SpanRecorder
from toggl_mcp.sandbox import Fault, Sandbox

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[1] / "docs" / "observability.md").read_text("utf-8")


def read_rows(heading: str) -> list[list[set[str]]]:
    """Return the names in each cell of the table below a heading."""
    rows = re.findall(r"^\| (`.+) \|$", PAGE.partition(f"{heading}\n")[2].partition("\n#")[0], re.MULTILINE)
    return [[set(re.findall(r"`([^`]+)`", cell)) for cell in row.split(" | ")] for row in rows]


def first_cells(heading: str) -> set[str]:
    return {name for row in read_rows(heading) for name in row[0]}


async def test_page_has_every_field_metric_label_and_attribute(
    sandbox: Sandbox, clock: Clock, spans: SpanRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "toggl_mcp.audit")
    async with serve(sandbox, clock) as web, web.connect() as host:
        await host.call("edit_client", client=str(AROHA), notes="New")
        sandbox.fault = lambda call: Fault("rejected") if call.method == "PUT" else None
        await host.fail("edit_client", client=str(AROHA), notes="Newer")
        sandbox.fault = lambda _: Fault("lost before")
        await host.fail("list_clients", refresh=True)
        metrics = (await web.client.get("/metrics")).text

    assert first_cells("### Audit") == list_fields(caplog)
    assert {name: labels for (name, *_), labels, _ in read_rows("## Metrics")} == list_metrics(metrics)
    assert first_cells("## Traces") == {name for span in spans.toggl for name in span.attributes or {}}


def list_fields(caplog: pytest.LogCaptureFixture) -> set[str]:
    lines: list[dict[str, Any]] = [vars(record)["fields"] for record in caplog.records if "fields" in vars(record)]
    return {name for line in lines for name in line}


def list_metrics(text: str) -> dict[str, set[str]]:
    """Return the labels of each metric of ours, by its name with dots, as the page has it."""
    metrics: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(toggl_mcp_[a-z_]+?)\{(.*)\}", text, re.MULTILINE):
        short_name = re.sub(r"_(seconds_(count|sum|bucket|created)|total|created)$", "", name)
        names = set(re.findall(r'(\w+)="', labels)) - {"le"}
        metrics.setdefault(short_name, set()).update(label for label in names if not label.startswith("otel_"))
    dotted_names = {re.sub(r"\W", "_", name): name for name in re.findall(r"`([\w.]+)`", PAGE)}
    return {
        dotted_names.get(name, name): {dotted_names.get(label, label) for label in labels}
        for name, labels in metrics.items()
    }
