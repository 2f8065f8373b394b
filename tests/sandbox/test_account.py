"""The user, the workspaces, the quotas, and what the sample world holds."""

import json
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, TOKEN, Sandbox

pytestmark = pytest.mark.anyio


async def test_get_me_includes_the_secrets_that_toggl_sends(toggl: httpx.AsyncClient) -> None:
    me = (await toggl.get("/me")).json()
    assert me["api_token"] == TOKEN
    assert (len(me["toggl_accounts_id"]), me["2fa_enabled"]) == (22, False)
    assert not {"intercom_hash", "oauth_providers"} & me.keys()
    assert (me["default_workspace_id"], me["beginning_of_week"]) == (HARBOUR_STUDIO, 1)
    assert ZoneInfo(me["timezone"]).key == "Pacific/Auckland"
    assert "clients" not in me


async def test_get_me_related_data_holds_archived_projects_and_active_tasks_only(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.state.edit_project(201_500_304, active=False)
    me = (await toggl.get("/me", params={"with_related_data": "true"})).json()
    assert (len(me["clients"]), len(me["projects"]), len(me["tags"])) == (12, 14, 8)
    assert {row["id"]: row["active"] for row in me["projects"]}[201_500_304] is False
    assert [task["id"] for task in me["tasks"]] == [80_400_301, 80_400_303, 80_400_304, 80_400_305]
    assert list(me)[-2:] == ["workspaces", "authorization_updated_at"]
    assert [workspace["id"] for workspace in me["workspaces"]] == [HARBOUR_STUDIO, NIGHT_SCHOOL]


async def test_get_me_related_data_lists_tags_by_name_and_the_others_by_id(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    for name in ("Zebra", "ant"):
        sandbox.state.add_tag(HARBOUR_STUDIO, name)
        sandbox.state.add_client(HARBOUR_STUDIO, name)
    me = (await toggl.get("/me", params={"with_related_data": "true"})).json()
    names = [tag["name"].casefold() for tag in me["tags"]]
    assert names == sorted(names)
    assert [client["name"] for client in me["clients"]][-2:] == ["Zebra", "ant"]


async def test_get_me_related_data_omits_empty_kinds(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    for rows in (sandbox.state.clients, sandbox.state.projects, sandbox.state.tags, sandbox.state.tasks):
        rows.clear()
    me = (await toggl.get("/me", params={"with_related_data": "true"})).json()
    assert not {"clients", "projects", "tags", "tasks"} & me.keys()


async def test_list_workspaces_first_is_premium_and_second_free(toggl: httpx.AsyncClient) -> None:
    first, second = (await toggl.get("/me/workspaces")).json()
    assert (first["name"], first["premium"], first["business_ws"]) == ("Harbour Studio", True, True)
    assert (second["name"], second["premium"], second["business_ws"]) == ("Night School", False, False)
    assert (first["active_project_count"], second["active_project_count"]) == (8, 2)
    assert first["organization_id"] != second["organization_id"]
    assert first["api_token"] != TOKEN
    assert "ical" in first["ical_url"]
    assert (first["te_constraints"], first["server_deleted_at"], first["last_modified"][-1]) == ({}, None, "Z")


async def test_workspace_starter_plan_is_premium_not_business(clock: Clock) -> None:
    workspace = Sandbox(clock=clock, plans={NIGHT_SCHOOL: "starter"}).state.workspaces[NIGHT_SCHOOL]
    assert (workspace["premium"], workspace["business_ws"]) == (True, False)


async def test_get_quota_lists_user_quota_first(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.quota.spend(NIGHT_SCHOOL)
    assert (await toggl.get("/me/quota")).json() == [
        {"organization_id": None, "remaining": 29, "resets_in_secs": 3600, "total": 30},
        {"organization_id": 3_901_001, "remaining": 600, "resets_in_secs": 3600, "total": 600},
        {"organization_id": 3_901_002, "remaining": 0, "resets_in_secs": 3600, "total": 30},
    ]


async def test_list_own_clients_since_returns_changed_clients(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    assert len((await toggl.get("/me/clients")).json()) == 12
    sandbox.state.rename_client(64_890_404, "Winter Choir")
    recent = (await toggl.get("/me/clients", params={"since": str(int(clock.now))})).json()
    assert [row["name"] for row in recent] == ["Winter Choir"]
    assert (await toggl.get("/me/clients", params={"since": "yesterday"})).json() == "Invalid since"


async def test_state_client_changes_show_in_the_api(toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock) -> None:
    row = sandbox.state.add_client(NIGHT_SCHOOL, "Ukulele", archived=True, notes="n", external_reference="r")
    clock.now += 60
    sandbox.state.rename_client(row["id"], "Ukulele II")
    path = f"/workspaces/{NIGHT_SCHOOL}/clients/{row['id']}"
    assert (await toggl.get(path)).json() == {
        "id": row["id"],
        "wid": NIGHT_SCHOOL,
        "archived": True,
        "name": "Ukulele II",
        "at": "2025-10-09T08:54:20+00:00",
        "creator_id": 7_301_001,
        "notes": "n",
        "external_reference": "r",
        "total_count": 0,
    }
    sandbox.state.remove_client(row["id"])
    assert (await toggl.get(path)).status_code == 404


async def test_state_project_tag_and_task_changes_show_in_the_api(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    state, base = sandbox.state, f"/workspaces/{HARBOUR_STUDIO}"
    project = state.add_project(HARBOUR_STUDIO, "Signs", 64_890_301, active=False, color="#2da608")
    tag, task = state.add_tag(HARBOUR_STUDIO, "urgent"), state.add_task(project["id"], "Sketch", estimated_seconds=60)
    clock.now += 60
    state.rename_project(project["id"], "Sign posts")
    state.rename_tag(tag["id"], "soon")
    row = (await toggl.get(f"{base}/projects/{project['id']}")).json()
    assert (row["name"], row["at"], row["status"]) == ("Sign posts", "2025-10-09T08:54:20+00:00", "archived")
    assert (await toggl.get(f"{base}/tags", params={"search": "soon"})).json() == [tag]
    assert (await toggl.get(f"{base}/projects/{project['id']}/tasks")).json() == [task]
    state.remove_tag(tag["id"])
    state.remove_task(task["id"])
    state.remove_project(project["id"])
    assert not {project["id"], tag["id"], task["id"]} & {*state.projects, *state.tags, *state.tasks}


def test_sandboxes_share_no_state(clock: Clock) -> None:
    first, second = Sandbox(clock=clock), Sandbox(clock=clock)
    first.state.clients.clear()
    first.state.rename_project(201_500_301, "Changed")
    first.state.workspaces[HARBOUR_STUDIO]["name"] = "Changed"
    first.quota.spend(HARBOUR_STUDIO)
    assert len(second.state.clients) == 12
    assert second.state.projects[201_500_301]["name"] == "Bread labels"
    assert second.state.workspaces[HARBOUR_STUDIO]["name"] == "Harbour Studio"
    assert second.quota.remaining(HARBOUR_STUDIO) == 600


def test_sample_dates_move_with_the_clock(clock: Clock) -> None:
    before = Sandbox(clock=clock).state.clients[64_890_308]["at"]
    clock.now += 86_400
    assert (before, Sandbox(clock=clock).state.clients[64_890_308]["at"]) == (
        "2025-10-08T08:53:20+00:00",
        "2025-10-09T08:53:20+00:00",
    )


def test_sample_names_include_non_ascii(sandbox: Sandbox) -> None:
    names = json.dumps([row["name"] for row in sandbox.state.clients.values()], ensure_ascii=False)
    assert not names.isascii()
