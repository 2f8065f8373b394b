"""What the user may do to their own time entries in a workspace."""

import json
from collections.abc import Mapping
from typing import cast

from starlette.responses import Response

from toggl_mcp.sandbox import entry_validation as drafts
from toggl_mcp.sandbox.entry_reads import told
from toggl_mcp.sandbox.request import NOT_JSON, Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row

MOST_AT_ONCE = 100

_REQUIRED = {
    "created_with": "created_with needs to be provided an a valid string",
    "workspace_id": "wid is required for time entry creation",
    "start": "start is required for time entry creation",
}
_PATCHED = ("billable", "description", "duration", "project_id", "start", "stop", "tag_ids", "tags", "task_id")
_TAG_ACTIONS = {"replace": None, "add": "add", "remove": "delete"}


def _create(asked: Asked) -> Response:
    workspace_id = asked.workspace()["id"]
    given = drafts.given(asked)
    for field, text in _REQUIRED.items():
        if not given.get(field):
            raise Refused(error(400, text))
    wanted = drafts.changes(asked, {}, given)
    running = wanted.pop("duration") < 0
    alone = asked.switches.start_stops_others
    row = asked.world.add_entry(workspace_id, wanted.pop("start"), running=running, alone=alone, **wanted)
    seen_once: Row = {"duration": -1} if running else {}
    return _answer(asked, row | seen_once | ({} if row["tags"] else {"tags": None, "tag_ids": None}))


def _update(asked: Asked) -> Response:
    row = _found(asked)
    return _answer(asked, asked.world.edit_entry(row["id"], **drafts.changes(asked, row, drafts.given(asked))))


def _stop(asked: Asked) -> Response:
    row = _found(asked)
    if row["duration"] >= 0:
        raise Refused(error(409, "Time entry already stopped"))
    return _answer(asked, asked.world.stop_entry(row["id"]))


def _delete(asked: Asked) -> Response:
    asked.world.remove_entry(_found(asked)["id"])
    return Response()


def _patch(asked: Asked) -> Response:
    """Change many: each that can be changed is, one that was deleted comes back, and the rest is told."""
    asked.workspace()
    if len(asked.many) > MOST_AT_ONCE:
        raise Refused(error(400, f"PATCH request is limited to {MOST_AT_ONCE} entries at once"))
    steps = [_wanted(step) for step in _steps(asked)]
    done: list[int] = []
    refused: list[Row] = []
    for entry_id in asked.many:
        try:
            _patch_one(asked, entry_id, steps)
        except Refused as why:
            refused.append({"id": entry_id, "message": json.loads(bytes(why.response.body))})
        else:
            done.append(entry_id)
    return answer({"success": done, "failure": refused})


def _patch_one(asked: Asked, entry_id: int, steps: list[Row]) -> None:
    row = _own(asked, entry_id)
    if row is None:
        raise Refused(error(404, f"Time entry with ID: {entry_id} was not found/is not accessible"))
    others: Row = {}
    for step in steps:
        others |= {} if "tag_action" in step else step
    changes = drafts.changes(asked, row, others)
    for step in steps:
        changes |= drafts.changes(asked, row | changes, step) if "tag_action" in step else {}
    asked.world.edit_entry(entry_id, server_deleted_at=None, **changes)


def _steps(asked: Asked) -> list[Row]:
    body = asked.json()
    if isinstance(body, list) and all(isinstance(step, dict) for step in cast("list[object]", body)):
        return cast("list[Row]", body)
    raise Refused(error(400, NOT_JSON))


def _wanted(step: Row) -> Row:
    """What one step of a patch gives, as a body would; only tags can be removed."""
    op, field, value = step.get("op"), str(step.get("path")).removeprefix("/"), step.get("value")
    of_tags = field in ("tags", "tag_ids")
    if field not in _PATCHED or op not in _TAG_ACTIONS or (op == "remove" and not of_tags):
        raise Refused(error(500, "Invalid path"))
    if type(value) is not drafts.PAYLOAD[field] and not (value is None and field in drafts.CLEARABLE):
        raise Refused(error(400, f"Invalid value for {field}"))
    return {field: value} | ({"tag_action": _TAG_ACTIONS[op]} if of_tags else {})


def _found(asked: Asked) -> Row:
    asked.workspace()
    row = _own(asked, asked.ids["time_entry_id"])
    if row is None or row["server_deleted_at"] is not None:
        raise Refused(error(404, "Time entry not found"))
    return row


def _own(asked: Asked, entry_id: int) -> Row | None:
    row = asked.world.entries.get(entry_id, {})
    mine = (asked.ids["workspace_id"], asked.world.me["id"])
    return row if (row.get("workspace_id"), row.get("user_id")) == mine else None


def _answer(asked: Asked, row: Row) -> Response:
    # Toggl writes the moments of what it has just changed in another way than those that it lists.
    moments = {field: row[field].replace("+00:00", "Z") for field in ("start", "stop") if row[field]}
    return answer(told(asked, row) | moments)


_ONE = "/workspaces/{workspace_id}/time_entries/{time_entry_id}"

OPERATIONS: Mapping[str, Operation] = {
    "POST /workspaces/{workspace_id}/time_entries": _create,
    f"PUT {_ONE}": _update,
    f"DELETE {_ONE}": _delete,
    f"PATCH {_ONE}/stop": _stop,
    "PATCH /workspaces/{workspace_id}/time_entries/{time_entry_ids}": _patch,
}
