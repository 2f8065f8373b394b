"""Who works on what now in a workspace."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row

_LATEST = 20


def _list(request: RequestContext) -> Response:
    """The latest entry of every user or, by the switch, the latest ones of all."""
    workspace = request.workspace()
    if workspace["only_admins_see_team_dashboard"] and not workspace["admin"]:
        raise Refusal(error(403, "User does not have access to this resource."))
    entries = [
        row
        for row in request.state.entries.values()
        if row["workspace_id"] == workspace["id"] and row["server_deleted_at"] is None
    ]
    entries.sort(key=lambda row: (row["duration"] < 0, row["stop"] or row["start"]), reverse=True)
    if request.behaviors.team_activity == "latest of each user":
        entries = [
            row for row in entries if row is next(other for other in entries if other["user_id"] == row["user_id"])
        ]
    return json_response([_activity(row) for row in entries[:_LATEST]])


def _activity(row: Row) -> Row:
    """An entry in short: a running one has no stop, and the moment of its start as a negative duration."""
    running = row["duration"] < 0
    length = -int(datetime.fromisoformat(row["start"]).timestamp()) if running else row["duration"]
    activity: Row = {"user_id": row["user_id"], "project_id": row["project_id"] or 0, "duration": length}
    activity |= {"description": row["description"]} if row["description"] else {}
    activity |= {} if running else {"stop": row["stop"]}
    return activity | ({"tid": row["task_id"]} if row["task_id"] else {})


OPERATIONS: Mapping[str, Operation] = {"GET /workspaces/{workspace_id}/dashboard/all_activity": _list}
