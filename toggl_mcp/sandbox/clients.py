"""The clients of a workspace."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import Asked, Operation, as_integers
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row

_STATUSES = {"active": (False,), "archived": (True,), "both": (False, True)}
_FREE_TEXTS = {402: "Must be a premium user to archive clients", 403: "Forbidden"}


def _list(asked: Asked) -> Response:
    rows = _of_workspace(asked)
    status = asked.query.get("status", "active")
    if status not in _STATUSES:
        raise Refused(error(400, "Client status is invalid"))
    return asked.rows(asked.named([row for row in rows if row["archived"] in _STATUSES[status]], "name"))


def _create(asked: Asked) -> Response:
    others = _of_workspace(asked)
    given = asked.texts("name", "notes", "external_reference")
    name = _valid_name(asked, given.pop("name", ""), others)
    notes, reference = given.get("notes"), given.get("external_reference")
    workspace_id = asked.ids["workspace_id"]
    return answer(asked.world.add_client(workspace_id, name, notes=notes, external_reference=reference))


def _get(asked: Asked) -> Response:
    return answer(_found(asked))


def _update(asked: Asked) -> Response:
    row = _found(asked, missing="Client doesn't exist in the workspace.")
    given = asked.texts("name", "notes", "external_reference")
    if "name" in given or asked.switches.put_requires_name:
        others = [other for other in _of_workspace(asked) if other is not row]
        given["name"] = _valid_name(asked, given.get("name", ""), others)
    return answer(asked.world.edit_client(row["id"], **given))


def _delete(asked: Asked) -> Response:
    client_id = _found(asked)["id"]
    asked.world.remove_client(client_id)
    return answer(client_id)


def _archive(asked: Asked) -> Response:
    row = _found(asked)
    _require_paid(asked)
    project_ids = asked.or_null(asked.world.archive_client(row["id"]))
    return answer({"items": project_ids} if asked.switches.archive_answer == "items" else project_ids)


def _restore(asked: Asked) -> Response:
    client_id = _found(asked)["id"]
    options = asked.mapping(otherwise="Bad Request") if asked.body else {}
    project_ids = as_integers(options.get("projects", []))
    by_default = asked.switches.restore_all_by_default and "projects" not in options
    everything = options.get("restore_all_projects", by_default)
    if not isinstance(everything, bool):
        raise Refused(error(400, "Bad Request"))
    return answer(asked.world.restore_client(client_id, None if everything else project_ids))


def _archive_many(asked: Asked) -> Response:
    rows = _all_found(asked)
    _require_paid(asked)
    project_ids = [project_id for row in rows for project_id in asked.world.archive_client(row["id"])]
    return answer([{"client_ids": [row["id"] for row in rows], "project_ids": project_ids}])


def _delete_many(asked: Asked) -> Response:
    for row in _all_found(asked):
        asked.world.remove_client(row["id"])
    return answer("OK")


def _get_many(asked: Asked) -> Response:
    rows = _of_workspace(asked)
    wanted = asked.integers()
    return asked.rows([row for row in rows if row["id"] in wanted])


def _of_workspace(asked: Asked) -> list[Row]:
    workspace_id = asked.workspace(foreign="Forbidden")["id"]
    return [row for row in asked.world.clients.values() if row["wid"] == workspace_id]


def _found(asked: Asked, missing: str = "No client with ID {} was found") -> Row:
    workspace_id = asked.workspace(foreign="Forbidden")["id"]
    client_id = asked.ids["client_id"]
    row = asked.world.clients.get(client_id)
    if row is None or row["wid"] != workspace_id:
        raise Refused(error(404, missing.format(client_id)))
    return row


def _all_found(asked: Asked) -> list[Row]:
    rows = {row["id"]: row for row in _of_workspace(asked)}
    wanted = dict.fromkeys(asked.integers())
    for client_id in wanted:
        if client_id not in rows:
            raise Refused(error(404, f"No client with ID {client_id} was found"))
    return [rows[client_id] for client_id in wanted]


def _valid_name(asked: Asked, name: str, others: list[Row]) -> str:
    longest = asked.switches.max_client_name
    if len(name.strip()) > longest:
        raise Refused(error(400, f"Client name maximum length is {longest}"))
    return asked.unused_name(name, others, empty="Client name cannot be empty", taken=asked.taken("Client"))


def _require_paid(asked: Asked) -> None:
    if asked.workspace(foreign="Forbidden")["premium"]:
        return
    status = asked.switches.archive_on_free_status
    raise Refused(error(status, _FREE_TEXTS[status]))


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
