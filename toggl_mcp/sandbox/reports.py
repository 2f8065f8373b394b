"""Reports of a workspace's time entries, those of colleagues too."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from toggl_mcp.sandbox.answers import Refused, answer, error
from toggl_mcp.sandbox.asked import Asked, Operation
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.sample import PEOPLE

_PAGE = 50
_LONGEST = timedelta(days=365)
_IDS = {"project_ids": "project_id", "task_ids": "task_id", "user_ids": "user_id"}


def _search(asked: Asked) -> Response:
    """Detailed entries, a page at a time: headers say where the next page begins, if there is one."""
    body = _body(asked)
    rows = _found(asked, body)
    rows.sort(key=lambda row: (row["start"], row["id"]), reverse=body.get("order_dir", "ASC") == "DESC")
    size = min(int(body.get("page_size", _PAGE)), asked.switches.longest_report_page)
    start = max(1, int(body.get("first_row_number", 1))) - 1
    if "first_id" in body and "first_row_number" in body and asked.switches.row_and_id_find_nothing:
        return answer([])
    shown = [_detailed(asked, body, row, start + number) for number, row in enumerate(rows[start : start + size], 1)]
    response = answer(shown)
    if start + size < len(rows):
        response.headers["X-Next-Row-Number"] = str(start + size + 1)
        response.headers["X-Next-ID"] = str(rows[start + size]["id"])
    return response


def _summary(asked: Asked) -> Response:
    """Seconds by project, user or client, and by another of them within."""
    body = _body(asked)
    group, sub_group = body.get("grouping", "projects"), body.get("sub_grouping", "time_entries")
    if group not in _GROUPS or sub_group not in _GROUPS:
        raise Refused(error(400, f"Invalid 'grouping' value, allowed values are: '{', '.join(_GROUPS)}'"))
    seconds: dict[Any, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for row in _found(asked, body):
        seconds[_GROUPS[group](asked, row)][_GROUPS[sub_group](asked, row)] += row["duration"]
    groups = [
        {"id": key, "sub_groups": [_sub_group(sub_group, found, length) for found, length in within.items()]}
        for key, within in seconds.items()
    ]
    return answer({"groups": groups})


def _sub_group(kind: str, key: object, seconds: int) -> Row:
    return {"id": None, "title": key, "seconds": seconds} if kind == "time_entries" else {"id": key, "seconds": seconds}


def _body(asked: Asked) -> Row:
    """The body, whose dates have to be there and may be a year apart."""
    asked.workspace("Workspace not found/accessible")
    body = asked.mapping()
    if not body:
        raise Refused(error(400, "At least one parameter must be set"))
    first, last = _date(body, "start_date"), _date(body, "end_date")
    if last - first >= _LONGEST:
        raise Refused(error(400, "Maximum allowed date range is 365 days"))
    if not date(2006, 1, 1) <= last <= date(2030, 1, 1):
        raise Refused(error(400, "end_date should be within 2006-01-01 to 2030-01-01"))
    return body


def _date(body: Row, field: str) -> date:
    try:
        return date.fromisoformat(str(body.get(field, "")))
    except ValueError:
        raise Refused(error(400, f"Invalid '{field}' value")) from None


def _found(asked: Asked, body: Row) -> list[Row]:
    """The finished entries that begin on the report's days, the last one included, and fit its filters."""
    zone = _zone(asked)
    first, last = _date(body, "start_date"), _date(body, "end_date")
    return [
        row
        for row in asked.world.entries.values()
        if row["workspace_id"] == asked.ids["workspace_id"]
        and row["server_deleted_at"] is None
        and row["duration"] >= 0
        and first <= datetime.fromisoformat(row["start"]).astimezone(zone).date() <= last
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
    shown |= {"username": PEOPLE[row["user_id"]], "description": row["description"] or ""}
    shown |= {
        "billable_amount_in_cents": None if rate is None else round(rate * row["duration"] / 36),
        "hourly_rate_in_cents": None if rate is None else round(rate * 100),
        "currency": asked.workspace()["default_currency"],
        "time_entries": [_times(row, _zone(asked))],
        "row_number": number,
    }
    return shown | (_names(asked, row) if body.get("enrich_response") else {})


def _times(row: Row, zone: ZoneInfo) -> Row:
    """When an entry was, as the user's own clock shows it."""
    start = datetime.fromisoformat(row["start"]).astimezone(zone)
    stop = datetime.fromisoformat(row["stop"]).astimezone(zone) if row["stop"] else start
    at = datetime.fromisoformat(row["at"]).replace(microsecond=0)
    times = {"start": start.isoformat(), "stop": stop.isoformat(), "at": at.isoformat()}
    return {"id": row["id"], "seconds": row["duration"]} | times | {"at_tz": at.astimezone(zone).isoformat()}


def _names(asked: Asked, row: Row) -> Row:
    world = asked.world
    project: Row = world.projects.get(row["project_id"], {})
    task: Row = world.tasks.get(row["task_id"], {})
    client: Row = world.clients.get(project.get("client_id") or 0, {})
    return {
        "client_name": client.get("name"),
        "project_name": project.get("name"),
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


def _zone(asked: Asked) -> ZoneInfo:
    return ZoneInfo(asked.world.me["timezone"])


_GROUPS: Mapping[str, Callable[[Asked, Row], Any]] = {
    "clients": _client,
    "projects": lambda _, row: row["project_id"],
    "time_entries": lambda _, row: row["description"] or "",
    "users": lambda _, row: row["user_id"],
}
OPERATIONS: Mapping[str, Operation] = {
    "POST /reports/api/v3/workspace/{workspace_id}/search/time_entries": _search,
    "POST /reports/api/v3/workspace/{workspace_id}/summary/time_entries": _summary,
}
