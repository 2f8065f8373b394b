"""Reports of a workspace's time entries, those of colleagues too."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import day, zone
from toggl_mcp.sandbox.request import Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.sample import PEOPLE

_PAGE = 50
_LONGEST = timedelta(days=365)
_IDS = {"project_ids": "project_id", "task_ids": "task_id", "time_entry_ids": "id", "user_ids": "user_id"}
_PAYLOAD: Mapping[str, type] = {
    **dict.fromkeys(["client_ids", "project_ids", "tag_ids", "task_ids", "time_entry_ids", "user_ids"], list),
    **dict.fromkeys(["description", "end_date", "start_date"], str),
    **dict.fromkeys(["max_duration_seconds", "min_duration_seconds"], int),
    "billable": bool,
}
_DETAILED: Mapping[str, type] = {
    **_PAYLOAD,
    **dict.fromkeys(["enrich_response", "hide_amounts"], bool),
    **dict.fromkeys(["first_id", "first_row_number", "page_size"], int),
    **dict.fromkeys(["order_by", "order_dir"], str),
}
_SUMMARY: Mapping[str, type] = {**_PAYLOAD, "grouping": str, "sub_grouping": str}


def _search(asked: Asked) -> Response:
    """Detailed entries, a page at a time: headers say where the next page begins, if there is one."""
    body = _body(asked, _DETAILED)
    rows = _sorted(_found(asked, body), body)
    size: int = min(body.get("page_size", _PAGE), asked.switches.longest_report_page)
    if size < 1:
        raise Refused(error(400, "Invalid page_size"))
    if {"first_id", "first_row_number"} <= body.keys() and asked.switches.row_and_id_find_nothing:
        return answer([])
    start = _first(rows, body)
    shown = [_detailed(asked, body, row, start + number) for number, row in enumerate(rows[start : start + size], 1)]
    response = answer(shown)
    if start + size < len(rows):
        response.headers["X-Next-Row-Number"] = str(start + size + 1)
        response.headers["X-Next-ID"] = str(rows[start + size]["id"])
    return response


def _summary(asked: Asked) -> Response:
    """Seconds by project, user or client, and by another of them within."""
    body = _body(asked, _SUMMARY)
    group = _one_of("grouping", body, _GROUPS, "projects")
    sub_group = _one_of("sub_grouping", body, _SUB_GROUPS, "time_entries")
    seconds: dict[Any, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for row in _found(asked, body):
        seconds[_GROUPS[group](asked, row)][_SUB_GROUPS[sub_group](asked, row)] += row["duration"]
    groups = [
        {"id": key, "sub_groups": [_sub_group(sub_group, found, length) for found, length in within.items()]}
        for key, within in seconds.items()
    ]
    return answer({"groups": groups})


def _sub_group(kind: str, key: object, seconds: int) -> Row:
    return {"id": None, "title": key, "seconds": seconds} if kind == "time_entries" else {"id": key, "seconds": seconds}


def _first(rows: list[Row], body: Row) -> int:
    """Where the page begins among the rows, by the row's number or else by its id."""
    if "first_id" in body and "first_row_number" not in body:
        return next((place for place, row in enumerate(rows) if row["id"] == body["first_id"]), len(rows))
    return max(1, body.get("first_row_number", 1)) - 1


def _sorted(rows: list[Row], body: Row) -> list[Row]:
    order = _ORDERS[_one_of("order_by", body, _ORDERS, "date")]
    backwards = _one_of("order_dir", body, ("ASC", "DESC"), "ASC") == "DESC"
    return sorted(rows, key=lambda row: (order(row), row["start"], row["id"]), reverse=backwards)


def _one_of(field: str, body: Row, allowed: Collection[str], usual: str) -> str:
    if (told := body.get(field, usual)) in allowed:
        return told
    raise Refused(error(400, f"Invalid '{field}' value, allowed values are: '{', '.join(allowed)}'"))


def _body(asked: Asked, fields: Mapping[str, type]) -> Row:
    """The body, whose dates have to be there and may be a year apart."""
    asked.workspace("Workspace not found/accessible")
    if not asked.body or not asked.mapping():
        raise Refused(error(400, "At least one parameter must be set"))
    body = asked.fields(fields)
    first, last = _days(body)
    if last - first >= _LONGEST:
        raise Refused(error(400, "Maximum allowed date range is 365 days"))
    if not date(2006, 1, 1) <= last <= date(2030, 1, 1):
        raise Refused(error(400, "end_date should be within 2006-01-01 to 2030-01-01"))
    return body


def _days(body: Row) -> tuple[date, date]:
    first, last = (day(field, body.get(field, "")) for field in ("start_date", "end_date"))
    return first, last


