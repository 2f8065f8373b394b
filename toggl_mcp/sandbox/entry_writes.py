"""What the user may do to their own time entries in a workspace."""

import json
from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox import entry_validation as drafts
from toggl_mcp.sandbox.entry_reads import with_meta
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, empty_response, error, json_response
from toggl_mcp.sandbox.rows import Row

MAX_BULK_ENTRIES = 100

_REQUIRED = {
    "created_with": "created_with needs to be provided an a valid string",
    "workspace_id": "wid is required for time entry creation",
    "start": "start is required for time entry creation",
}
_PATCHED = ("billable", "description", "duration", "project_id", "start", "stop", "tag_ids", "tags", "task_id")
_TAG_ACTIONS = {"replace": None, "add": "add", "remove": "delete"}


def _create(request: RequestContext) -> Response:
    workspace_id = request.workspace()["id"]
    payload = drafts.parse_payload(request)
    for field, text in _REQUIRED.items():
        if not payload.get(field):
            raise Refusal(error(400, text))
    fields = drafts.validate_changes(request, {}, payload)
    running = fields.pop("duration") < 0
    alone = request.behaviors.start_stops_others
    row = request.state.add_entry(workspace_id, fields.pop("start"), running=running, alone=alone, **fields)
    response = _entry_response(request, row | ({} if row["tags"] else {"tags": None, "tag_ids": None}))
    if row["stop"] is None and not running:
        # An entry without length has a stop only from now on.
        request.state.edit_entry(row["id"], stop=row["start"])
    return response


def _update(request: RequestContext) -> Response:
    row = _require_entry(request)
    return _entry_response(
        request,
        request.state.edit_entry(row["id"], **drafts.validate_changes(request, row, drafts.parse_payload(request))),
    )


def _stop(request: RequestContext) -> Response:
    row = _require_entry(request)
    if row["duration"] >= 0:
        raise Refusal(error(409, "Time entry already stopped"))
    return _entry_response(request, request.state.stop_entry(row["id"]))


def _delete(request: RequestContext) -> Response:
    request.state.remove_entry(_require_entry(request)["id"])
    return empty_response()


def _patch(request: RequestContext) -> Response:
    """Change many: each that can be changed is, one that was deleted comes back, and the rest is told."""
    request.workspace()
    if len(request.listed_ids) > MAX_BULK_ENTRIES:
        raise Refusal(error(400, f"PATCH request is limited to {MAX_BULK_ENTRIES} entries at once"))
    steps = [_parse_step(step) for step in request.patch_steps()]
    success_ids: list[int] = []
    failures: list[Row] = []
    for entry_id in request.listed_ids:
        try:
            _patch_one(request, entry_id, steps)
        except Refusal as refusal:
            failures.append({"id": entry_id, "message": json.loads(bytes(refusal.response.body))})
        else:
            success_ids.append(entry_id)
    return json_response({"success": success_ids, "failure": failures})


def _patch_one(request: RequestContext, entry_id: int, steps: list[Row]) -> None:
    row = _find_own(request, entry_id)
    is_deleted = row is not None and row["server_deleted_at"] is not None
    if row is None or (is_deleted and request.behaviors.undelete_by_patch == "refused"):
        raise Refusal(error(404, f"Time entry with ID: {entry_id} was not found/is not accessible"))
    if is_deleted and request.behaviors.undelete_by_patch == "ignored":
        return
    payload: Row = {}
    for step in steps:
        payload |= {} if "tag_action" in step else step
    changes = drafts.validate_changes(request, row, payload)
    for step in steps:
        changes |= drafts.validate_changes(request, row | changes, step) if "tag_action" in step else {}
    request.state.edit_entry(entry_id, server_deleted_at=None, **changes)


def _parse_step(step: Row) -> Row:
    """What one step of a patch gives, as a body would; only tags can be removed."""
    op, field, value = step.get("op"), str(step.get("path")).removeprefix("/"), step.get("value")
    if field == "pid":
        field = "project_id"
    is_tags = field in ("tags", "tag_ids")
    if field not in _PATCHED or op not in _TAG_ACTIONS or (op == "remove" and not is_tags):
        raise Refusal(error(500, "Invalid path"))
    if type(value) is not drafts.PAYLOAD[field] and not (value is None and field in drafts.CLEARABLE):
        raise Refusal(error(400, f"Invalid value for {field}"))
    if field == "start" and "T" not in str(value):
        field = "start_date"
    return {field: value} | ({"tag_action": _TAG_ACTIONS[op]} if is_tags else {})


def _require_entry(request: RequestContext) -> Row:
    request.workspace()
    row = _find_own(request, request.ids["time_entry_id"])
    if row is None or row["server_deleted_at"] is not None:
        raise Refusal(error(404, "Time entry not found"))
    return row


def _find_own(request: RequestContext, entry_id: int) -> Row | None:
    row = request.state.entries.get(entry_id, {})
    owner = (request.ids["workspace_id"], request.state.me["id"])
    return row if (row.get("workspace_id"), row.get("user_id")) == owner else None


def _entry_response(request: RequestContext, row: Row) -> Response:
    # Toggl writes the moments of what it has just changed, and that a timer runs, in another way than what it lists.
    moments = {field: row[field].replace("+00:00", "Z") for field in ("start", "stop") if row[field]}
    running: Row = {"duration": -1} if row["duration"] < 0 else {}
    return json_response(with_meta(request, row) | moments | running)


_ENTRY_PATH = "/workspaces/{workspace_id}/time_entries/{time_entry_id}"

OPERATIONS: Mapping[str, Operation] = {
    "POST /workspaces/{workspace_id}/time_entries": _create,
    f"PUT {_ENTRY_PATH}": _update,
    f"DELETE {_ENTRY_PATH}": _delete,
    f"PATCH {_ENTRY_PATH}/stop": _stop,
    "PATCH /workspaces/{workspace_id}/time_entries/{time_entry_ids}": _patch,
}
