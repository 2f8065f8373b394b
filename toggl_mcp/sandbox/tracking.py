"""What the user may do to their own time entries in a workspace."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from starlette.responses import Response

from toggl_mcp.sandbox.answers import Refused, answer, error
from toggl_mcp.sandbox.asked import Asked, Operation
from toggl_mcp.sandbox.rows import Row, stamp

MOST_AT_ONCE = 100
LONGEST = 999 * 3600
_PAYLOAD: Mapping[str, type] = {
    "billable": bool,
    "created_with": str,
    "description": str,
    "duration": int,
    "project_id": int,
    "start": str,
    "stop": str,
    "tag_action": str,
    "tag_ids": list,
    "tags": list,
    "task_id": int,
    "workspace_id": int,
}
_SAID = ("billable", "description", "project_id", "task_id")
_MISSING = "Time entry not found"


def _create(asked: Asked) -> Response:
    asked.workspace()
    given = asked.fields(_PAYLOAD)
    if not given.get("created_with"):
        raise Refused(error(400, "created_with needs to be provided an a valid string"))
    if "workspace_id" not in given:
        raise Refused(error(400, "wid is required for time entry creation"))
    if "start" not in given:
        raise Refused(error(400, "start is required for time entry creation"))
    start, stop, duration = _times(given, {})
    said = _said(asked, given) | _tags(asked, given, [])
    row = asked.world.add_entry(asked.ids["workspace_id"], start, stop=stop, running=duration < 0, **said)
    shown = row | {"start": _utc(row["start"]), "stop": _utc(row["stop"])}
    shown |= {"duration": -1} if duration < 0 else {}
    return answer(shown if row["tags"] else shown | {"tags": None, "tag_ids": None})


def _update(asked: Asked) -> Response:
    row = _found(asked)
    given = asked.fields(_PAYLOAD)
    changes = _said(asked, given) | _tags(asked, given, row["tags"])
    changes |= {field: None for field in ("project_id", "task_id") if field in asked.nulls()}
    if {"start", "stop", "duration"} & given.keys():
        start, stop, duration = _times(given, row)
        length = -start if duration < 0 else duration
        changes |= {"start": stamp(start), "stop": None if stop is None else stamp(stop), "duration": length}
    row = asked.world.edit_entry(row["id"], **changes)
    return answer(row | {"start": _utc(row["start"]), "stop": _utc(row["stop"])})


def _stop(asked: Asked) -> Response:
    row = _found(asked)
    if row["duration"] >= 0:
        raise Refused(error(409, "Time entry already stopped"))
    row = asked.world.stop_entry(row["id"])
    return answer(row | {"start": _utc(row["start"]), "stop": _utc(row["stop"])})


def _delete(asked: Asked) -> Response:
    asked.world.remove_entry(_found(asked)["id"])
    return Response()


def _patch(asked: Asked) -> Response:
    """Change many: each that can be changed is, one that was deleted comes back, and the rest is told."""
    asked.workspace()
    operations = cast("list[Row]", asked.json())
    if not 0 < len(asked.many) <= MOST_AT_ONCE:
        raise Refused(error(400, "Invalid time_entry_ids"))
    for step in operations:
        if step["op"] == "remove" and step["path"] not in ("/tags", "/tag_ids"):
            raise Refused(error(500, "Invalid path"))
    done: list[int] = []
    refused: list[Row] = []
    for entry_id in asked.many:
        row = asked.world.entries.get(entry_id)
        if row is None or not _is_own(asked, row):
            message = f"Time entry with ID: {entry_id} was not found/is not accessible"
            refused.append({"id": entry_id, "message": message})
            continue
        for step in operations:
            asked.world.edit_entry(entry_id, server_deleted_at=None, **_patched(row, step))
        done.append(entry_id)
    return answer({"success": done, "failure": refused})


def _patched(row: Row, step: Row) -> Row:
    field: str = step["path"].removeprefix("/")
    value: Any = step.get("value")
    if field == "tags" and step["op"] == "add":
        return {field: list(dict.fromkeys([*row["tags"], *value]))}
    if field == "tags" and step["op"] == "remove":
        return {field: [name for name in row["tags"] if name not in value]}
    return {field: value}


def _times(given: Row, before: Row) -> tuple[int, int | None, int]:
    """The start, the stop and the length that are meant, negative for a running timer; they have to agree."""
    start = _second(given.get("start", before.get("start")), "start")
    stop = _second(given["stop"], "stop") if "stop" in given else None
    duration = given.get("duration")
    if stop is None and duration is None and before.get("stop"):
        stop = _second(before["stop"], "stop")
    if duration is None:
        duration = stop - start if stop is not None else min(0, before.get("duration", 0))
    if stop is None and duration > 0:
        stop = start + duration
    _require_times(start, stop, duration)
    return start, stop, duration


def _require_times(start: int, stop: int | None, duration: int) -> None:
    if stop is not None and stop < start:
        raise Refused(error(400, "Stop time must be after start time"))
    if duration > LONGEST:
        raise Refused(error(400, "Max allowed duration per 1 time entry is 999 hours"))
    if stop is not None and stop - start != duration:
        raise Refused(error(400, "Start, stop and duration do not agree"))


def _second(text: object, field: str) -> int:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refused(error(400, f"Invalid {field}")) from None
    if moment.tzinfo is None:
        raise Refused(error(400, f"Invalid {field}"))
    if not 2006 <= moment.year <= 2030:  # noqa: PLR2004 - the years that Toggl takes
        raise Refused(error(400, "Start time year must be between 2006 and 2030"))
    return int(moment.timestamp())


def _said(asked: Asked, given: Row) -> Row:
    """What is said of the work, after a look at whether it may be."""
    said = {field: given[field] for field in _SAID if field in given}
    if len(said.get("description", "")) > 3000:  # noqa: PLR2004 - the text says it
        raise Refused(error(400, "Maximum length for description (3000 chars) exceeded"))
    if said.get("billable") and not asked.workspace()["premium"]:
        raise Refused(error(asked.switches.billable_on_free_status, "Billable is a premium feature"))
    workspace_id = asked.ids["workspace_id"]
    project_id, task_id = said.get("project_id"), said.get("task_id")
    if project_id is not None and asked.world.projects.get(project_id, {}).get("workspace_id") != workspace_id:
        raise Refused(error(400, "User cannot access the selected project"))
    if task_id is not None and asked.world.tasks.get(task_id, {}).get("workspace_id") != workspace_id:
        raise Refused(error(400, "User cannot access selected task"))
    return said


def _tags(asked: Asked, given: Row, before: list[str]) -> Row:
    """The tags that an entry has after this: by name, of which unknown ones are made, or by id."""
    names = list(given.get("tags", []))
    names += [asked.world.tags[tag_id]["name"] for tag_id in given.get("tag_ids", []) if tag_id in asked.world.tags]
    if len(names) > 50:  # noqa: PLR2004 - as many as an entry may have
        raise Refused(error(400, "Invalid tags"))
    if not {"tags", "tag_ids"} & given.keys():
        return {}
    action = given.get("tag_action")
    if action == "delete":
        return {"tags": [name for name in before if name not in names]}
    return {"tags": list(dict.fromkeys([*before, *names] if action == "add" else names))}


def _found(asked: Asked) -> Row:
    asked.workspace()
    row = asked.world.entries.get(asked.ids["time_entry_id"])
    if row is None or not _is_own(asked, row) or row["server_deleted_at"] is not None:
        raise Refused(error(404, _MISSING))
    return row


def _is_own(asked: Asked, row: Row) -> bool:
    return (row["workspace_id"], row["user_id"]) == (asked.ids["workspace_id"], asked.world.me["id"])


def _utc(text: str | None) -> str | None:
    """A moment as Toggl writes it in answers to changes."""
    return None if text is None else text.replace("+00:00", "Z")


_ONE = "/workspaces/{workspace_id}/time_entries/{time_entry_id}"
OPERATIONS: Mapping[str, Operation] = {
    "POST /workspaces/{workspace_id}/time_entries": _create,
    f"PUT {_ONE}": _update,
    f"DELETE {_ONE}": _delete,
    f"PATCH {_ONE}/stop": _stop,
    "PATCH /workspaces/{workspace_id}/time_entries/{time_entry_ids}": _patch,
}
