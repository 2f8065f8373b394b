"""Reports as files: comma-separated values, or a page to print."""

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from io import StringIO

from starlette.responses import Response

from toggl_mcp.sandbox.report_entries import PAYLOAD, parse_body
from toggl_mcp.sandbox.report_totals import weekly_rows
from toggl_mcp.sandbox.reports import DETAILED, SUMMARY, detailed_rows, summary_groups
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.rows import Row

_Table = list[list[str]]

_DETAILED_COLUMNS = (
    *("User", "Email", "Client", "Project", "Task", "Description", "Billable"),
    *("Start date", "Start time", "End date", "End time", "Duration", "Tags"),
)
_PAGE_TOP, _LINE_HEIGHT = 800, 12


def _detailed(request: RequestContext) -> _Table:
    body = parse_body(request, DETAILED) | {"enrich_response": True}
    return [list(_DETAILED_COLUMNS), *(_detailed_cells(row) for row in detailed_rows(request, body))]


def _detailed_cells(row: Row) -> list[str]:
    (times,) = row["time_entries"]
    start, stop = (datetime.fromisoformat(times[field]) for field in ("start", "stop"))
    moments = [text for moment in (start, stop) for text in (f"{moment:%Y-%m-%d}", f"{moment:%H:%M:%S}")]
    names = [row[field] or "" for field in ("username", "email", "client_name", "project_name", "task_name")]
    billable, tags = "Yes" if row["billable"] else "No", ", ".join(row["tag_names"])
    return [*names, row["description"], billable, *moments, _duration(times["seconds"]), tags]


def _summary(request: RequestContext) -> _Table:
    grouping, sub_grouping, groups = summary_groups(request, parse_body(request, SUMMARY))
    return [
        [grouping.capitalize(), sub_grouping.capitalize(), "Duration"],
        *(
            [
                _name(request, grouping, group["id"]),
                part.get("title") or _name(request, sub_grouping, part["id"]),
                _duration(part["seconds"]),
            ]
            for group in groups
            for part in group["sub_groups"]
        ),
    ]


def _weekly(request: RequestContext) -> _Table:
    body = parse_body(request, PAYLOAD)
    first = date.fromisoformat(body["start_date"])
    days = [(first + timedelta(days=place)).isoformat() for place in range(7)]
    return [
        ["User", "Project", *days],
        *(
            [
                _name(request, "users", row["user_id"]),
                _name(request, "projects", row["project_id"]),
                *map(_duration, row["seconds"]),
            ]
            for row in weekly_rows(request, body)
        ),
    ]


def _name(request: RequestContext, kind: str, row_id: int | None) -> str:
    state = request.state
    rows: Mapping[str, Mapping[int, Row]] = {
        "clients": state.clients,
        "projects": state.projects,
        "tasks": state.tasks,
        "users": {user_id: {"name": name} for user_id, name in state.people.items()},
    }
    return rows.get(kind, {}).get(row_id or 0, {}).get("name", "")


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _csv_response(table: _Table) -> Response:
    text = StringIO()
    csv.writer(text).writerows(table)
    return Response(text.getvalue(), media_type="text/csv")


def _pdf_response(table: _Table) -> Response:
    """The table on one page, in a built-in font that has no letters beyond Western Europe's."""
    lines = (
        ", ".join(cells).replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("latin-1", "replace")
        for cells in table
    )
    content = b"BT /F1 9 Tf %d TL 40 %d Td " % (_LINE_HEIGHT, _PAGE_TOP)
    content += b" ".join(b"(%s) Tj T*" % line for line in lines) + b" ET"
    return Response(
        _pdf(
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ),
        media_type="application/pdf",
    )


def _pdf(*objects: bytes) -> bytes:
    """A document of these objects, the catalog first."""
    document, offsets = b"%PDF-1.4\n", [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        offsets.append(b"%010d 00000 n \n" % len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets), len(document))
    return document + b"xref\n0 %d\n" % len(offsets) + b"".join(offsets) + trailer


def _operations(path: str, table: Callable[[RequestContext], _Table]) -> Iterable[tuple[str, Operation]]:
    route = f"POST /reports/api/v3/workspace/{{workspace_id}}/{path}/time_entries"
    yield f"{route}.csv", lambda request: _csv_response(table(request))
    yield f"{route}.pdf", lambda request: _pdf_response(table(request))


OPERATIONS: Mapping[str, Operation] = {
    route: operation
    for path, table in (("search", _detailed), ("summary", _summary), ("weekly", _weekly))
    for route, operation in _operations(path, table)
}
