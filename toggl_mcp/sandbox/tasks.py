"""The tasks of a workspace's projects, on a paid plan."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox import projects
from toggl_mcp.sandbox.request import FOREIGN, Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row

_PAGE = 50
_PAYLOAD: Mapping[str, type] = {
    "active": bool,
    "estimated_seconds": int,
    "external_reference": str,
    "name": str,
    "user_id": int,
}
_SORTED_BY = {"name": "name", "created_at": "id"}
_FREE_TEXTS = {402: "Tasks are a premium feature", 403: FOREIGN}
_MISSING_TEXTS = {400: "Invalid {}", 404: "Resource can not be found"}
_NOT_OPEN = "Project not found/accessible, Can not change tasks of archived project"


def _list(request: RequestContext) -> Response:
    _require_paid(request)
    rows = request.changed_since(request.filter_by_name(_list_in_workspace(request), "search"))
    active, project_id = request.active(), request.number("pid", 0)
    rows = [row for row in rows if row["active"] in active and project_id in (0, row["project_id"])]
    field, order = request.query.get("sort_field", "name"), request.query.get("sort_order", "ASC")
    if field not in _SORTED_BY:
        raise Refusal(error(400, "Invalid sort_field"))
    rows.sort(key=lambda row: row[_SORTED_BY[field]], reverse=order.upper() == "DESC")
    return json_response(
        {
            "data": request.or_null(request.page(rows, _PAGE)),
            "page": request.number("page", 1),
            "per_page": request.number("per_page", _PAGE),
            "sort_field": field,
            "sort_order": order,
            "total_count": len(rows),
        }
    )


def _list_of_project(request: RequestContext) -> Response:
    rows = _list_in_project(request)
    return request.rows([row for row in rows if row["active"] or request.query.get("active") != "true"])


def _list_own(request: RequestContext) -> Response:
    inactive = request.query.get("include_not_active", "false")
    if inactive not in ("true", "false"):
        raise Refusal(error(400, "Invalid include_not_active"))
    rows = [row for row in request.state.tasks.values() if row["active"] or inactive == "true"]
    return request.rows(request.changed_since(rows))


def _create(request: RequestContext) -> Response:
    _require_paid(request)
    project = projects.find_project(request)
    if project is None or not project["active"]:
        raise Refusal(error(400, _NOT_OPEN))
    fields: Row = {"name": ""} | request.fields(_PAYLOAD)
    fields["name"] = _valid_name(request, fields["name"], _list_in_project(request))
    return _task_response(request, request.state.add_task(project["id"], **fields))


def _get(request: RequestContext) -> Response:
    return json_response(_require_task(request))


def _update(request: RequestContext) -> Response:
    row = _require_task(request)
    fields = request.fields(_PAYLOAD)
    if "name" in fields:
        fields["name"] = _valid_name(
            request, fields["name"], [other_row for other_row in _list_in_project(request) if other_row is not row]
        )
    return _task_response(request, request.state.edit_task(row["id"], **fields))


def _delete(request: RequestContext) -> Response:
    task_id = _require_task(request)["id"]
    request.state.remove_task(task_id)
    return json_response(task_id)


def _task_response(request: RequestContext, row: Row) -> Response:
    return json_response(row | {"project_is_private": request.state.projects[row["project_id"]]["is_private"]})


def _list_in_workspace(request: RequestContext) -> list[Row]:
    return [row for row in request.state.tasks.values() if row["workspace_id"] == request.ids["workspace_id"]]


def _list_in_project(request: RequestContext) -> list[Row]:
    _require_paid(request)
    project = projects.find_project(request)
    if project is None:
        raise _missing_refusal(request, "project_id")
    return [row for row in request.state.tasks.values() if row["project_id"] == project["id"]]


def _require_task(request: RequestContext) -> Row:
    for row in _list_in_project(request):
        if row["id"] == request.ids["task_id"]:
            return row
    raise _missing_refusal(request, "task_id")


def _missing_refusal(request: RequestContext, name: str) -> Refusal:
    status = request.behaviors.missing_task_status
    return Refusal(error(status, _MISSING_TEXTS[status].format(name)))


def _require_paid(request: RequestContext) -> None:
    if not request.workspace()["premium"]:
        status = request.behaviors.tasks_on_free_status
        raise Refusal(error(status, _FREE_TEXTS[status]))


def _valid_name(request: RequestContext, name: str, other_rows: list[Row]) -> str:
    return request.unused_name(
        name, other_rows, empty_text="Task name cannot be empty", taken_text=request.name_taken_text("Task")
    )


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/tasks": _list_own,
    "GET /workspaces/{workspace_id}/tasks": _list,
    "GET /workspaces/{workspace_id}/projects/{project_id}/tasks": _list_of_project,
    "POST /workspaces/{workspace_id}/projects/{project_id}/tasks": _create,
    "GET /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _get,
    "PUT /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _update,
    "DELETE /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _delete,
}
