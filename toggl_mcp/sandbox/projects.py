"""The projects of a workspace."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row, by_name

MAX_ACTIVE_ON_FREE = 5
LIMIT_TEXT = f"Active project limit is {MAX_ACTIVE_ON_FREE}. Upgrade to add more active projects"

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
    "recurring_parameters": dict,
    "start_date": str,
    "template": bool,
    "template_id": int,
}
_PREMIUM = (
    *("auto_estimates", "billable", "currency", "estimated_hours", "fixed_fee", "rate"),
    *("recurring", "recurring_parameters", "template"),
)
_PARAMETERS: Row = {"custom_period": None, "estimated_seconds": None}
_NEW_PROJECT: Row = {"name": "", "client_id": None, "active": False}
_NEW_CLIENT_ID = 0  # Stands for the client that is made once its project is accepted.
_PALETTE = (
    *("#0b83d9", "#9e5bd9", "#d94182", "#e36a00", "#bf7000", "#2da608", "#06a893"),
    *("#c9806b", "#465bb3", "#990099", "#c7af14", "#566614", "#d92b2b", "#525266"),
)
_OWN_COLOR = "Custom project colors available only for premium plans"
_BAD_COLOR = "Error in validating color '{}'. Project color must be a hex value in the form of #[0-9a-f]{{6}}."


def _list(request: RequestContext) -> Response:
    rows = request.changed_since(request.filter_by_name(_list_in_workspace(request), "name", "search"))
    active, client_ids = request.active(), request.query.get("client_ids")
    if client_ids is not None:
        rows = [row for row in rows if str(row["client_id"]) in client_ids.split(",")]
    rows = by_name([row for row in rows if row["active"] in active])
    page = request.state.count_tracked(request.page(rows, _PAGE))
    response = request.rows([_with_client_name(request, row) | {"total_count": len(rows)} for row in page])
    response.headers["X-Page"] = str(request.number("page", 1))
    response.headers["X-Page-Size"] = str(request.number("per_page", _PAGE))
    response.headers["X-Sort-Field"], response.headers["X-Sort-Order"] = "project_name", "asc"
    return response


def _list_own(request: RequestContext) -> Response:
    archived = request.query.get("include_archived", "false")
    if archived not in ("true", "false"):
        raise Refusal(error(400, "Invalid include_archived"))
    rows = [row for row in request.state.projects.values() if row["active"] or archived == "true"]
    return request.rows(request.state.count_tracked(request.changed_since(rows)))


def _create(request: RequestContext) -> Response:
    workspace = request.workspace()
    _require_color_of_plan(request)
    usual: Row = {
        "active": False,
        "is_private": workspace["projects_private_by_default"],
        "billable": workspace["premium"] and workspace["projects_billable_by_default"],
    }
    row = request.state.add_project(workspace["id"], **(usual | _parse_fields(request, {})))
    return _project_response(request, row, "created_at", "status")


def _get(request: RequestContext) -> Response:
    return _project_response(request, _require_project(request))


def _update(request: RequestContext) -> Response:
    row = _require_project(request)
    _require_color_of_plan(request)
    return _project_response(request, request.state.edit_project(row["id"], **_parse_fields(request, row)))


def _delete(request: RequestContext) -> Response:
    project_id = _require_project(request)["id"]
    if request.query.get("teDeletionMode", "unassign") not in ("delete", "unassign"):
        raise Refusal(error(400, "Invalid teDeletionMode"))
    if request.query.get("teDeletionMode") == "delete":
        for row in [row for row in request.state.entries.values() if row["project_id"] == project_id]:
            request.state.remove_entry(row["id"])
    request.state.remove_project(project_id)
    return json_response(project_id)


def _patch(request: RequestContext) -> Response:
    """Change many: each that can be changed is, in an own color too, and the rest is told."""
    fields = {str(step.get("path")).removeprefix("/"): step.get("value") for step in request.patch_steps()}
    if not request.workspace()["premium"] and set(_PREMIUM) & fields.keys():
        raise Refusal(error(400, "User can not edit project billing info"))
    success_ids: list[int] = []
    failures: list[Row] = []
    for project_id in request.listed_ids:
        one = replace(request, ids=request.ids | {"project_id": project_id}, body=json.dumps(fields).encode())
        try:
            row = _require_project(one)
            request.state.edit_project(project_id, **_parse_fields(one, row))
        except Refusal as refusal:
            failures.append({"id": project_id, "message": json.loads(bytes(refusal.response.body))})
        else:
            success_ids.append(project_id)
    return json_response({"success": success_ids, "failure": failures})


def _project_response(request: RequestContext, row: Row, *omitted: str) -> Response:
    # Only a list counts, and says what is pinned.
    (counted,) = request.state.count_tracked([row])
    row = _with_client_name(request, counted) | {"total_count": 0}
    return json_response({field: value for field, value in row.items() if field not in ("pinned", *omitted)})


def _with_client_name(request: RequestContext, row: Row) -> Row:
    client: Row = request.state.clients.get(row["client_id"] or 0, {})
    return row | {"client_name": client.get("name")}


def find_project(request: RequestContext) -> Row | None:
    """The project of the path, if the workspace has it."""
    return next((row for row in _list_in_workspace(request) if row["id"] == request.ids["project_id"]), None)


def _require_project(request: RequestContext) -> Row:
    row = find_project(request)
    if row is None:
        raise Refusal(error(404, "Resource can not be found"))
    return row


def _list_in_workspace(request: RequestContext) -> list[Row]:
    workspace_id = request.workspace()["id"]
    return [row for row in request.state.projects.values() if row["workspace_id"] == workspace_id]


def _parse_fields(request: RequestContext, before: Row) -> Row:
    fields = request.fields(_PAYLOAD)
    client_name = fields.pop("client_name", "").strip()
    if parameters := fields.pop("recurring_parameters", None):
        # One is sent, and a list comes back.
        fields["recurring_parameters"] = [_PARAMETERS | parameters]
    if request.behaviors.null_clears_client and "client_id" in request.nulls():
        fields["client_id"] = None
    _require_color(fields.get("color"))
    _require_paid(request, fields)
    _require_client(request, fields.get("client_id"))
    if client_name:
        fields.setdefault("client_id", _find_client_id(request, client_name))
    after = _NEW_PROJECT | before | fields
    if after["active"] and not before.get("active"):
        _require_room(request)
    if any(after[field] != before.get(field) for field in ("name", "client_id")):
        fields["name"] = _valid_name(request, after)
    if fields.get("client_id") == _NEW_CLIENT_ID:
        fields["client_id"] = request.state.add_client(request.ids["workspace_id"], client_name)["id"]
    return fields


def _require_color_of_plan(request: RequestContext) -> None:
    color = request.texts("color").get("color", _PALETTE[0])
    if color not in _PALETTE and not request.workspace()["premium"]:
        raise Refusal(error(402, _OWN_COLOR))


def _require_color(color: str | None) -> None:
    if color is not None and not re.fullmatch("#[0-9a-f]{6}", color):
        raise Refusal(error(400, _BAD_COLOR.format(color)))


def _require_paid(request: RequestContext, fields: Row) -> None:
    for field in _PREMIUM:
        if fields.get(field) and not request.workspace()["premium"]:
            raise Refusal(error(402, f"Must be a premium user to use {field}"))


def _require_client(request: RequestContext, client_id: int | None) -> None:
    workspace_id = request.ids["workspace_id"]
    if client_id is not None and request.state.clients.get(client_id, {}).get("wid") != workspace_id:
        text = f"Client with the ID {client_id} isn't present in workspace {workspace_id}"
        raise Refusal(error(400, text))


def _require_room(request: RequestContext) -> None:
    state, organization_id = request.state, request.workspace()["organization_id"]
    free = [
        row["id"]
        for row in state.workspaces.values()
        if row["organization_id"] == organization_id and not row["premium"]
    ]
    active = [row for row in state.projects.values() if row["active"] and row["workspace_id"] in free]
    if len(active) >= MAX_ACTIVE_ON_FREE:
        raise Refusal(error(request.behaviors.project_limit_status, LIMIT_TEXT))


def _find_client_id(request: RequestContext, name: str) -> int:
    workspace_id = request.ids["workspace_id"]
    named = [row["id"] for row in request.state.clients.values() if (row["wid"], row["name"]) == (workspace_id, name)]
    return named[0] if named else _NEW_CLIENT_ID


def _valid_name(request: RequestContext, project: Row) -> str:
    other_rows = [
        row
        for row in _list_in_workspace(request)
        if row["client_id"] == project["client_id"] and row["id"] != project.get("id")
    ]
    empty = "project name must not be empty"
    return request.unused_name(
        project["name"], other_rows, empty_text=empty, taken_text=request.name_taken_text("Project")
    )


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/projects": _list_own,
    "GET /workspaces/{workspace_id}/projects": _list,
    "POST /workspaces/{workspace_id}/projects": _create,
    "PATCH /workspaces/{workspace_id}/projects/{project_ids}": _patch,
    "GET /workspaces/{workspace_id}/projects/{project_id}": _get,
    "PUT /workspaces/{workspace_id}/projects/{project_id}": _update,
    "DELETE /workspaces/{workspace_id}/projects/{project_id}": _delete,
}
