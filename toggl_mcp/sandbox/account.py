"""The user, the workspaces and the quotas."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.entry_reads import recent
from toggl_mcp.sandbox.request import Asked, Operation
from toggl_mcp.sandbox.responses import answer


def _me(asked: Asked) -> Response:
    world = asked.world
    if asked.query.get("with_related_data") != "true":
        return answer(world.me)
    projects = {project_id: row for project_id, row in world.projects.items() if row["active"]}
    related = {
        "clients": list(world.clients.values()),
        "projects": list(projects.values()),
        "tags": list(world.tags.values()),
        "tasks": [row for row in world.tasks.values() if row["active"] and row["project_id"] in projects],
        "time_entries": recent(world),
        "workspaces": list(world.workspaces.values()),
    }
    return answer(world.me | {kind: rows for kind, rows in related.items() if rows})


def _logged(_: Asked) -> Response:
    return Response()


def _quota(asked: Asked) -> Response:
    return answer(
        [
            {
                "organization_id": window.organization_id,
                "remaining": window.remaining,
                "resets_in_secs": window.resets_in,
                "total": window.total,
            }
            for window in asked.quota.windows()
        ]
    )


def _workspaces(asked: Asked) -> Response:
    active = [row["workspace_id"] for row in asked.world.projects.values() if row["active"]]
    rows = [row | {"active_project_count": active.count(row["id"])} for row in asked.world.workspaces.values()]
    return asked.rows(asked.changed(rows))


def _clients(asked: Asked) -> Response:
    return asked.rows(asked.changed(list(asked.world.clients.values())))


def _workspace(asked: Asked) -> Response:
    return answer(asked.workspace())


OPERATIONS: Mapping[str, Operation] = {
    "GET /me": _me,
    "GET /me/clients": _clients,
    "GET /me/logged": _logged,
    "GET /me/quota": _quota,
    "GET /me/workspaces": _workspaces,
    "GET /workspaces/{workspace_id}": _workspace,
}
