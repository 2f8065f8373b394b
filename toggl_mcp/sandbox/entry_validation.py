"""What a caller wants a time entry to be, held to Toggl's rules."""

from collections.abc import Mapping
from typing import Any, cast

from toggl_mcp.sandbox.datetimes import moment
from toggl_mcp.sandbox.request import Asked, as_integers
from toggl_mcp.sandbox.responses import Refused, error
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
_LONGEST_HOURS = 999
_MOST_LETTERS = 3000
_MOST_TAGS = 50
_YEARS = range(2006, 2031)


def given(asked: Asked) -> Row:
    """What the body gives of a time entry, under the long names; a project or a task may be given as null."""
    nulls = asked.nulls()
    fields: Row = asked.fields(PAYLOAD) | {field: None for field in CLEARABLE if field in nulls}
    if "stop" in nulls and fields.get("duration", 0) < 0:
        raise Refused(error(400, "Start, stop and duration do not agree"))
    for short in _LEGACY.keys() & fields.keys():
        fields.setdefault(_LEGACY[short], fields.pop(short))
    return fields


def changes(asked: Asked, row: Row, wanted: Row) -> Row:
    """What to change in an entry's row, which is empty for a new one; a refusal if that may not be."""
    said = {field: wanted[field] for field in ("description", "billable") if field in wanted}
    if len(said.get("description", "")) > _MOST_LETTERS:
        raise Refused(error(400, f"Maximum length for description ({_MOST_LETTERS} chars) exceeded"))
    if said.get("billable") and not asked.workspace()["premium"]:
        raise Refused(error(asked.switches.billable_on_free_status, "Billable is a premium feature"))
    return said | _place(asked, row, wanted) | _tags(asked, row, wanted) | _times(row, wanted)


def _place(asked: Asked, row: Row, wanted: Row) -> Row:
    """The project and the task: a task brings its project, and another project leaves the task behind."""
    if not {"project_id", "task_id"} & wanted.keys():
        return {}
    workspace_id = asked.ids["workspace_id"]
    task_id: int | None = wanted.get("task_id")
    task: Row = asked.world.tasks.get(task_id or 0, {})
    project_id = wanted.get("project_id", task.get("project_id") or row.get("project_id"))
    if project_id is not None and asked.world.projects.get(project_id, {}).get("workspace_id") != workspace_id:
        raise Refused(error(400, "User cannot access the selected project"))
    if task_id is not None and (task.get("workspace_id"), task.get("project_id")) != (workspace_id, project_id):
        raise Refused(error(400, "User cannot access selected task"))
    if "task_id" not in wanted and project_id == row.get("project_id"):
        task_id = row.get("task_id")
    return {"project_id": project_id, "task_id": task_id}


def _tags(asked: Asked, row: Row, wanted: Row) -> Row:
    """The names of the tags that the entry has after this; tags of unknown names are made."""
    if not {"tags", "tag_ids"} & wanted.keys():
        return {}
    named = dict.fromkeys([*_names(wanted.get("tags", [])), *_names_of(asked, as_integers(wanted.get("tag_ids", [])))])
    before: list[str] = row.get("tags", [])
    match wanted.get("tag_action"):
        case None:
            after = list(named)
        case "add":
            after = list(dict.fromkeys([*before, *named]))
        case "delete":
            after = [name for name in before if name not in named]
        case _:
            raise Refused(error(400, "Invalid tag_action"))
    if len(after) > _MOST_TAGS:
        raise Refused(error(400, f"Maximum number of tags ({_MOST_TAGS}) exceeded"))
    return {"tags": after}


def _names(told: list[Any]) -> list[str]:
    names = [name.strip() if isinstance(name, str) else "" for name in told]
    if not all(names):
        raise Refused(error(400, "tag name can't be blank"))
    return names


def _names_of(asked: Asked, tag_ids: list[int]) -> list[str]:
    tags = asked.world.tags
    if any(tags.get(tag_id, {}).get("workspace_id") != asked.ids["workspace_id"] for tag_id in tag_ids):
        raise Refused(error(400, "Tag was not found"))
    return [tags[tag_id]["name"] for tag_id in tag_ids]


def _times(row: Row, wanted: Row) -> Row:
    """The start and the stop in seconds; without a stop, a negative duration says that the timer runs."""
    if not {"start", "start_date", "stop", "duration"} & wanted.keys():
        return {}
    start = _start(row, wanted)
    stop = _second("stop", wanted["stop"]) if "stop" in wanted else None
    duration = cast("int | None", wanted.get("duration"))
    if stop is None and duration is None:
        stop, duration = (int(seconds(row["stop"])) if row.get("stop") else None), row.get("duration", 0)
    elif stop is None and duration is not None and duration >= 0:
        stop = start + duration
    elif stop is not None and duration is not None and start + duration != stop:
        raise Refused(error(400, "Start, stop and duration do not agree"))
    if stop is not None and stop < start:
        raise Refused(error(400, "Stop time must be after start time"))
    if stop is not None and stop - start > _LONGEST_HOURS * 3600:
        raise Refused(error(400, f"Max allowed duration per 1 time entry is {_LONGEST_HOURS} hours"))
    return {"start": start, "stop": stop, "duration": duration if stop is None else 0}


def _start(row: Row, wanted: Row) -> int:
    text: str = wanted.get("start", row.get("start", ""))
    return _second("start", wanted["start_date"] + text[10:] if "start_date" in wanted else text)


def _second(field: str, text: str) -> int:
    told = moment(field, text)
    if told.year not in _YEARS:
        raise Refused(
            error(400, f"{field.capitalize()} time year must be between {_YEARS.start} and {_YEARS.stop - 1}")
        )
    return int(told.timestamp())
