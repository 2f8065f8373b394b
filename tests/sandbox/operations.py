"""A request for every operation that Toggl documents, and for every refusal that can be had."""

from typing import Any, NamedTuple

import httpx

from toggl_mcp.sandbox import HARBOUR_STUDIO

FOREIGN_WORKSPACE = 4_999_999
ORGANIZATION = 3_901_001
FREE_ORGANIZATION = 3_901_002
FOREIGN_ORGANIZATION = 3_999_999
MISSING = 64_999_999
CLIENT = 64_890_301
PROJECT = 201_500_302
ARCHIVED_PROJECT = 201_500_303
TAG = 17_300_301
TASK = 80_400_301
ENTRY = 3_731_001_814
RUNNING_ENTRY = 3_731_001_842

ORGANIZATIONS = "/organizations"
ONE_ORGANIZATION = ORGANIZATIONS + "/{organization_id}"
LEAVE = ONE_ORGANIZATION + "/users/leave"
WORKSPACES = ONE_ORGANIZATION + "/workspaces"
ONE_WORKSPACE = "/workspaces/{workspace_id}"
CLIENTS = "/workspaces/{workspace_id}/clients"
ONE_CLIENT = CLIENTS + "/{client_id}"
PROJECTS = "/workspaces/{workspace_id}/projects"
ONE_PROJECT = PROJECTS + "/{project_id}"
TAGS = "/workspaces/{workspace_id}/tags"
ONE_TAG = TAGS + "/{tag_id}"
ALL_TASKS = "/workspaces/{workspace_id}/tasks"
TASKS = ONE_PROJECT + "/tasks"
ONE_TASK = TASKS + "/{task_id}"
ENTRIES = "/workspaces/{workspace_id}/time_entries"
ONE_ENTRY = ENTRIES + "/{time_entry_id}"

WORKSPACE_BODY = {
    "name": "New",
    "default_currency": "EUR",
    "default_hourly_rate": 70,
    "limit_public_project_data": True,
    "only_admins_may_create_projects": True,
    "only_admins_may_create_tags": True,
    "only_admins_see_team_dashboard": True,
    "projects_billable_by_default": True,
    "projects_enforce_billable": True,
    "projects_private_by_default": True,
    "reports_collapse": False,
    "rounding": 1,
    "rounding_minutes": 15,
}
CLIENT_BODY = {"name": "New", "notes": "n", "external_reference": "r"}
PROJECT_BODY = {
    "name": "New",
    "active": True,
    "client_id": CLIENT,
    "color": "#9e5bd9",
    "is_private": False,
    "billable": True,
    "rate": 90,
    "fixed_fee": 1000,
    "currency": "EUR",
    "estimated_hours": 40,
    "auto_estimates": False,
    "start_date": "2026-01-01",
    "end_date": "2026-02-01",
    "template": False,
    "template_id": 1,
    "recurring": False,
    "external_reference": "r",
}
TASK_BODY = {"name": "New", "active": True, "estimated_seconds": 60, "external_reference": "r", "user_id": 7_301_001}
ENTRY_BODY = {
    "created_with": "a test",
    "workspace_id": HARBOUR_STUDIO,
    "start": "2025-10-08T09:00:00Z",
    "duration": 60,
    "description": "New",
    "billable": True,
    "project_id": PROJECT,
    "task_id": TASK,
    "tags": ["design"],
}


class Request(NamedTuple):
    """One request of an operation, by default a harmless one."""

    operation: str
    query: dict[str, str] | None = None
    body: Any = None
    organization_id: int = ORGANIZATION
    workspace_id: int = HARBOUR_STUDIO
    client_id: int = CLIENT
    project_id: int = PROJECT
    project_ids: str = f"{PROJECT},{ARCHIVED_PROJECT}"
    tag_id: int = TAG
    task_id: int = TASK
    time_entry_id: int = ENTRY
    time_entry_ids: str = f"{ENTRY},{ENTRY + 1}"

    async def send(self, toggl: httpx.AsyncClient) -> httpx.Response:
        method, template = self.operation.split()
        return await toggl.request(method, template.format_map(self._asdict()), params=self.query, json=self.body)


