"""What the user may read of their own time entries."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import day_or_moment, zone
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

OLDEST = timedelta(days=90)
"""How far back entries are listed, and changes are told."""
_RECENT = timedelta(days=10)
_ONLY_IN_LISTS = ("uid", "wid", "pid", "tid", "user_name", "user_avatar_url")
_NOT_BOTH = "'{}' and '{}' can not be present simultaneously"


def recent_entries(state: State) -> list[Row]:
    """What is listed when no time is named, newest first."""
    now = datetime.fromtimestamp(state.now(), UTC)
    return _newest_first([row for row in _own_entries(state) if _start(row) >= now - _RECENT and _exists(row)])


def with_meta(request: RequestContext, row: Row) -> Row:
    """The entry's row, with the names of what it belongs to if the query asks for them."""
    if request.query.get("meta") != "true":
        return row
    state, names = request.state, Row()
    if project := state.projects.get(row["project_id"]):
        if client := state.clients.get(project["client_id"]):
            names |= {"client_id": client["id"], "client_name": client["name"]}
        names |= {f"project_{field}": project[field] for field in ("name", "color", "active", "billable")}
    if task := state.tasks.get(row["task_id"]):
        names["task_name"] = task["name"]
    return row | names | {"user_name": state.me["fullname"], "user_avatar_url": state.me["image_url"]}


def _list(request: RequestContext) -> Response:
    query = request.query
    for excluded in ("before", "start_date", "end_date"):
        if "since" in query and excluded in query:
            raise Refusal(error(400, _NOT_BOTH.format("since", excluded)))
    if "since" in query:
        matches = _changed_since(request)
    elif "start_date" in query or "end_date" in query:
        matches = _started_between(request)
    elif "before" in query:
        before = _parse_moment(request, "before")
        matches = [row for row in _own_entries(request.state) if _start(row) < before and _exists(row)]
    else:
        matches = recent_entries(request.state)
    rows = _newest_first(matches)[: request.behaviors.most_entries]
    return json_response([with_meta(request, row) for row in rows])


def _current(request: RequestContext) -> Response:
    running = [with_meta(request, row) for row in _own_entries(request.state) if row["duration"] < 0 and _exists(row)]
    return json_response(running[0] if running else None)


def _get(request: RequestContext) -> Response:
    for row in _own_entries(request.state):
        if row["id"] == request.ids["time_entry_id"] and _exists(row):
            fields = with_meta(request, row).items()
            return json_response({field: value for field, value in fields if field not in _ONLY_IN_LISTS})
    raise Refusal(error(404, "Resource can not be found"))


def _changed_since(request: RequestContext) -> list[Row]:
    """Those that changed since a moment, the deleted ones too."""
    if not re.fullmatch("[0-9]{1,12}", request.query["since"]):
        raise Refusal(error(400, "Since is expected to be an unix timestamp, integer value"))
    since = int(request.query["since"])
    if since < request.state.now() - OLDEST.total_seconds():
        raise Refusal(error(400, "Invalid since"))
    return [row for row in _own_entries(request.state) if datetime.fromisoformat(row["at"]).timestamp() >= since]


def _started_between(request: RequestContext) -> list[Row]:
    """Those that start on or after one moment and before another: Toggl looks at no stop."""
    if not {"start_date", "end_date"} <= request.query.keys():
        raise Refusal(error(400, "The endpoint requires start_date and end_date to be specified"))
    first, end = _parse_moment(request, "start_date"), _parse_moment(request, "end_date")
    home = zone(request.state)
    oldest = (datetime.fromtimestamp(request.state.now(), home) - OLDEST).date()
    if first.astimezone(home).date() < oldest:
        raise Refusal(error(400, f"start_date must not be earlier than {oldest}"))
    return [row for row in _own_entries(request.state) if first <= _start(row) < end and _exists(row)]


def _parse_moment(request: RequestContext, field: str) -> datetime:
    """A moment of the query; a date is the midnight of the user's own zone at which it begins."""
    return day_or_moment(request.state, field, request.query[field])


def _own_entries(state: State) -> list[Row]:
    return [row for row in state.entries.values() if row["user_id"] == state.me["id"]]


def _newest_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["start"], row["id"]), reverse=True)


def _start(row: Row) -> datetime:
    return datetime.fromisoformat(row["start"])


def _exists(row: Row) -> bool:
    return row["server_deleted_at"] is None


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/time_entries": _list,
    "GET /me/time_entries/current": _current,
    "GET /me/time_entries/{time_entry_id}": _get,
}
