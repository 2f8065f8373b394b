"""The people of a workspace, and their groups."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.organizations import require_organization
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import json_response
from toggl_mcp.sandbox.rows import Row, fine_stamp
from toggl_mcp.sandbox.sample import HARBOUR_STUDIO
from toggl_mcp.sandbox.state import State

_GROUP_ID = 5_200_301


def _members(state: State, workspace_id: int) -> dict[int, str]:
    """The names of a workspace's people by their ids, the user first; only the studio has others."""
    return dict(state.people) if workspace_id == HARBOUR_STUDIO else {state.me["id"]: state.me["fullname"]}


def _list(request: RequestContext) -> Response:
    workspace_id = request.workspace()["id"]
    return json_response([_user(request.state, *member) for member in _members(request.state, workspace_id).items()])


def _user(state: State, user_id: int, name: str) -> Row:
    is_admin = user_id == state.me["id"]
    row: Row = {"id": user_id, "fullname": name, "email": f"{user_id}@harbour-studio.example", "inactive": False}
    return row | {"is_active": True, "is_admin": is_admin, "role": "admin" if is_admin else "user"}


def _statistics(request: RequestContext) -> Response:
    workspace_id, me = request.workspace()["id"], request.state.me
    return json_response(
        {
            "admins": [{"user_id": me["id"], "name": me["fullname"]}],
            "groups_count": len(_groups(request.state, workspace_id)),
            "members_count": len(_members(request.state, workspace_id)),
        }
    )


def _list_groups(request: RequestContext) -> Response:
    organization = require_organization(request, 403, "User does not have access to this resource.")
    rows = [
        row
        for workspace in request.state.workspaces_of(organization["id"])
        for row in _groups(request.state, workspace["id"])
    ]
    workspace_id = request.number("workspace", 0)
    rows = [row for row in request.filter_by_name(rows, "name") if workspace_id in (0, *row["workspaces"])]
    return request.rows(rows)


def _groups(state: State, workspace_id: int) -> list[Row]:
    """The groups of a workspace: the studio's people are one."""
    if workspace_id != HARBOUR_STUDIO:
        return []
    users = [
        {"user_id": user_id, "name": name, "avatar_url": "", "joined": True, "inactive": False}
        for user_id, name in _members(state, workspace_id).items()
    ]
    row: Row = {"group_id": _GROUP_ID, "name": "Studio", "at": fine_stamp(0), "permissions": None}
    return [row | {"users": users, "workspaces": [workspace_id]}]


def _id(request: RequestContext) -> Response:
    return json_response(request.state.me["id"])


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/id": _id,
    "GET /organizations/{organization_id}/groups": _list_groups,
    "GET /workspaces/{workspace_id}/statistics": _statistics,
    "GET /workspaces/{workspace_id}/users": _list,
}
