"""Reports as files."""

import csv
import re

import httpx
import pytest

from tests.sandbox.reports import BASE, WEEK, Row, add_week
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("week")]

REPORTS = ("search", "summary", "weekly")


@pytest.fixture
def week(sandbox: Sandbox) -> list[Row]:
    sandbox.state.entries = {}
    return add_week(sandbox)


async def export(toggl: httpx.AsyncClient, report: str, extension: str) -> httpx.Response:
    response = await toggl.post(f"{BASE}/{HARBOUR_STUDIO}/{report}/time_entries.{extension}", json=WEEK)
    assert response.status_code == 200
    return response


@pytest.mark.parametrize(
    ("report", "row"),
    [
        (
            "search",
            (
                "Marama Quayle,7301001@harbour-studio.example,Aroha Bakery,Web shop,Checkout,a first,Yes,"
                "2025-10-01,00:00:00,2025-10-01,02:00:00,02:00:00,design"
            ),
        ),
        ("summary", "Web shop,a first,02:00:00"),
        ("weekly", "Marama Quayle,Web shop,02:00:00,00:00:00,00:00:00,00:00:00,00:00:00,00:00:00,00:00:00"),
    ],
)
async def test_export_csv_has_a_line_for_each_row(toggl: httpx.AsyncClient, report: str, row: str) -> None:
    response = await export(toggl, report, "csv")
    header, first, *_ = rows = list(csv.reader(response.text.splitlines()))
    assert response.headers["Content-Type"].startswith("text/csv")
    assert ",".join(first) == row
    assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("report", REPORTS)
async def test_export_pdf_is_a_document_whose_parts_are_where_it_says(toggl: httpx.AsyncClient, report: str) -> None:
    response = await export(toggl, report, "pdf")
    document = response.content
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", document)
    assert (response.headers["Content-Type"], document[:9]) == ("application/pdf", b"%PDF-1.4\n")
    assert document[int(start) :].startswith(b"xref\n0 6\n")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n ", document), 1):
        assert document[int(offset) :].startswith(b"%d 0 obj\n" % number)
    assert b"Web shop" in document


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("extension", ["csv", "pdf"])
async def test_export_without_a_body_is_refused(toggl: httpx.AsyncClient, report: str, extension: str) -> None:
    response = await toggl.post(f"{BASE}/{HARBOUR_STUDIO}/{report}/time_entries.{extension}")
    assert (response.status_code, response.json()) == (400, "At least one parameter must be set")
