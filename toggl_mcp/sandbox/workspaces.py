"""What a workspace is set to, beyond the row that the account has."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.organizations import require_organization, valid_workspace_name
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row

_PAYLOAD: Mapping[str, type] = {
    "default_currency": str,
    "default_hourly_rate": float,
    "limit_public_project_data": bool,
    "name": str,
    "only_admins_may_create_projects": bool,
    "only_admins_may_create_tags": bool,
    "only_admins_see_team_dashboard": bool,
    "projects_billable_by_default": bool,
    "projects_enforce_billable": bool,
    "projects_private_by_default": bool,
    "reports_collapse": bool,
    "rounding": int,
    "rounding_minutes": int,
}
_PREMIUM = ("default_currency", "default_hourly_rate", "projects_billable_by_default", "rounding", "rounding_minutes")
_CONSTRAINTS = (
    *("time_entry_constraints_enabled", "description_present", "project_present"),
    *("task_present", "tag_present"),
)


def _create(request: RequestContext) -> Response:
    organization = require_organization(request, 404, "Organization not found/accessible")
    fields = request.fields(_PAYLOAD)
    _require_paid(fields, premium=organization["pricing_plan_name"] != "Free")
    if not organization["is_multi_workspace_enabled"]:
        raise Refusal(error(400, "Multiple workspaces are not enabled in this organization."))
    other_rows = request.state.workspaces_of(organization["id"])
    row = request.state.add_workspace(organization["id"], _valid_name(fields.pop("name", None), other_rows), **fields)
    request.quota.add_workspace(row["id"], organization["id"])
    return json_response(row)


def _update(request: RequestContext) -> Response:
    row = request.workspace()
    fields = request.fields(_PAYLOAD)
    _require_paid(fields, premium=row["premium"])
    if "name" in fields:
        other_rows = [other for other in request.state.workspaces_of(row["organization_id"]) if other is not row]
        fields["name"] = _valid_name(fields["name"], other_rows)
    return json_response(request.state.edit_workspace(row["id"], **fields))


def _constraints(request: RequestContext) -> Response:
    request.workspace()
    return json_response(dict.fromkeys(_CONSTRAINTS, False))


def _valid_name(name: str | None, other_rows: list[Row]) -> str:
    name = valid_workspace_name(name, missing_text="workspace name must not be nil")
    if name in {row["name"] for row in other_rows}:
        raise Refusal(error(400, "another workspace with same name exists in organization"))
    return name


def _require_paid(fields: Row, *, premium: bool) -> None:
    for field in _PREMIUM:
        if fields.get(field) and not premium:
            raise Refusal(error(402, f"Must be a premium user to use {field}"))


OPERATIONS: Mapping[str, Operation] = {
    "POST /organizations/{organization_id}/workspaces": _create,
    "PUT /workspaces/{workspace_id}": _update,
    "GET /workspaces/{workspace_id}/time_entry_constraints": _constraints,
}