def _found(asked: Asked, body: Row) -> list[Row]:
    """The finished entries that begin on the report's days, the last one included, and fit its filters."""
    home = zone(asked.world)
    first, last = _days(body)
    return [
        row
        for row in asked.world.entries.values()
        if row["workspace_id"] == asked.ids["workspace_id"]
        and row["server_deleted_at"] is None
        and row["duration"] >= 0
        and first <= datetime.fromisoformat(row["start"]).astimezone(home).date() <= last
        and _fits(asked, body, row)
    ]


def _fits(asked: Asked, body: Row, row: Row) -> bool:
    """Whether an entry fits the filters; `[null]` asks for those without."""
    by_id = all(row[field] in body[name] for name, field in _IDS.items() if name in body)
    client = "client_ids" not in body or _client(asked, row) in body["client_ids"]
    wanted = body.get("tag_ids")
    tags = wanted is None or bool(set(row["tag_ids"] or [None]) & set(wanted))
    billable = "billable" not in body or row["billable"] is body["billable"]
    said = body.get("description", "").casefold() in (row["description"] or "").casefold()
    longest, shortest = body.get("max_duration_seconds"), body.get("min_duration_seconds", 0)
    length = shortest <= row["duration"] and (longest is None or row["duration"] <= longest)
    return by_id and client and tags and billable and said and length


def _detailed(asked: Asked, body: Row, row: Row, number: int) -> Row:
    rate = None if body.get("hide_amounts") else _rate(asked, row)
    shown: Row = {field: row[field] for field in ("user_id", "project_id", "task_id", "billable", "tag_ids")}
    shown |= {"username": PEOPLE.get(row["user_id"], ""), "description": row["description"] or ""}
    shown |= {
        "billable_amount_in_cents": None if rate is None else round(rate * row["duration"] / 36),
        "hourly_rate_in_cents": None if rate is None else round(rate * 100),
        "currency": asked.workspace()["default_currency"],
        "time_entries": [_times(row, zone(asked.world))],
        "row_number": number,
    }
    return shown | (_names(asked, row) if body.get("enrich_response") else {})


def _times(row: Row, home: tzinfo) -> Row:
    """When an entry was, as the user's own clock shows it."""
    start = datetime.fromisoformat(row["start"]).astimezone(home)
    stop = datetime.fromisoformat(row["stop"]).astimezone(home) if row["stop"] else start
    at = datetime.fromisoformat(row["at"]).replace(microsecond=0)
    times = {"start": start.isoformat(), "stop": stop.isoformat(), "at": at.isoformat()}
    return {"id": row["id"], "seconds": row["duration"]} | times | {"at_tz": at.astimezone(home).isoformat()}


def _names(asked: Asked, row: Row) -> Row:
    world = asked.world
    project: Row = world.projects.get(row["project_id"], {})
    task: Row = world.tasks.get(row["task_id"], {})
    client: Row = world.clients.get(project.get("client_id") or 0, {})
    return {
        "client_name": client.get("name"),
        "project_name": project.get("name"),
        "project_color": "0" if project else None,
        "project_hex": project.get("color"),
        "task_name": task.get("name"),
        "tag_names": row["tags"],
        "email": f"{row['user_id']}@harbour-studio.example",
    }


def _rate(asked: Asked, row: Row) -> float | None:
    """What a billable hour earns: the project's rate, else the workspace's; none on a free plan."""
    if not row["billable"] or not asked.workspace()["premium"]:
        return None
    project = asked.world.projects.get(row["project_id"], {})
    return project.get("rate") or asked.workspace()["default_hourly_rate"]


def _client(asked: Asked, row: Row) -> int | None:
    return asked.world.projects.get(row["project_id"], {}).get("client_id")


_GROUPS: Mapping[str, Callable[[Asked, Row], Any]] = {
    "clients": _client,
    "projects": lambda _, row: row["project_id"],
    "users": lambda _, row: row["user_id"],
}
_SUB_GROUPS: Mapping[str, Callable[[Asked, Row], Any]] = {
    **_GROUPS,
    "tasks": lambda _, row: row["task_id"],
    "time_entries": lambda _, row: row["description"] or "",
}
_ORDERS: Mapping[str, Callable[[Row], Any]] = {
    "date": lambda row: row["start"],
    "user": lambda row: PEOPLE.get(row["user_id"], ""),
    "duration": lambda row: row["duration"],
    "description": lambda row: row["description"] or "",
    "last_update": lambda row: row["at"],
}
OPERATIONS: Mapping[str, Operation] = {
    "POST /reports/api/v3/workspace/{workspace_id}/search/time_entries": _search,
    "POST /reports/api/v3/workspace/{workspace_id}/summary/time_entries": _summary,
}
