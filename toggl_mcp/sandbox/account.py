"""The user, the workspaces and the quotas."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.entry_reads import recent_entries
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import empty_response, json_response
from toggl_mcp.sandbox.rows import by_name


def _me(request: RequestContext) -> Response:
    state = request.state
    if request.query.get("with_related_data") != "true":
        return json_response(state.me)
    related = {
        "tags": by_name([*state.tags.values()]),
        "clients": list(state.clients.values()),
        "tasks": [row for row in state.tasks.values() if row["active"]],
        "time_entries": recent_entries(state),
        "projects": state.count_tracked(list(state.projects.values())),
        "workspaces": list(state.workspaces.values()),
    }
    me = dict(state.me)
    last = {"authorization_updated_at": me.pop("authorization_updated_at")}
    return json_response(me | {kind: rows for kind, rows in related.items() if rows} | last)


def _get_logged(_: RequestContext) -> Response:
    return empty_response()


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
