"""The projects of a workspace."""

import re
from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row

MOST_ACTIVE_ON_FREE = 5
LIMIT_TEXT = f"Active project limit is {MOST_ACTIVE_ON_FREE}. Upgrade to add more active projects"

_PAGE = 151
_PAYLOAD: Mapping[str, type] = {
    "active": bool,
    "auto_estimates": bool,
    "billable": bool,
    "client_id": int,
    "client_name": str,
    "color": str,
    "currency": str,
    "end_date": str,
    "estimated_hours": int,
    "external_reference": str,
    "fixed_fee": float,
    "is_private": bool,
    "name": str,
    "rate": float,
    "recurring": bool,
    "start_date": str,
    "template": bool,
    "template_id": int,
}
_PREMIUM = ("auto_estimates", "billable", "currency", "estimated_hours", "fixed_fee", "rate", "recurring", "template")
_NOTHING: Row = {"name": "", "client_id": None, "active": False}
_UNBORN = 0  # Stands for the client that is made once its project is accepted.
_BAD_COLOR = "Error in validating color '{}'. Project color must be a hex value in the form of #[0-9a-f]{{6}}."


def _list(asked: Asked) -> Response:
    rows = asked.changed(asked.named(_of_workspace(asked), "name", "search"))
    active, clients = asked.active(), asked.query.get("client_ids")
    if clients is not None:
        rows = [row for row in rows if str(row["client_id"]) in clients.split(",")]
    return asked.rows(asked.page([row for row in rows if row["active"] in active], _PAGE))


def _create(asked: Asked) -> Response:
    workspace = asked.workspace()
    usual: Row = {
        "active": False,
        "is_private": workspace["projects_private_by_default"],
        "billable": workspace["premium"] and workspace["projects_billable_by_default"],
    }
    row = asked.world.add_project(workspace["id"], **(usual | _wanted(asked, {})))
    return answer({field: value for field, value in row.items() if field != "status"})


def _get(asked: Asked) -> Response:
    return answer(_found(asked))


def _update(asked: Asked) -> Response:
    row = _found(asked)
    return answer(asked.world.edit_project(row["id"], **_wanted(asked, row)))


def _delete(asked: Asked) -> Response:
    project_id = _found(asked)["id"]
    if asked.query.get("teDeletionMode", "unassign") not in ("delete", "unassign"):
        raise Refused(error(400, "Invalid teDeletionMode"))
    if asked.query.get("teDeletionMode") == "delete":
        for row in [row for row in asked.world.entries.values() if row["project_id"] == project_id]:
            asked.world.remove_entry(row["id"])
    asked.world.remove_project(project_id)
    return answer(project_id)


def find(asked: Asked) -> Row | None:
    """The project of the path, if the workspace has it."""
    return next((row for row in _of_workspace(asked) if row["id"] == asked.ids["project_id"]), None)


def _found(asked: Asked) -> Row:
    row = find(asked)
    if row is None:
        raise Refused(error(404, "Resource can not be found"))
    return row


def _of_workspace(asked: Asked) -> list[Row]:
    workspace_id = asked.workspace()["id"]
    return [row for row in asked.world.projects.values() if row["workspace_id"] == workspace_id]


def _wanted(asked: Asked, before: Row) -> Row:
    given = asked.fields(_PAYLOAD)
    client_name = given.pop("client_name", "").strip()
    if asked.switches.null_clears_client and "client_id" in asked.nulls():
        given["client_id"] = None
    _require_color(given.get("color"))
    _require_paid(asked, given)
    _require_client(asked, given.get("client_id"))
    if client_name:
        given.setdefault("client_id", _client_named(asked, client_name))
    after = _NOTHING | before | given
    if after["active"] and not before.get("active"):
        _require_room(asked)
    if any(after[field] != before.get(field) for field in ("name", "client_id")):
        given["name"] = _valid_name(asked, after)
    if given.get("client_id") == _UNBORN:
        given["client_id"] = asked.world.add_client(asked.ids["workspace_id"], client_name)["id"]
    return given


def _require_color(color: str | None) -> None:
    if color is not None and not re.fullmatch("#[0-9a-f]{6}", color):
        raise Refused(error(400, _BAD_COLOR.format(color)))


def _require_paid(asked: Asked, given: Row) -> None:
    for field in _PREMIUM:
        if given.get(field) and not asked.workspace()["premium"]:
            raise Refused(error(402, f"Must be a premium user to use {field}"))


def _require_client(asked: Asked, client_id: int | None) -> None:
    workspace_id = asked.ids["workspace_id"]
    if client_id is not None and asked.world.clients.get(client_id, {}).get("wid") != workspace_id:
        text = f"Client with the ID {client_id} isn't present in workspace {workspace_id}"
        raise Refused(error(400, text))


def _require_room(asked: Asked) -> None:
    world, organization_id = asked.world, asked.workspace()["organization_id"]
    free = [
        row["id"]
        for row in world.workspaces.values()
        if row["organization_id"] == organization_id and not row["premium"]
    ]
    active = [row for row in world.projects.values() if row["active"] and row["workspace_id"] in free]
    if len(active) >= MOST_ACTIVE_ON_FREE:
        raise Refused(error(asked.switches.project_limit_status, LIMIT_TEXT))


def _client_named(asked: Asked, name: str) -> int:
    workspace_id = asked.ids["workspace_id"]
    named = [row["id"] for row in asked.world.clients.values() if (row["wid"], row["name"]) == (workspace_id, name)]
    return named[0] if named else _UNBORN


def _valid_name(asked: Asked, wanted: Row) -> str:
    others = [
        row for row in _of_workspace(asked) if row["client_id"] == wanted["client_id"] and row["id"] != wanted.get("id")
    ]
    empty = "Project name cannot be empty"
    return asked.unused_name(wanted["name"], others, empty=empty, taken=asked.taken("Project"))


OPERATIONS: Mapping[str, Operation] = {
    "GET /workspaces/{workspace_id}/projects": _list,
    "POST /workspaces/{workspace_id}/projects": _create,
    "GET /workspaces/{workspace_id}/projects/{project_id}": _get,
    "PUT /workspaces/{workspace_id}/projects/{project_id}": _update,
    "DELETE /workspaces/{workspace_id}/projects/{project_id}": _delete,
}
