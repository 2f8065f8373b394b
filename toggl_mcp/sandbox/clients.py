"""The clients of a workspace."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import Operation, RequestContext, as_integers
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row, by_name

_STATUSES = {"active": (False,), "archived": (True,), "both": (False, True)}
_FREE_TEXTS = {402: "Must be a premium user to archive clients", 403: "Forbidden"}


def _list(request: RequestContext) -> Response:
    rows = _list_in_workspace(request)
    status = request.query.get("status", "active")
    if status not in _STATUSES:
        raise Refusal(error(400, "Client status is invalid"))
    rows = request.filter_by_name([row for row in rows if row["archived"] in _STATUSES[status]], "name")
    return request.rows([row | {"total_count": len(rows)} for row in by_name(rows)])


def _create(request: RequestContext) -> Response:
    other_rows = _list_in_workspace(request)
    fields = request.texts("name", "notes", "external_reference")
    name = _valid_name(request, fields.pop("name", ""), other_rows)
    notes, reference = fields.get("notes"), fields.get("external_reference")
    workspace_id = request.ids["workspace_id"]
    return _client_response(request.state.add_client(workspace_id, name, notes=notes, external_reference=reference))


def _get(request: RequestContext) -> Response:
    return _client_response(_require_client(request))


def _update(request: RequestContext) -> Response:
    row = _require_client(request, missing="Client doesn't exist in the workspace.")
    # Toggl replaces the client: what the body leaves out is gone.
    fields = {"name": "", "notes": "", "external_reference": ""}
    fields |= request.texts(*fields)
    other_rows = [other_row for other_row in _list_in_workspace(request) if other_row is not row]
    fields["name"] = _valid_name(request, fields["name"], other_rows)
    return _client_response(request.state.edit_client(row["id"], **fields))


def _delete(request: RequestContext) -> Response:
    client_id = _require_client(request)["id"]
    request.state.remove_client(client_id)
    return json_response(client_id)


def _archive(request: RequestContext) -> Response:
    row = _require_client(request)
    _require_paid(request)
    project_ids = request.or_null(request.state.archive_client(row["id"]))
    return json_response({"items": project_ids} if request.behaviors.archive_answer == "items" else project_ids)


def _restore(request: RequestContext) -> Response:
    client_id = _require_client(request)["id"]
    options = request.mapping(error_text="Bad Request") if request.body else {}
    project_ids = as_integers(options.get("projects", []))
    by_default = request.behaviors.restore_all_by_default and "projects" not in options
    everything = options.get("restore_all_projects", by_default)
    if not isinstance(everything, bool):
        raise Refusal(error(400, "Bad Request"))
    return _client_response(request.state.restore_client(client_id, None if everything else project_ids))


def _archive_many(request: RequestContext) -> Response:
    rows = _require_clients(request)
    _require_paid(request)
    project_ids = [project_id for row in rows for project_id in request.state.archive_client(row["id"])]
    return json_response([{"client_ids": [row["id"] for row in rows], "project_ids": project_ids}])


def _delete_many(request: RequestContext) -> Response:
    for row in _require_clients(request):
        request.state.remove_client(row["id"])
    return json_response("OK")


def _get_many(request: RequestContext) -> Response:
    rows = _list_in_workspace(request)
    ids = request.integers()
    return request.rows([row for row in rows if row["id"] in ids])


def _client_response(row: Row) -> Response:
    # Only a list counts.
    return json_response(row | {"total_count": 0})


def _list_in_workspace(request: RequestContext) -> list[Row]:
    workspace_id = request.workspace(foreign="Forbidden")["id"]
    return [row for row in request.state.clients.values() if row["wid"] == workspace_id]


def _require_client(request: RequestContext, missing: str = "No client with ID {} was found") -> Row:
    workspace_id = request.workspace(foreign="Forbidden")["id"]
    client_id = request.ids["client_id"]
    row = request.state.clients.get(client_id)
    if row is None or row["wid"] != workspace_id:
        raise Refusal(error(404, missing.format(client_id)))
    return row


def _require_clients(request: RequestContext) -> list[Row]:
    rows = {row["id"]: row for row in _list_in_workspace(request)}
    ids = dict.fromkeys(request.integers())
    for client_id in ids:
        if client_id not in rows:
            raise Refusal(error(404, f"No client with ID {client_id} was found"))
    return [rows[client_id] for client_id in ids]


def _valid_name(request: RequestContext, name: str, other_rows: list[Row]) -> str:
    longest = request.behaviors.max_client_name
    if len(name.strip()) > longest:
        raise Refusal(error(400, f"Client name maximum length is {longest}"))
    return request.unused_name(
        name, other_rows, empty_text="Client name cannot be empty", taken_text=request.name_taken_text("Client")
    )


def _require_paid(request: RequestContext) -> None:
    if request.workspace(foreign="Forbidden")["premium"]:
        return
    status = request.behaviors.archive_on_free_status
    raise Refusal(error(status, _FREE_TEXTS[status]))


OPERATIONS: Mapping[str, Operation] = {
    "GET /workspaces/{workspace_id}/clients": _list,
    "POST /workspaces/{workspace_id}/clients": _create,
    "POST /workspaces/{workspace_id}/clients/archive": _archive_many,
    "POST /workspaces/{workspace_id}/clients/data": _get_many,
    "POST /workspaces/{workspace_id}/clients/delete": _delete_many,
    "GET /workspaces/{workspace_id}/clients/{client_id}": _get,
    "PUT /workspaces/{workspace_id}/clients/{client_id}": _update,
    "DELETE /workspaces/{workspace_id}/clients/{client_id}": _delete,
    "POST /workspaces/{workspace_id}/clients/{client_id}/archive": _archive,
    "POST /workspaces/{workspace_id}/clients/{client_id}/restore": _restore,
}
