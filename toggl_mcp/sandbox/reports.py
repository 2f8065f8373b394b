"""Reports of a workspace's time entries, those of colleagues too."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import zone
from toggl_mcp.sandbox.report_entries import (
    PAYLOAD,
    choose,
    client_id,
    find_entries,
    hourly_rate,
    parse_body,
    report_response,
)
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error
from toggl_mcp.sandbox.rounding import rounded_seconds
from toggl_mcp.sandbox.rows import Row, seconds

_PAGE = 50
DETAILED: Mapping[str, type] = {
    **PAYLOAD,
    **dict.fromkeys(["enrich_response", "hide_amounts"], bool),
    **dict.fromkeys(["first_id", "first_row_number", "page_size"], int),
    **dict.fromkeys(["order_by", "order_dir"], str),
}
SUMMARY: Mapping[str, type] = {**PAYLOAD, "grouping": str, "sub_grouping": str}


def detailed_rows(request: RequestContext, body: Row) -> list[Row]:
    """Every row of a detailed report, in its order."""
    return _to_report_rows(request, body, _sorted(request, find_entries(request, body), body), 1)


def _search(request: RequestContext) -> Response:
    """Detailed entries, a page at a time: headers say where the next page begins, if there is one."""
    body = parse_body(request, DETAILED)
    rows = _sorted(request, find_entries(request, body), body)
    size: int = min(body.get("page_size", _PAGE), request.behaviors.longest_report_page)
    if size < 1:
        raise Refusal(error(400, "Invalid page_size"))
    if {"first_id", "first_row_number"} <= body.keys() and request.behaviors.row_and_id_find_nothing:
        rows = []
    start = _first(rows, body)
    response = report_response(_to_report_rows(request, body, rows[start : start + size], start + 1), body)
    response.headers["X-Page-Size"] = str(size)
    if start + size < len(rows):
        next_row = rows[start + size]
        response.headers["X-Next-Row-Number"] = str(start + size + 1)
        is_recorded = request.behaviors.report_next_id == "next row"
        response.headers["X-Next-ID"] = str((next_row if is_recorded else rows[start + size - 1])["id"])
        response.headers["X-Next-Timestamp"] = str(int(seconds(next_row["start"])))
    return response


def summary_groups(request: RequestContext, body: Row) -> tuple[str, str, list[Row]]:
    """The two kinds of groups, and seconds by the one and by the other within."""
    grouping = choose("grouping", body, _GROUPS, "projects")
    sub_grouping = choose("sub_grouping", body, _SUB_GROUPS, "time_entries")
    entries: dict[Any, dict[Any, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in find_entries(request, body):
        entries[_GROUPS[grouping](request, row)][_SUB_GROUPS[sub_grouping](request, row)].append(row)
    kinds: Row = {"Grouping": grouping, "SubGrouping": sub_grouping}
    groups = [
        {"id": key, "sub_groups": [_sub_group(request, body, *part) | kinds for part in parts.items()]}
        | (_colors(request, next(iter(parts.values()))[0]) if grouping == "projects" else {})
        for key, parts in entries.items()
    ]
    return grouping, sub_grouping, groups


def _summary(request: RequestContext) -> Response:
    body = parse_body(request, SUMMARY)
    grouping, sub_grouping, groups = summary_groups(request, body)
    response = report_response({"groups": groups}, body)
    response.headers["X-Grouping"], response.headers["X-Sub-Grouping"] = grouping, sub_grouping
    return response


def _sub_group(request: RequestContext, body: Row, key: object, rows: list[Row]) -> Row:
    # A description is a title, as it has no id.
    names: Row = {"id": None, "title": key} if isinstance(key, str) else {"id": key}
    start = datetime.fromisoformat(rows[0]["start"]).astimezone(zone(request.state)).replace(tzinfo=None)
    length = sum(rounded_seconds(request, body, row) for row in rows)
    # Toggl writes the user's wall clock as if it were UTC.
    times: Row = {"seconds": length, "local_start": f"{start.isoformat()}Z"}
    return names | times | _colors(request, rows[0]) | {"ForExport": False, "DistinguishRates": False}


def _colors(request: RequestContext, row: Row) -> Row:
    project: Row = request.state.projects.get(row["project_id"], {})
    return {"project_color": "0" if project else None, "project_hex_color": project.get("color")}


def _first(rows: list[Row], body: Row) -> int:
    """Where the page begins among the rows, by the row's number or else by its id."""
    if "first_id" in body and "first_row_number" not in body:
        return next((place for place, row in enumerate(rows) if row["id"] == body["first_id"]), len(rows))
    return max(1, body.get("first_row_number", 1)) - 1


