"""The organizations that the user belongs to."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, empty_response, error, json_response
from toggl_mcp.sandbox.rows import Row

MAX_NAME = 140


def require_organization(request: RequestContext, status: int, text: str) -> Row:
    """The organization of the path, or this refusal if the user is not in it."""
    row = request.state.organizations.get(request.ids["organization_id"])
    if row is None:
        raise Refusal(error(status, text))
    return row


def valid_workspace_name(name: str | None, *, missing_text: str) -> str:
    """The name without the spaces around it; a refusal if there is none, or a blank or a long one."""
    if name is None:
        raise Refusal(error(400, missing_text))
    name = name.strip()
    if not name:
        raise Refusal(error(400, "workspace name must contain non-space characters"))
    if len(name) > MAX_NAME:
        raise Refusal(error(400, f"workspace name must not be longer than {MAX_NAME}"))
    return name


def _list(request: RequestContext) -> Response:
    return json_response(list(request.state.organizations.values()))


def _create(request: RequestContext) -> Response:
    fields = request.texts("name", "workspace_name", error_text="Invalid JSON input")
    name = _valid_name(fields.get("name", ""), empty_text="Field 'name' cannot be empty.")
    workspace_name = valid_workspace_name(fields.get("workspace_name"), missing_text="workspace name must be provided")
    row, workspace = request.state.add_organization(name, workspace_name)
    request.quota.add_workspace(workspace["id"], row["id"])
    names: Row = {"workspace_id": workspace["id"], "workspace_name": workspace_name}
    return json_response({"id": row["id"], "name": name} | names)


def _get(request: RequestContext) -> Response:
    row = require_organization(request, 404, "User not part of organization")
    # Only a list says the name of the plan.
    return json_response(row | {"pricing_plan_name": ""})


def _update(request: RequestContext) -> Response:
    row = require_organization(request, 403, "User is not authorized to update the organization")
    fields = request.texts("name", error_text="Invalid JSON input")
    if "name" not in fields:
        raise Refusal(error(400, "At least one field is required"))
    request.state.edit_organization(
        row["id"], name=_valid_name(fields["name"], empty_text="field 'name' cannot be empty")
    )
    return empty_response()


def _leave(request: RequestContext) -> Response:
    row = require_organization(request, 400, "The user does not belong to the organization.")
    # An organization goes with its last user.
    if row["owner"] and row["user_count"] > 1:
        raise Refusal(error(400, "Cannot remove the organization owner."))
    request.state.leave_organization(row["id"])
    return empty_response()


def _valid_name(name: str, *, empty_text: str) -> str:
    name = name.strip()
    if not name:
        raise Refusal(error(400, empty_text))
    if len(name) > MAX_NAME:
        raise Refusal(error(400, f"organization name too long, maximum length is {MAX_NAME}"))
    return name


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/organizations": _list,
    "POST /organizations": _create,
    "GET /organizations/{organization_id}": _get,
    "PUT /organizations/{organization_id}": _update,
    "DELETE /organizations/{organization_id}/users/leave": _leave,
}
