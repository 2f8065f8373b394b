"""Organizations and their workspaces, beyond what the contract says."""

import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

STUDIO, SCHOOL = 3_901_001, 3_901_002


async def test_list_organizations_have_plans_which_one_of_them_alone_does_not_say(toggl: httpx.AsyncClient) -> None:
    studio, school = (await toggl.get("/me/organizations")).json()
    assert (studio["id"], studio["pricing_plan_name"], studio["user_count"]) == (STUDIO, "Premium", 6)
    assert (school["id"], school["pricing_plan_name"], school["user_count"]) == (SCHOOL, "Free", 1)
    assert (await toggl.get(f"/organizations/{STUDIO}")).json() == studio | {"pricing_plan_name": ""}


async def test_create_organization_adds_a_free_workspace_with_a_quota_of_its_own(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    created = (await toggl.post("/organizations", json={"name": " Choir ", "workspace_name": "Altos"})).json()
    response = await toggl.get(f"/workspaces/{created['workspace_id']}")
    assert (created["name"], created["workspace_name"], response.json()["premium"]) == ("Choir", "Altos", False)
    assert (sandbox.calls[-1].bucket, response.headers["X-Toggl-Quota-Remaining"]) == (created["id"], "29")


async def test_update_organization_renames_it_and_is_charged_to_it(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.put(f"/organizations/{SCHOOL}", json={"name": "Day School"})).status_code == 200
    assert (await toggl.get(f"/organizations/{SCHOOL}")).json()["name"] == "Day School"
    assert [call.bucket for call in sandbox.calls] == [SCHOOL, SCHOOL]


async def test_leave_organization_takes_its_workspaces_out_of_sight(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.delete(f"/organizations/{SCHOOL}/users/leave")).status_code == 200
    gone = await toggl.get(f"/organizations/{SCHOOL}")
    assert (gone.status_code, gone.json()) == (404, "User not part of organization")
    assert "X-Toggl-Quota-Remaining" not in gone.headers
    assert (await toggl.get(f"/workspaces/{NIGHT_SCHOOL}")).status_code == 403


async def test_organization_id_invalid_is_refused(toggl: httpx.AsyncClient) -> None:
    response = await toggl.get("/organizations/none")
    assert (response.status_code, response.json()) == (400, "Missing or invalid organization_id")


async def test_create_workspace_has_the_plan_and_the_quota_of_its_organization(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    sandbox.state.organizations[STUDIO]["is_multi_workspace_enabled"] = True
    workspace = (await toggl.post(f"/organizations/{STUDIO}/workspaces", json={"name": " Annex "})).json()
    assert (workspace["name"], workspace["organization_id"], workspace["premium"]) == ("Annex", STUDIO, True)
    assert (await toggl.get(f"/workspaces/{workspace['id']}/clients")).text == "null"
    assert sandbox.calls[-1].bucket == STUDIO


async def test_update_workspace_changes_what_is_sent(toggl: httpx.AsyncClient) -> None:
    path = f"/workspaces/{HARBOUR_STUDIO}"
    before = (await toggl.get(path)).json()
    after = (await toggl.put(path, json={"name": "Harbour Studio", "rounding_minutes": 15})).json()
    assert {field for field in after if after[field] != before[field]} == {"rounding_minutes", "at"}
    assert (await toggl.get(path)).json() == after


async def test_update_workspace_paid_field_on_free_plan_is_refused(toggl: httpx.AsyncClient) -> None:
    response = await toggl.put(f"/workspaces/{NIGHT_SCHOOL}", json={"rounding": 1})
    assert (response.status_code, response.json()) == (402, "Must be a premium user to use rounding")
