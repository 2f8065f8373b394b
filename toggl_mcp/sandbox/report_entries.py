"""The time entries that a report covers: its body, its range of days and its filters."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta

from starlette.responses import Response

from toggl_mcp.sandbox.datetimes import day, zone
from toggl_mcp.sandbox.request import RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

PAYLOAD: Mapping[str, type] = {
    **dict.fromkeys(["client_ids", "project_ids", "tag_ids", "task_ids", "time_entry_ids", "user_ids"], list),
    **dict.fromkeys(["description", "end_date", "start_date"], str),
    **dict.fromkeys(["max_duration_seconds", "min_duration_seconds", "rounding", "rounding_minutes"], int),
    "billable": bool,
}

_IDS = {"project_ids": "project_id", "task_ids": "task_id", "time_entry_ids": "id", "user_ids": "user_id"}
_AUDIT_FILTERS = ("max_duration_seconds", "min_duration_seconds")
_MAX_RANGE = timedelta(days=365)
_WEEK = timedelta(days=7)


def parse_body(request: RequestContext, fields: Mapping[str, type]) -> Row:
    """The body, whose range may be a year, and is a week without an end; lists that are empty filter nothing."""
    request.workspace("Workspace not found/accessible")
    if not request.body or not request.mapping():
        raise Refusal(error(400, "At least one parameter must be set"))
    body = {field: value for field, value in request.fields(fields).items() if value != []}
    first = day("start_date", body.get("start_date", ""))
    last = day("end_date", body["end_date"]) if "end_date" in body else first + _WEEK - timedelta(days=1)
    if last - first >= _MAX_RANGE:
        raise Refusal(error(400, "Maximum allowed date range is 365 days"))
    if not date(2006, 1, 1) <= last <= date(2030, 1, 1):
        raise Refusal(error(400, "end_date should be within 2006-01-01 to 2030-01-01"))
    return _audited(request, body | {"end_date": last.isoformat()})


def report_response(content: object, body: Row) -> Response:
    """The report, its days told in the headers."""
    response = json_response(content)
    response.headers["X-Range-Start"], response.headers["X-Range-End"] = body["start_date"], body["end_date"]
    return response


def choose(field: str, body: Row, allowed: Collection[str], usual: str) -> str:
    """This field of the body, or the usual value without it; a refusal if it is not allowed."""
    if (value := body.get(field, usual)) in allowed:
        return value
    raise Refusal(error(400, f"Invalid '{field}' value, allowed values are: '{', '.join(allowed)}'"))


def local_day(state: State, row: Row) -> date:
    """The day on which an entry begins, by the user's own clock."""
    return datetime.fromisoformat(row["start"]).astimezone(zone(state)).date()


def find_entries(request: RequestContext, body: Row) -> list[Row]:
    """The finished entries that begin on the report's days, the last one included, and fit its filters."""
    first, last = (date.fromisoformat(body[field]) for field in ("start_date", "end_date"))
    return [
        row
        for row in request.state.entries.values()
        if row["workspace_id"] == request.ids["workspace_id"]
        and row["server_deleted_at"] is None
        and row["duration"] >= 0
        and first <= local_day(request.state, row) <= last
        and _matches_filters(request, body, row)
    ]


def hourly_rate(request: RequestContext, row: Row) -> float | None:
    """What a billable hour earns: the project's rate, else the workspace's; none on a free plan."""
    if not row["billable"] or not request.workspace()["premium"]:
        return None
    project = request.state.projects.get(row["project_id"], {})
    return project.get("rate") or request.workspace()["default_hourly_rate"]


def client_id(request: RequestContext, row: Row) -> int | None:
    """The client of an entry's project."""
    return request.state.projects.get(row["project_id"], {}).get("client_id")


def _audited(request: RequestContext, body: Row) -> Row:
    """The body, on a plan without Time Audits refused with their filters, or without them."""
    if request.workspace()["business_ws"] or not set(_AUDIT_FILTERS) & body.keys():
        return body
    if request.behaviors.audit_filters_below_premium == "refused":
        raise Refusal(error(402, "Workspace needs to have this feature enabled"))
    return {field: value for field, value in body.items() if field not in _AUDIT_FILTERS}


def _matches_filters(request: RequestContext, body: Row, row: Row) -> bool:
    """Whether an entry fits the filters; `[null]` asks for those without."""
    by_id = all(row[field] in body[name] for name, field in _IDS.items() if name in body)
    client = "client_ids" not in body or client_id(request, row) in body["client_ids"]
    tag_ids = body.get("tag_ids")
    tags = tag_ids is None or bool(set(row["tag_ids"] or [None]) & set(tag_ids))
    billable = "billable" not in body or row["billable"] is body["billable"]
    has_description = body.get("description", "").casefold() in (row["description"] or "").casefold()
    longest, shortest = body.get("max_duration_seconds"), body.get("min_duration_seconds", 0)
    length = shortest <= row["duration"] and (longest is None or row["duration"] <= longest)
    return by_id and client and tags and billable and has_description and length