SUCCESSES = [
    Request("GET /me", {"with_related_data": "true"}),
    Request("GET /me/clients", {"since": "0"}),
    Request("GET /me/logged"),
    Request("GET /me/features"),
    Request("GET /me/id"),
    Request("GET /me/organizations"),
    Request("GET /me/preferences"),
    Request("GET /me/projects", {"include_archived": "true", "since": "0"}),
    Request("GET /me/tags", {"since": "0"}),
    Request("GET /me/tasks", {"include_not_active": "true", "since": "0"}),
    Request("GET /me/quota"),
    Request("GET /me/workspaces", {"since": "0"}),
    Request(f"POST {ORGANIZATIONS}", body={"name": "New", "workspace_name": "New"}),
    Request(f"GET {ONE_ORGANIZATION}"),
    Request(f"GET {ONE_ORGANIZATION}/groups", {"name": "s", "workspace": str(HARBOUR_STUDIO)}),
    Request(f"PUT {ONE_ORGANIZATION}", body={"name": "New"}),
    Request(f"DELETE {LEAVE}", organization_id=FREE_ORGANIZATION),
    Request(f"POST {WORKSPACES}", body=WORKSPACE_BODY),
    Request(f"GET {ONE_WORKSPACE}"),
    Request(f"PUT {ONE_WORKSPACE}", body=WORKSPACE_BODY),
    Request(f"GET {ONE_WORKSPACE}/preferences"),
    Request(f"GET {ONE_WORKSPACE}/dashboard/all_activity", {"since": "0"}),
    Request(f"GET {ONE_WORKSPACE}/statistics"),
    Request(f"GET {ONE_WORKSPACE}/users"),
    Request(f"GET {ONE_WORKSPACE}/time_entry_constraints"),
    Request(f"GET {CLIENTS}", {"status": "both", "name": "a"}),
    Request(f"POST {CLIENTS}", body=CLIENT_BODY),
    Request(f"POST {CLIENTS}/archive", body=[CLIENT]),
    Request(f"POST {CLIENTS}/data", body=[CLIENT]),
    Request(f"POST {CLIENTS}/delete", body=[CLIENT]),
    Request(f"GET {ONE_CLIENT}"),
    Request(f"PUT {ONE_CLIENT}", body=CLIENT_BODY),
    Request(f"DELETE {ONE_CLIENT}"),
    Request(f"POST {ONE_CLIENT}/archive"),
    Request(f"POST {ONE_CLIENT}/restore", body={"projects": [201_500_303], "restore_all_projects": False}),
    Request(f"GET {PROJECTS}", {"active": "both", "name": "a", "search": "a", "client_ids": str(CLIENT), "since": "0"}),
    Request(f"POST {PROJECTS}", body=PROJECT_BODY),
    Request(f"PATCH {PROJECTS}/{{project_ids}}", body=[{"op": "replace", "path": "/color", "value": "#000000"}]),
    Request(f"GET {ONE_PROJECT}"),
    Request(f"PUT {ONE_PROJECT}", body=PROJECT_BODY),
    Request(f"DELETE {ONE_PROJECT}", {"teDeletionMode": "unassign"}),
    Request(f"GET {TAGS}", {"page": "1", "per_page": "2", "search": "e"}),
    Request(f"POST {TAGS}", body={"name": "New"}),
    Request(f"PUT {ONE_TAG}", body={"name": "New"}),
    Request(f"DELETE {ONE_TAG}"),
    Request(f"GET {ALL_TASKS}", {"page": "1", "per_page": "2", "active": "both", "pid": str(PROJECT), "search": "o"}),
    Request(f"GET {TASKS}", {"active": "true"}),
    Request(f"POST {TASKS}", body=TASK_BODY),
    Request(f"GET {ONE_TASK}"),
    Request(f"PUT {ONE_TASK}", body=TASK_BODY),
    Request(f"DELETE {ONE_TASK}"),
    Request("GET /me/time_entries", {"start_date": "2025-10-01", "end_date": "2025-10-09", "meta": "true"}),
    Request("GET /me/time_entries/current"),
    Request("GET /me/time_entries/{time_entry_id}"),
    Request(f"POST {ENTRIES}", body=ENTRY_BODY),
    Request(f"PUT {ONE_ENTRY}", body={"description": "New", "tag_action": "add", "tags": ["design"]}),
    Request(f"DELETE {ONE_ENTRY}"),
    Request(f"PATCH {ONE_ENTRY}/stop", time_entry_id=RUNNING_ENTRY),
    Request(f"PATCH {ENTRIES}/{{time_entry_ids}}", body=[{"op": "replace", "path": "/description", "value": "New"}]),
]

