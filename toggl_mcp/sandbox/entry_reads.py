"""What the user may read of their own time entries."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import day_or_moment, zone
from toggl_mcp.sandbox.request import Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import World

OLDEST = timedelta(days=90)
"""How far back entries are listed, and changes are told."""
_RECENT = timedelta(days=10)
_NOT_BOTH = "'{}' and '{}' can not be present simultaneously"


def recent(world: World) -> list[Row]:
    """What is listed when no time is named, newest first."""
    now = datetime.fromtimestamp(world.now(), UTC)
    return _newest_first([row for row in _own(world) if _start(row) >= now - _RECENT and _is_there(row)])


def told(asked: Asked, row: Row) -> Row:
    """The entry's row, with the names of what it belongs to if the query asks for them."""
    if asked.query.get("meta") != "true":
        return row
    world = asked.world
    named: Row = {"user_name": world.me["fullname"], "user_avatar_url": world.me["image_url"]}
    if project := world.projects.get(row["project_id"]):
        named |= {f"project_{field}": project[field] for field in ("name", "color", "active", "billable")}
        if client := world.clients.get(project["client_id"]):
            named |= {"client_id": client["id"], "client_name": client["name"]}
    if task := world.tasks.get(row["task_id"]):
        named["task_name"] = task["name"]
    return row | named


def _list(asked: Asked) -> Response:
    query = asked.query
    for other in ("before", "start_date", "end_date"):
        if "since" in query and other in query:
            raise Refused(error(400, _NOT_BOTH.format("since", other)))
    if "since" in query:
        found = _changed(asked)
    elif "start_date" in query or "end_date" in query:
        found = _between(asked)
    elif "before" in query:
        before = _moment(asked, "before")
        found = [row for row in _own(asked.world) if _start(row) < before and _is_there(row)]
    else:
        found = recent(asked.world)
    rows = _newest_first(found)[: asked.switches.most_entries]
    return answer([told(asked, row) for row in rows])


def _current(asked: Asked) -> Response:
    running = [told(asked, row) for row in _own(asked.world) if row["duration"] < 0 and _is_there(row)]
    return answer(running[0] if running else None)


def _get(asked: Asked) -> Response:
    for row in _own(asked.world):
        if row["id"] == asked.ids["time_entry_id"] and _is_there(row):
            return answer(told(asked, row))
    raise Refused(error(404, "Resource can not be found"))


def _changed(asked: Asked) -> list[Row]:
    """Those that changed since a moment, the deleted ones too."""
    if not re.fullmatch("[0-9]{1,12}", asked.query["since"]):
        raise Refused(error(400, "Since is expected to be an unix timestamp, integer value"))
    since = int(asked.query["since"])
    if since < asked.world.now() - OLDEST.total_seconds():
        raise Refused(error(400, "Invalid since"))
    return [row for row in _own(asked.world) if datetime.fromisoformat(row["at"]).timestamp() >= since]


def _between(asked: Asked) -> list[Row]:
    """Those that start on or after one moment and before another: Toggl looks at no stop."""
    if not {"start_date", "end_date"} <= asked.query.keys():
        raise Refused(error(400, "The endpoint requires start_date and end_date to be specified"))
    first, end = _moment(asked, "start_date"), _moment(asked, "end_date")
    home = zone(asked.world)
    oldest = (datetime.fromtimestamp(asked.world.now(), home) - OLDEST).date()
    if first.astimezone(home).date() < oldest:
        raise Refused(error(400, f"start_date must not be earlier than {oldest}"))
    return [row for row in _own(asked.world) if first <= _start(row) < end and _is_there(row)]


def _moment(asked: Asked, field: str) -> datetime:
    """A moment of the query; a date is the midnight of the user's own zone at which it begins."""
    return day_or_moment(asked.world, field, asked.query[field])


def _own(world: World) -> list[Row]:
    return [row for row in world.entries.values() if row["user_id"] == world.me["id"]]


def _newest_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["start"], row["id"]), reverse=True)


def _start(row: Row) -> datetime:
    return datetime.fromisoformat(row["start"])


def _is_there(row: Row) -> bool:
    return row["server_deleted_at"] is None


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/time_entries": _list,
    "GET /me/time_entries/current": _current,
    "GET /me/time_entries/{time_entry_id}": _get,
}