def _sorted(request: RequestContext, rows: list[Row], body: Row) -> list[Row]:
    order = _ORDERS[choose("order_by", body, _ORDERS, "date")]
    backwards = choose("order_dir", body, ("ASC", "DESC"), "ASC") == "DESC"
    return sorted(rows, key=lambda row: (order(request, row), row["start"], row["id"]), reverse=backwards)


def _to_report_rows(request: RequestContext, body: Row, rows: list[Row], first_number: int) -> list[Row]:
    return [_to_report_row(request, body, row, number) for number, row in enumerate(rows, first_number)]


def _to_report_row(request: RequestContext, body: Row, row: Row, number: int) -> Row:
    rate = None if body.get("hide_amounts") else hourly_rate(request, row)
    duration, shows_rate = rounded_seconds(request, body, row), request.behaviors.report_rows_have_rates
    report_row: Row = {"user_id": row["user_id"], "username": request.state.people.get(row["user_id"], "")}
    report_row |= {field: row[field] for field in ("project_id", "task_id", "billable")}
    report_row |= {
        "description": row["description"] or "",
        "tag_ids": row["tag_ids"],
        "billable_amount_in_cents": None if rate is None else math.ceil(rate * duration / 36),
        "hourly_rate_in_cents": None if rate is None or not shows_rate else round(rate * 100),
        "currency": request.workspace()["default_currency"],
        "time_entries": [_times(row, duration, zone(request.state))],
        "row_number": number,
    }
    return report_row | (_names(request, row) if body.get("enrich_response") else {})


def _times(row: Row, duration: int, home: tzinfo) -> Row:
    """When an entry was, as the user's own clock shows it."""
    start = datetime.fromisoformat(row["start"]).astimezone(home)
    stop = datetime.fromisoformat(row["stop"]).astimezone(home) if row["stop"] else start
    at = datetime.fromisoformat(row["at"]).replace(microsecond=0)
    times = {"start": start.isoformat(), "stop": stop.isoformat(), "at": at.isoformat()}
    return {"id": row["id"], "seconds": duration} | times | {"at_tz": at.astimezone(home).isoformat()}


def _names(request: RequestContext, row: Row) -> Row:
    state = request.state
    project: Row = state.projects.get(row["project_id"], {})
    task: Row = state.tasks.get(row["task_id"], {})
    client: Row = state.clients.get(project.get("client_id") or 0, {})
    return {
        "client_name": client.get("name"),
        "project_name": project.get("name"),
        "project_color": "0" if project else None,
        "project_hex": project.get("color"),
        "task_name": task.get("name"),
        "tag_names": row["tags"],
        "email": f"{row['user_id']}@harbour-studio.example",
    }


_GROUPS: Mapping[str, Callable[[RequestContext, Row], Any]] = {
    "clients": client_id,
    "projects": lambda _, row: row["project_id"],
    "users": lambda _, row: row["user_id"],
}
_SUB_GROUPS: Mapping[str, Callable[[RequestContext, Row], Any]] = {
    **_GROUPS,
    "tasks": lambda _, row: row["task_id"],
    "time_entries": lambda _, row: row["description"] or "",
}
_ORDERS: Mapping[str, Callable[[RequestContext, Row], Any]] = {
    "date": lambda _, row: row["start"],
    "user": lambda request, row: request.state.people.get(row["user_id"], ""),
    "duration": lambda _, row: row["duration"],
    "description": lambda _, row: row["description"] or "",
    "last_update": lambda _, row: row["at"],
}
OPERATIONS: Mapping[str, Operation] = {
    "POST /reports/api/v3/workspace/{workspace_id}/search/time_entries": _search,
    "POST /reports/api/v3/workspace/{workspace_id}/summary/time_entries": _summary,
}
