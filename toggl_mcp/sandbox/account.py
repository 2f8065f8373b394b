"""The user, the workspaces and the quotas."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from toggl_mcp.sandbox.answers import answer
from toggl_mcp.sandbox.asked import Asked, Operation
from toggl_mcp.sandbox.world import Row


def _me(asked: Asked) -> Response:
    world = asked.world
    if asked.query.get("with_related_data") != "true":
        return answer(world.me)
    related = {
        "clients": list(world.clients.values()),
        "projects": [row for row in world.projects.values() if row["active"]],
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
    return asked.rows(_changed(rows, asked.since()))


def _clients(asked: Asked) -> Response:
    return asked.rows(_changed(list(asked.world.clients.values()), asked.since()))


def _workspace(asked: Asked) -> Response:
    return answer(asked.workspace(foreign="User does not have access to this resource."))


def _changed(rows: list[Row], since: int) -> list[Row]:
    return [row for row in rows if datetime.fromisoformat(row["at"]).timestamp() >= since]


OPERATIONS: Mapping[str, Operation] = {
    "GET /me": _me,
    "GET /me/clients": _clients,
    "GET /me/logged": _logged,
    "GET /me/quota": _quota,
    "GET /me/workspaces": _workspaces,
    "GET /workspaces/{workspace_id}": _workspace,
}
