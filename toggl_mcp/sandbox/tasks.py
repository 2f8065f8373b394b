"""The tasks of a workspace's projects, on a paid plan."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox import projects
from toggl_mcp.sandbox.request import FOREIGN, Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
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


def _list(asked: Asked) -> Response:
    _require_paid(asked)
    rows = asked.changed(asked.named(_of_workspace(asked), "search"))
    active, project_id = asked.active(), asked.number("pid", 0)
    rows = [row for row in rows if row["active"] in active and project_id in (0, row["project_id"])]
    field, order = asked.query.get("sort_field", "name"), asked.query.get("sort_order", "ASC")
    if field not in _SORTED_BY:
        raise Refused(error(400, "Invalid sort_field"))
    rows.sort(key=lambda row: row[_SORTED_BY[field]], reverse=order.upper() == "DESC")
    return answer(
        {
            "data": asked.or_null(asked.page(rows, _PAGE)),
            "page": asked.number("page", 1),
            "per_page": asked.number("per_page", _PAGE),
            "sort_field": field,
            "sort_order": order,
            "total_count": len(rows),
        }
    )


def _list_of_project(asked: Asked) -> Response:
    rows = _of_project(asked)
    return asked.rows([row for row in rows if row["active"] or asked.query.get("active") != "true"])


def _create(asked: Asked) -> Response:
    _require_paid(asked)
    project = projects.find(asked)
    if project is None or not project["active"]:
        raise Refused(error(400, _NOT_OPEN))
    given: Row = {"name": ""} | asked.fields(_PAYLOAD)
    given["name"] = _valid_name(asked, given["name"], _of_project(asked))
    return answer(asked.world.add_task(project["id"], **given))


def _get(asked: Asked) -> Response:
    return answer(_found(asked))


def _update(asked: Asked) -> Response:
    row = _found(asked)
    given = asked.fields(_PAYLOAD)
    if "name" in given:
        given["name"] = _valid_name(asked, given["name"], [other for other in _of_project(asked) if other is not row])
    return answer(asked.world.edit_task(row["id"], **given))


def _delete(asked: Asked) -> Response:
    asked.world.remove_task(_found(asked)["id"])
    return Response()


def _of_workspace(asked: Asked) -> list[Row]:
    return [row for row in asked.world.tasks.values() if row["workspace_id"] == asked.ids["workspace_id"]]


def _of_project(asked: Asked) -> list[Row]:
    _require_paid(asked)
    project = projects.find(asked)
    if project is None:
        raise _missing(asked, "project_id")
    return [row for row in asked.world.tasks.values() if row["project_id"] == project["id"]]


def _found(asked: Asked) -> Row:
    for row in _of_project(asked):
        if row["id"] == asked.ids["task_id"]:
            return row
    raise _missing(asked, "task_id")


def _missing(asked: Asked, name: str) -> Refused:
    status = asked.switches.missing_task_status
    return Refused(error(status, _MISSING_TEXTS[status].format(name)))


def _require_paid(asked: Asked) -> None:
    if not asked.workspace()["premium"]:
        status = asked.switches.tasks_on_free_status
        raise Refused(error(status, _FREE_TEXTS[status]))


def _valid_name(asked: Asked, name: str, others: list[Row]) -> str:
    return asked.unused_name(name, others, empty="Task name cannot be empty", taken=asked.taken("Task"))


OPERATIONS: Mapping[str, Operation] = {
    "GET /workspaces/{workspace_id}/tasks": _list,
    "GET /workspaces/{workspace_id}/projects/{project_id}/tasks": _list_of_project,
    "POST /workspaces/{workspace_id}/projects/{project_id}/tasks": _create,
    "GET /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _get,
    "PUT /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _update,
    "DELETE /workspaces/{workspace_id}/projects/{project_id}/tasks/{task_id}": _delete,
}
