"""Reports of a workspace's time entries, those of colleagues too."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import day, zone
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rounding import rounded_seconds
from toggl_mcp.sandbox.rows import Row

_PAGE = 50
_MAX_RANGE = timedelta(days=365)
_IDS = {"project_ids": "project_id", "task_ids": "task_id", "time_entry_ids": "id", "user_ids": "user_id"}
_PAYLOAD: Mapping[str, type] = {
    **dict.fromkeys(["client_ids", "project_ids", "tag_ids", "task_ids", "time_entry_ids", "user_ids"], list),
    **dict.fromkeys(["description", "end_date", "start_date"], str),
    **dict.fromkeys(["max_duration_seconds", "min_duration_seconds", "rounding", "rounding_minutes"], int),
    "billable": bool,
}
_DETAILED: Mapping[str, type] = {
    **_PAYLOAD,
    **dict.fromkeys(["enrich_response", "hide_amounts"], bool),
    **dict.fromkeys(["first_id", "first_row_number", "page_size"], int),
    **dict.fromkeys(["order_by", "order_dir"], str),
}
_AUDIT_FILTERS = ("max_duration_seconds", "min_duration_seconds")
_SUMMARY: Mapping[str, type] = {**_PAYLOAD, "grouping": str, "sub_grouping": str}


def _search(request: RequestContext) -> Response:
    """Detailed entries, a page at a time: headers say where the next page begins, if there is one."""
    body = _body(request, _DETAILED)
    rows = _sorted(request, _find_entries(request, body), body)
    size: int = min(body.get("page_size", _PAGE), request.behaviors.longest_report_page)
    if size < 1:
        raise Refusal(error(400, "Invalid page_size"))
    if {"first_id", "first_row_number"} <= body.keys() and request.behaviors.row_and_id_find_nothing:
        return json_response([])
    start = _first(rows, body)
    report_rows = [
        _to_report_row(request, body, row, start + number) for number, row in enumerate(rows[start : start + size], 1)
    ]
    response = json_response(report_rows)
    if start + size < len(rows):
        response.headers["X-Next-Row-Number"] = str(start + size + 1)
        response.headers["X-Next-ID"] = str(rows[start + size]["id"])
    return response


def _summary(request: RequestContext) -> Response:
    """Seconds by project, user or client, and by another of them within."""
    body = _body(request, _SUMMARY)
    group = _choose("grouping", body, _GROUPS, "projects")
    sub_group = _choose("sub_grouping", body, _SUB_GROUPS, "time_entries")
    seconds: dict[Any, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for row in _find_entries(request, body):
        seconds[_GROUPS[group](request, row)][_SUB_GROUPS[sub_group](request, row)] += rounded_seconds(
            request, body, row
        )
    groups = [
        {"id": key, "sub_groups": [_sub_group(sub_group, key, length) for key, length in within.items()]}
        for key, within in seconds.items()
    ]
    return json_response({"groups": groups})


def _sub_group(kind: str, key: object, seconds: int) -> Row:
    return {"id": None, "title": key, "seconds": seconds} if kind == "time_entries" else {"id": key, "seconds": seconds}


def _first(rows: list[Row], body: Row) -> int:
    """Where the page begins among the rows, by the row's number or else by its id."""
    if "first_id" in body and "first_row_number" not in body:
        return next((place for place, row in enumerate(rows) if row["id"] == body["first_id"]), len(rows))
    return max(1, body.get("first_row_number", 1)) - 1


def _sorted(request: RequestContext, rows: list[Row], body: Row) -> list[Row]:
    order = _ORDERS[_choose("order_by", body, _ORDERS, "date")]
    backwards = _choose("order_dir", body, ("ASC", "DESC"), "ASC") == "DESC"
    return sorted(rows, key=lambda row: (order(request, row), row["start"], row["id"]), reverse=backwards)


def _choose(field: str, body: Row, allowed: Collection[str], usual: str) -> str:
    if (value := body.get(field, usual)) in allowed:
        return value
    raise Refusal(error(400, f"Invalid '{field}' value, allowed values are: '{', '.join(allowed)}'"))


