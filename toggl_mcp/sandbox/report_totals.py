"""Reports of sums alone: of everything, of a week, and of projects."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from starlette.responses import Response

from toggl_mcp.sandbox.projects import find_project
from toggl_mcp.sandbox.report_entries import (
    PAYLOAD,
    choose,
    find_entries,
    hourly_rate,
    local_day,
    parse_body,
    report_response,
)
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rounding import rounded_seconds
from toggl_mcp.sandbox.rows import Row

_DAYS = 7
_RANGE: Mapping[str, type] = {"end_date": str, "start_date": str}
_TOTALS: Mapping[str, type] = {**PAYLOAD, "granularity": str, "resolution": str, "with_graph": bool}
# Which point of a graph a day belongs to; a week is counted from the first day of the range.
_POINTS: Mapping[str, Callable[[date, date], int]] = {
    "day": lambda first, day: (day - first).days,
    "week": lambda first, day: (day - first).days // 7,
    "month": lambda first, day: 12 * (day.year - first.year) + day.month - first.month,
}


def weekly_rows(request: RequestContext, body: Row) -> list[Row]:
    """The seconds of each user on each project, on each of the seven days from the range's first."""
    first = date.fromisoformat(body["start_date"])
    seconds: dict[tuple[int, int | None], list[int]] = defaultdict(lambda: [0] * _DAYS)
    for row in find_entries(request, body):
        place = (local_day(request.state, row) - first).days
        if place < _DAYS:
            seconds[row["user_id"], row["project_id"]][place] += rounded_seconds(request, body, row)
    return [
        {"user_id": user_id, "project_id": project_id, "seconds": days}
        for (user_id, project_id), days in seconds.items()
    ]


def _weekly(request: RequestContext) -> Response:
    body = parse_body(request, PAYLOAD)
    return report_response(weekly_rows(request, body), body)


def _totals(request: RequestContext) -> Response:
    body = parse_body(request, _TOTALS)
    rows = find_entries(request, body)
    resolution = choose("granularity" if "granularity" in body else "resolution", body, _POINTS, "day")
    totals = _sum_up(request, body, rows) | {"resolution": resolution}
    if body.get("with_graph"):
        totals["graph"] = _graph(request, body, rows, _POINTS[resolution])
    return report_response(totals, body)


def _project_summary(request: RequestContext) -> Response:
    project = find_project(request)
    if project is None:
        raise Refusal(error(403, "project not found or not accessible"))
    if "start_date" not in request.mapping():
        raise Refusal(error(400, "The start_date parameter is required"))
    body = parse_body(request, _RANGE)
    rows = find_entries(request, body | {"project_ids": [project["id"]]})
    return report_response(_sum_up(request, body, rows), body)


def _project_users(request: RequestContext) -> Response:
    body = parse_body(request, _RANGE)
    seconds: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for row in find_entries(request, body):
        if row["project_id"] is not None:
            sums = seconds[row["user_id"], row["project_id"]]
            sums[0] += row["duration"]
            sums[1] += row["duration"] if row["billable"] else 0
    return json_response(
        [
            {"user_id": user_id, "project_id": project_id, "tracked_seconds": tracked, "billable_seconds": billable}
            for (user_id, project_id), (tracked, billable) in seconds.items()
        ]
    )


def _sum_up(request: RequestContext, body: Row, rows: list[Row]) -> Row:
    """The time and the money of these entries; rates are null without any."""
    by_rate = _by_rate(request, body, rows)
    currency = request.workspace()["default_currency"]
    rates: list[Row] = [
        {"billable_seconds": length, "hourly_rate_in_cents": cents, "currency": currency}
        for cents, length in by_rate.items()
    ]
    return {
        "seconds": sum(rounded_seconds(request, body, row) for row in rows),
        "tracked_days": len({local_day(request.state, row) for row in rows}),
        "rates": rates or None,
        **_money(by_rate),
    }


def _graph(
    request: RequestContext, body: Row, rows: list[Row], point: Callable[[date, date], int]
) -> list[dict[str, Any]]:
    first, last = (date.fromisoformat(body[field]) for field in ("start_date", "end_date"))
    points: list[list[Row]] = [[] for _ in range(point(first, last) + 1)]
    for row in rows:
        points[point(first, local_day(request.state, row))].append(row)
    return [
        {
            "seconds": sum(rounded_seconds(request, body, row) for row in point_rows),
            **_money(by_rate := _by_rate(request, body, point_rows)),
            "by_rate": {str(cents): length for cents, length in by_rate.items()},
        }
        for point_rows in points
    ]


def _by_rate(request: RequestContext, body: Row, rows: list[Row]) -> dict[int, int]:
    """The billable seconds at each rate, in cents."""
    seconds: dict[int, int] = defaultdict(int)
    for row in rows:
        if (rate := hourly_rate(request, row)) is not None:
            seconds[round(100 * rate)] += rounded_seconds(request, body, row)
    return seconds


def _money(by_rate: Mapping[int, int]) -> Row:
    amount = round(sum(cents * length for cents, length in by_rate.items()) / 3600) if by_rate else None
    return {"billable_amount_in_cents": amount, "labour_cost_in_cents": None}


_WORKSPACE = "POST /reports/api/v3/workspace/{workspace_id}"

OPERATIONS: Mapping[str, Operation] = {
    f"{_WORKSPACE}/projects/summary": _project_users,
    f"{_WORKSPACE}/projects/{{project_id}}/summary": _project_summary,
    f"{_WORKSPACE}/search/time_entries/totals": _totals,
    f"{_WORKSPACE}/weekly/time_entries": _weekly,
}
