"""People, groups, preferences and plans, and the lists of the user's own."""

import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

STUDIO, SCHOOL = 3_901_001, 3_901_002
ME = 7_301_001


async def test_list_users_of_a_workspace_has_its_people_and_one_admin(toggl: httpx.AsyncClient) -> None:
    users = (await toggl.get(f"/workspaces/{HARBOUR_STUDIO}/users")).json()
    assert [(user["id"], user["fullname"], user["role"]) for user in users] == [
        (ME, "Marama Quayle", "admin"),
        (7_301_002, "Tāne Whitlock", "user"),
        (7_301_003, "Inés Moreau", "user"),
        (7_301_004, "Priya Natarajan", "user"),
        (7_301_005, "Jonas Weber", "user"),
        (7_301_006, "青木 愛子", "user"),
    ]
    assert [user["id"] for user in (await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/users")).json()] == [ME]


@pytest.mark.parametrize(("workspace_id", "groups", "members"), [(HARBOUR_STUDIO, 1, 6), (NIGHT_SCHOOL, 0, 1)])
async def test_workspace_statistics_count_people_and_groups(
    toggl: httpx.AsyncClient, workspace_id: int, groups: int, members: int
) -> None:
    assert (await toggl.get(f"/workspaces/{workspace_id}/statistics")).json() == {
        "admins": [{"user_id": ME, "name": "Marama Quayle"}],
        "groups_count": groups,
        "members_count": members,
    }


@pytest.mark.parametrize(
    ("organization_id", "query", "names"),
    [
        (STUDIO, {}, ["Studio"]),
        (STUDIO, {"name": "STU", "workspace": str(HARBOUR_STUDIO)}, ["Studio"]),
        (STUDIO, {"name": "school"}, []),
        (STUDIO, {"workspace": str(NIGHT_SCHOOL)}, []),
        (SCHOOL, {}, []),
    ],
)
async def test_list_groups_filters_by_name_and_workspace(
    toggl: httpx.AsyncClient, organization_id: int, query: dict[str, str], names: list[str]
) -> None:
    response = await toggl.get(f"/organizations/{organization_id}/groups", params=query)
    rows: list[dict[str, str]] = response.json() or []
    assert [row["name"] for row in rows] == names


async def test_get_preferences_say_how_reports_round(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert "reportRounding" not in (await toggl.get("/me/preferences")).json()
    sandbox.behaviors = Behaviors(report_rounding_minutes=15)
    preferences = (await toggl.get("/me/preferences")).json()
    assert (preferences["reportRounding"], preferences["reportRoundingStepInMinutes"]) == (True, 15)


async def test_list_features_follow_the_plan(toggl: httpx.AsyncClient) -> None:
    enabled = {
        row["workspace_id"]: [feature["name"] for feature in row["features"] if feature["enabled"]]
        for row in (await toggl.get("/me/features")).json()
    }
    assert enabled == {HARBOUR_STUDIO: ["free", "pro", "business", "tasks"], NIGHT_SCHOOL: ["free"]}


@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("/me/projects", {}, 10),
        ("/me/projects", {"include_archived": "true"}, 14),
        ("/me/tasks", {}, 4),
        ("/me/tasks", {"include_not_active": "true"}, 5),
        ("/me/tags", {}, 8),
        ("/me/tags", {"since": "1760000000"}, 0),
    ],
)
async def test_list_own_rows_of_all_workspaces(
    toggl: httpx.AsyncClient, path: str, query: dict[str, str], count: int
) -> None:
    assert len((await toggl.get(path, params=query)).json() or []) == count


@pytest.mark.parametrize(("path", "field"), [("projects", "include_archived"), ("tasks", "include_not_active")])
async def test_list_own_rows_invalid_flag_is_refused(toggl: httpx.AsyncClient, path: str, field: str) -> None:
    response = await toggl.get(f"/me/{path}", params={field: "perhaps"})
    assert (response.status_code, response.json()) == (400, f"Invalid {field}")