def _body(request: RequestContext, fields: Mapping[str, type]) -> Row:
    """The body, whose dates have to be there and may be a year apart."""
    request.workspace("Workspace not found/accessible")
    if not request.body or not request.mapping():
        raise Refusal(error(400, "At least one parameter must be set"))
    body = request.fields(fields)
    first, last = _days(body)
    if last - first >= _MAX_RANGE:
        raise Refusal(error(400, "Maximum allowed date range is 365 days"))
    if not date(2006, 1, 1) <= last <= date(2030, 1, 1):
        raise Refusal(error(400, "end_date should be within 2006-01-01 to 2030-01-01"))
    return _audited(request, body)


def _audited(request: RequestContext, body: Row) -> Row:
    """The body, on a plan without Time Audits refused with their filters, or without them."""
    if request.workspace()["business_ws"] or not set(_AUDIT_FILTERS) & body.keys():
        return body
    if request.behaviors.audit_filters_below_premium == "refused":
        raise Refusal(error(402, "Workspace needs to have this feature enabled"))
    return {field: value for field, value in body.items() if field not in _AUDIT_FILTERS}


def _days(body: Row) -> tuple[date, date]:
    first, last = (day(field, body.get(field, "")) for field in ("start_date", "end_date"))
    return first, last


def _find_entries(request: RequestContext, body: Row) -> list[Row]:
    """The finished entries that begin on the report's days, the last one included, and fit its filters."""
    home = zone(request.state)
    first, last = _days(body)
    return [
        row
        for row in request.state.entries.values()
        if row["workspace_id"] == request.ids["workspace_id"]
        and row["server_deleted_at"] is None
        and row["duration"] >= 0
        and first <= datetime.fromisoformat(row["start"]).astimezone(home).date() <= last
        and _matches_filters(request, body, row)
    ]


def _matches_filters(request: RequestContext, body: Row, row: Row) -> bool:
    """Whether an entry fits the filters; `[null]` asks for those without."""
    by_id = all(row[field] in body[name] for name, field in _IDS.items() if name in body)
    client = "client_ids" not in body or _client(request, row) in body["client_ids"]
    tag_ids = body.get("tag_ids")
    tags = tag_ids is None or bool(set(row["tag_ids"] or [None]) & set(tag_ids))
    billable = "billable" not in body or row["billable"] is body["billable"]
    has_description = body.get("description", "").casefold() in (row["description"] or "").casefold()
    longest, shortest = body.get("max_duration_seconds"), body.get("min_duration_seconds", 0)
    length = shortest <= row["duration"] and (longest is None or row["duration"] <= longest)
    return by_id and client and tags and billable and has_description and length


def _to_report_row(request: RequestContext, body: Row, row: Row, number: int) -> Row:
    rate = None if body.get("hide_amounts") else _rate(request, row)
    duration = rounded_seconds(request, body, row)
    report_rows: Row = {field: row[field] for field in ("user_id", "project_id", "task_id", "billable", "tag_ids")}
    report_rows |= {"username": request.state.people.get(row["user_id"], ""), "description": row["description"] or ""}
    report_rows |= {
        "billable_amount_in_cents": None if rate is None else math.ceil(rate * duration / 36),
        "hourly_rate_in_cents": None if rate is None else round(rate * 100),
        "currency": request.workspace()["default_currency"],
        "time_entries": [_times(row, duration, zone(request.state))],
        "row_number": number,
    }
    return report_rows | (_names(request, row) if body.get("enrich_response") else {})


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


def _rate(request: RequestContext, row: Row) -> float | None:
    """What a billable hour earns: the project's rate, else the workspace's; none on a free plan."""
    if not row["billable"] or not request.workspace()["premium"]:
        return None
    project = request.state.projects.get(row["project_id"], {})
    return project.get("rate") or request.workspace()["default_hourly_rate"]


def _client(request: RequestContext, row: Row) -> int | None:
    return request.state.projects.get(row["project_id"], {}).get("client_id")


_GROUPS: Mapping[str, Callable[[RequestContext, Row], Any]] = {
    "clients": _client,
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
