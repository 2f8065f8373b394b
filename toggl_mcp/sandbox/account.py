"""The user, the workspaces and the quotas."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.entry_reads import recent_entries
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import json_response


def _me(request: RequestContext) -> Response:
    state = request.state
    if request.query.get("with_related_data") != "true":
        return json_response(state.me)
    active_ids = {project_id for project_id, row in state.projects.items() if row["active"]}
    related = {
        "clients": list(state.clients.values()),
        "projects": list(state.projects.values()),
        "tags": list(state.tags.values()),
        "tasks": [row for row in state.tasks.values() if row["active"] and row["project_id"] in active_ids],
        "time_entries": recent_entries(state),
        "workspaces": list(state.workspaces.values()),
    }
    return json_response(state.me | {kind: rows for kind, rows in related.items() if rows})


def _get_logged(_: RequestContext) -> Response:
    return Response()


def _quota(request: RequestContext) -> Response:
    return json_response(
        [
            {
                "organization_id": window.organization_id,
                "remaining": window.remaining,
                "resets_in_secs": window.resets_in,
                "total": window.total,
            }
            for window in request.quota.windows()
        ]
    )


def _workspaces(request: RequestContext) -> Response:
    active = [row["workspace_id"] for row in request.state.projects.values() if row["active"]]
    rows = [row | {"active_project_count": active.count(row["id"])} for row in request.state.workspaces.values()]
    return request.rows(request.changed_since(rows))


def _clients(request: RequestContext) -> Response:
    return request.rows(request.changed_since(list(request.state.clients.values())))


def _workspace(request: RequestContext) -> Response:
    return json_response(request.workspace())


OPERATIONS: Mapping[str, Operation] = {
    "GET /me": _me,
    "GET /me/clients": _clients,
    "GET /me/logged": _get_logged,
    "GET /me/quota": _quota,
    "GET /me/workspaces": _workspaces,
    "GET /workspaces/{workspace_id}": _workspace,
}