REFUSALS = [
    *(
        (request._replace(workspace_id=FOREIGN_WORKSPACE), 403)
        for request in SUCCESSES
        if "{workspace_id}" in request.operation
        and not request.operation.endswith(("/data", "/all_activity"))
        and "_ids}" not in request.operation
    ),
    (Request(f"POST {ORGANIZATIONS}", body={"name": " ", "workspace_name": "New"}), 400),
    (Request(f"POST {ORGANIZATIONS}", body={"name": "n" * 141, "workspace_name": "New"}), 400),
    (Request(f"POST {ORGANIZATIONS}", body={"name": "New"}), 400),
    (Request(f"POST {ORGANIZATIONS}", body={"name": "New", "workspace_name": " "}), 400),
    (Request(f"POST {ORGANIZATIONS}", body={"name": "New", "workspace_name": "n" * 141}), 400),
    (Request(f"POST {ORGANIZATIONS}", body=[]), 400),
    (Request(f"GET {ONE_ORGANIZATION}", organization_id=FOREIGN_ORGANIZATION), 404),
    (Request(f"PUT {ONE_ORGANIZATION}", body={"name": ""}), 400),
    (Request(f"PUT {ONE_ORGANIZATION}", body={"name": "n" * 141}), 400),
    (Request(f"PUT {ONE_ORGANIZATION}", body={}), 400),
    (Request(f"PUT {ONE_ORGANIZATION}", body={"name": "New"}, organization_id=FOREIGN_ORGANIZATION), 403),
    (Request(f"DELETE {LEAVE}"), 400),
    (Request(f"DELETE {LEAVE}", organization_id=FOREIGN_ORGANIZATION), 400),
    (Request(f"POST {WORKSPACES}", body={"name": "New"}, organization_id=FREE_ORGANIZATION), 400),
    (Request(f"POST {WORKSPACES}", body={"name": " "}), 400),
    (Request(f"POST {WORKSPACES}", body={}), 400),
    (Request(f"POST {WORKSPACES}", body={"name": "Harbour Studio"}), 400),
    (Request(f"POST {WORKSPACES}", body={"rounding": 1}, organization_id=FREE_ORGANIZATION), 402),
    (Request(f"POST {WORKSPACES}", body={"name": "New"}, organization_id=FOREIGN_ORGANIZATION), 404),
    (Request(f"GET {CLIENTS}", {"status": "gone"}), 400),
    (Request(f"POST {CLIENTS}", body={"name": " "}), 400),
    (Request(f"POST {CLIENTS}", body={"name": "n" * 256}), 400),
    (Request(f"POST {CLIENTS}/archive", body=[CLIENT, MISSING], client_id=MISSING), 404),
    (Request(f"POST {CLIENTS}/data", body=["one"]), 400),
    (Request(f"POST {CLIENTS}/delete", body=[CLIENT, MISSING], client_id=MISSING), 404),
    (Request(f"GET {ONE_CLIENT}", client_id=MISSING), 404),
    (Request(f"PUT {ONE_CLIENT}", body={"name": ""}), 400),
    (Request(f"PUT {ONE_CLIENT}", body={"name": "n" * 256}), 400),
    (Request(f"PUT {ONE_CLIENT}", body={"name": "New"}, client_id=MISSING), 404),
    (Request(f"DELETE {ONE_CLIENT}", client_id=MISSING), 404),
    (Request(f"POST {ONE_CLIENT}/archive", client_id=MISSING), 404),
    (Request(f"POST {ONE_CLIENT}/restore", body={"projects": "all"}), 400),
    (Request(f"POST {ONE_CLIENT}/restore", body={"restore_all_projects": "yes"}), 400),
    (Request(f"POST {ONE_CLIENT}/restore", client_id=MISSING), 404),
    (Request(f"PUT {ONE_PROJECT}", body={"client_id": MISSING}, client_id=MISSING), 400),
    (Request(f"PUT {ONE_PROJECT}", body={"color": "#FFFFFF"}), 400),
    (Request(f"POST {TAGS}", body={"name": " "}), 400),
    (Request(f"POST {TAGS}", body={"name": "meeting"}), 400),
    (Request(f"POST {TAGS}", body=[]), 400),
    (Request(f"PUT {ONE_TAG}", body={"name": ""}), 400),
    (Request(f"PUT {ONE_TAG}", body={"name": "meeting"}), 400),
    (Request(f"PUT {ONE_TAG}", body=[]), 400),
    (Request(f"PUT {ONE_TAG}", body={"name": "New"}, tag_id=MISSING), 404),
    (Request(f"DELETE {ONE_TAG}", tag_id=MISSING), 404),
    (Request(f"POST {TASKS}", body=TASK_BODY, project_id=MISSING), 400),
    (Request(f"POST {TASKS}", body=TASK_BODY, project_id=ARCHIVED_PROJECT), 400),
    (Request(f"PATCH {ONE_ENTRY}/stop", time_entry_id=MISSING), 404),
    (Request(f"PATCH {ONE_ENTRY}/stop"), 409),
]
