"""Rows as Toggl sends them, those of the sample and those made later."""

from datetime import UTC, datetime
from typing import Any

from toggl_mcp.sandbox.quota import Plan

Row = dict[str, Any]

_PROJECT: Row = {
    "id": None,
    "workspace_id": None,
    "client_id": None,
    "name": None,
    "is_private": False,
    "active": True,
    "at": None,
    "created_at": None,
    "server_deleted_at": None,
    "color": "#0b83d9",
    "billable": False,
    "template": None,
    "auto_estimates": None,
    "estimated_hours": None,
    "estimated_seconds": None,
    "rate": None,
    "rate_last_updated": None,
    "currency": None,
    "recurring": False,
    "template_id": None,
    "recurring_parameters": None,
    "fixed_fee": None,
    "actual_hours": None,
    "actual_seconds": None,
    "can_track_time": True,
    "start_date": None,
    "status": None,
    "wid": None,
    "cid": None,
    "pinned": False,
}


_ORGANIZATION: Row = {
    "server_deleted_at": None,
    "is_multi_workspace_enabled": False,
    "suspended_at": None,
    "user_count": 1,
    "trial_info": {
        "trial": False,
        "trial_available": True,
        "trial_end_date": None,
        "next_payment_date": None,
        "last_pricing_plan_id": None,
        "can_have_trial": True,
        "trial_plan_id": None,
    },
    "is_unified": False,
    "max_workspaces": 20,
    "permissions": None,
    "admin": True,
    "owner": True,
    "pricing_plan_name": "Free",
    "pricing_plan_enterprise": False,
}
_WORKSPACE: Row = {
    "id": None,
    "organization_id": None,
    "name": None,
    "premium": None,
    "business_ws": None,
    "admin": True,
    "role": "admin",
    "suspended_at": None,
    "server_deleted_at": None,
    "default_hourly_rate": None,
    "rate_last_updated": None,
    "default_currency": "NZD",
    "only_admins_may_create_projects": False,
    "only_admins_may_create_tags": False,
    "only_admins_see_team_dashboard": False,
    "projects_billable_by_default": True,
    "projects_private_by_default": True,
    "projects_enforce_billable": False,
    "limit_public_project_data": False,
    "last_modified": None,
    "reports_collapse": True,
    "rounding": 0,
    "rounding_minutes": 0,
    "api_token": None,
    "at": None,
    "logo_url": "https://assets.track.toggl.com/images/workspace.jpg",
    "ical_url": None,
    "ical_enabled": True,
    "csv_upload": None,
    "subscription": None,
    "hide_start_end_times": False,
    "working_hours_in_minutes": None,
    "te_constraints": {},
    "disable_timesheet_view": False,
    "disable_approvals": False,
    "disable_expenses": False,
}


def stamp(seconds: float) -> str:
    """A moment as Toggl writes it on clients, projects, tasks and workspaces."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def fine_stamp(seconds: float) -> str:
    """A moment as Toggl writes it on tags and users."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """The moment that Toggl writes so."""
    return datetime.fromisoformat(text).timestamp()


def by_name(named_rows: list[Row]) -> list[Row]:
    """The rows in the order of their names, as Toggl lists them."""
    return sorted(named_rows, key=lambda row: (row["name"].casefold(), row["id"]))


def apply_changes(row: Row, changes: Row, at: str) -> Row:
    """The row itself after these changes; fields set to "" go away."""
    row |= changes | {"at": at}
    for field in [field for field, value in row.items() if value == ""]:
        del row[field]
    return row


def organization(organization_id: int, name: str, plan: Plan, created: float) -> Row:
    """An organization's row."""
    row: Row = {"id": organization_id, "name": name, "pricing_plan_id": 0}
    times: Row = {"created_at": fine_stamp(created), "at": fine_stamp(created)}
    return row | times | _ORGANIZATION | {"pricing_plan_name": plan.capitalize()}


def workspace(workspace_id: int, organization_id: int, name: str, plan: Plan, changed_at: float) -> Row:
    """A workspace's row, with the secrets that Toggl sends along."""
    return _WORKSPACE | {
        "id": workspace_id,
        "organization_id": organization_id,
        "name": name,
        "premium": plan != "free",
        "business_ws": plan == "premium",
        "default_hourly_rate": None if plan == "free" else 80,
        "last_modified": stamp(changed_at).replace("+00:00", "Z"),
        "api_token": f"5ec4e75a{workspace_id:024d}",
        "at": stamp(changed_at),
        "ical_url": f"/ical/workspace_user/5ec4e75b{workspace_id:024d}",
    }


def project(project_id: int, workspace_id: int, name: str, created: float, **more: object) -> Row:
    """A project's row, of which these fields are not as usual."""
    ids: Row = {"id": project_id, "workspace_id": workspace_id, "wid": workspace_id, "name": name}
    created_at = stamp(created)
    return sync_project_fields(
        _PROJECT | ids | {"at": created_at, "created_at": created_at, "start_date": created_at[:10]} | more
    )


def sync_project_fields(row: Row) -> Row:
    """The project's row itself, where what Toggl says twice agrees."""
    hours = row["estimated_hours"]
    row["cid"] = row["client_id"]
    row["status"] = "active" if row["active"] else "archived"
    row["estimated_seconds"] = None if hours is None else hours * 3600
    return row


def tag(tag_id: int, workspace_id: int, name: str, created: float, creator_id: int) -> Row:
    """A tag's row."""
    row: Row = {"id": tag_id, "workspace_id": workspace_id, "name": name}
    return row | {"at": fine_stamp(created), "creator_id": creator_id}


def entry(entry_id: int, workspace_id: int, start: float, at: float, user_id: int, **more: object) -> Row:
    """The row of a time entry, of which these fields are not as usual."""
    ids: Row = {"id": entry_id, "workspace_id": workspace_id, "project_id": None, "task_id": None, "billable": False}
    times: Row = {"start": stamp(start), "stop": None, "duration": 0}
    texts: Row = {"description": None, "tags": [], "tag_ids": [], "duronly": True}
    row = ids | times | texts | {"at": fine_stamp(at), "server_deleted_at": None, "user_id": user_id}
    return sync_entry_fields(row | more)


def sync_entry_fields(row: Row) -> Row:
    """The time entry's row itself, where what Toggl says twice agrees."""
    row |= {"uid": row["user_id"], "wid": row["workspace_id"]}
    start = int(seconds(row["start"]))
    if row["stop"] is not None:
        row["duration"] = int(seconds(row["stop"])) - start
    else:
        row["duration"] = -start if row["duration"] < 0 else 0
    for short, field in (("pid", "project_id"), ("tid", "task_id")):
        row.pop(short, None)
        row |= {} if row[field] is None else {short: row[field]}
    return row


def task(task_id: int, project: Row, name: str, created: float, user_id: int | None, **more: object) -> Row:
    """The row of a task of this project, of which these fields are not as usual."""
    row: Row = {"id": task_id, "name": name, "workspace_id": project["workspace_id"], "project_id": project["id"]}
    row |= {"user_id": user_id, "recurring": False, "active": True, "at": stamp(created), "server_deleted_at": None}
    return row | {"estimated_seconds": None, "tracked_seconds": 0} | more
