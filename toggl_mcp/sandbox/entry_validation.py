"""What a caller wants a time entry to be, held to Toggl's rules."""

from collections.abc import Mapping
from typing import Any, cast

from toggl_mcp.sandbox.datetimes import moment
from toggl_mcp.sandbox.request import RequestContext, as_integers
from toggl_mcp.sandbox.responses import Refusal, error
from toggl_mcp.sandbox.rows import Row, seconds

PAYLOAD: Mapping[str, type] = {
    "billable": bool,
    "created_with": str,
    "description": str,
    "duration": int,
    "pid": int,
    "project_id": int,
    "start": str,
    "start_date": str,
    "stop": str,
    "tag_action": str,
    "tag_ids": list,
    "tags": list,
    "task_id": int,
    "tid": int,
    "wid": int,
    "workspace_id": int,
}
CLEARABLE = ("project_id", "task_id")

_LEGACY = {"pid": "project_id", "tid": "task_id", "wid": "workspace_id"}
_MAX_HOURS = 999
_MAX_DESCRIPTION = 3000
_MAX_TAGS = 50
_YEARS = range(2006, 2031)


def parse_payload(request: RequestContext) -> Row:
    """What the body gives of a time entry, under the long names; a project or a task may be given as null."""
    nulls = request.nulls()
    fields: Row = request.fields(PAYLOAD) | {field: None for field in CLEARABLE if field in nulls}
    if "stop" in nulls and fields.get("duration", 0) < 0:
        raise Refusal(error(400, "Start, stop and duration do not agree"))
    for short in _LEGACY.keys() & fields.keys():
        fields.setdefault(_LEGACY[short], fields.pop(short))
    return fields


def validate_changes(request: RequestContext, row: Row, payload: Row) -> Row:
    """What to change in an entry's row, which is empty for a new one; a refusal if that may not be."""
    fields = {field: payload[field] for field in ("description", "billable") if field in payload}
    if len(fields.get("description", "")) > _MAX_DESCRIPTION:
        raise Refusal(error(400, f"Maximum length for description ({_MAX_DESCRIPTION} chars) exceeded"))
    if fields.get("billable") and not request.workspace()["premium"]:
        raise Refusal(error(request.behaviors.billable_on_free_status, "Billable is a premium feature"))
    return fields | _project_and_task(request, row, payload) | _tags(request, row, payload) | _times(row, payload)


def _project_and_task(request: RequestContext, row: Row, payload: Row) -> Row:
    """The project and the task: a task brings its project, and another project leaves the task behind."""
    if not {"project_id", "task_id"} & payload.keys():
        return {}
    workspace_id = request.ids["workspace_id"]
    task_id: int | None = payload.get("task_id")
    task: Row = request.state.tasks.get(task_id or 0, {})
    project_id = payload.get("project_id", task.get("project_id") or row.get("project_id"))
    if project_id is not None and request.state.projects.get(project_id, {}).get("workspace_id") != workspace_id:
        raise Refusal(error(400, "User cannot access the selected project"))
    if task_id is not None and (task.get("workspace_id"), task.get("project_id")) != (workspace_id, project_id):
        raise Refusal(error(400, "User cannot access selected task"))
    if "task_id" not in payload and project_id == row.get("project_id"):
        task_id = row.get("task_id")
    return {"project_id": project_id, "task_id": task_id}


def _tags(request: RequestContext, row: Row, payload: Row) -> Row:
    """The names of the tags that the entry has after this; tags of unknown names are made."""
    if not {"tags", "tag_ids"} & payload.keys():
        return {}
    named = dict.fromkeys(
        [*_names(payload.get("tags", [])), *_tag_names(request, as_integers(payload.get("tag_ids", [])))]
    )
    before: list[str] = row.get("tags", [])
    match payload.get("tag_action"):
        case None:
            after = list(named)
        case "add":
            after = list(dict.fromkeys([*before, *named]))
        case "delete":
            after = [name for name in before if name not in named]
        case _:
            raise Refusal(error(400, "Invalid tag_action"))
    if len(after) > _MAX_TAGS:
        raise Refusal(error(400, f"Maximum number of tags ({_MAX_TAGS}) exceeded"))
    return {"tags": after}


def _names(texts: list[Any]) -> list[str]:
    names = [name.strip() if isinstance(name, str) else "" for name in texts]
    if not all(names):
        raise Refusal(error(400, "tag name can't be blank"))
    return names


def _tag_names(request: RequestContext, tag_ids: list[int]) -> list[str]:
    tags = request.state.tags
    if any(tags.get(tag_id, {}).get("workspace_id") != request.ids["workspace_id"] for tag_id in tag_ids):
        raise Refusal(error(400, "Tag was not found"))
    return [tags[tag_id]["name"] for tag_id in tag_ids]


def _times(row: Row, payload: Row) -> Row:
    """The start and the stop in seconds; without a stop, a negative duration says that the timer runs."""
    if not {"start", "start_date", "stop", "duration"} & payload.keys():
        return {}
    start = _start(row, payload)
    stop = _to_seconds("stop", payload["stop"]) if "stop" in payload else None
    duration = cast("int | None", payload.get("duration"))
    if stop is None and duration is None:
        stop, duration = (int(seconds(row["stop"])) if row.get("stop") else None), row.get("duration", 0)
    elif stop is None and duration is not None and duration >= 0:
        stop = start + duration
    elif stop is not None and duration is not None and start + duration != stop:
        raise Refusal(error(400, "Start, stop and duration do not agree"))
    if stop is not None and stop < start:
        raise Refusal(error(400, "Stop time must be after start time"))
    if stop is not None and stop - start > _MAX_HOURS * 3600:
        raise Refusal(error(400, f"Max allowed duration per 1 time entry is {_MAX_HOURS} hours"))
    return {"start": start, "stop": stop, "duration": duration if stop is None else 0}


def _start(row: Row, payload: Row) -> int:
    text: str = payload.get("start", row.get("start", ""))
    return _to_seconds("start", payload["start_date"] + text[10:] if "start_date" in payload else text)


def _to_seconds(field: str, text: str) -> int:
    instant = moment(field, text)
    if instant.year not in _YEARS:
        raise Refusal(
            error(400, f"{field.capitalize()} time year must be between {_YEARS.start} and {_YEARS.stop - 1}")
        )
    return int(instant.timestamp())
