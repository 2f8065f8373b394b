"""The project tools, as a model uses them."""

import pytest

from tests.sandbox.clock import Clock
from tests.tools.driving import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio

AROHA = 64890301


async def test_a_created_project_is_active_found_edited_archived_and_deleted(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_project", name="Spring catalogue", client="AROHA bakery", color="#d94182")
    project_id = created["project"]["id"]
    found = await host.call("get_project", name="spring CATALOGUE")
    edited = await host.call("edit_project", project_id=project_id, name="Summer catalogue")
    archived = await host.call("edit_project", project_id=project_id, active=False)
    shown = await host.call("list_projects", status="archived", name="summer")
    deleted = await host.call("delete_project", project_id=project_id)

    assert created["project"]["active"] is True
    assert created["project"]["client_id"] == AROHA
    assert found["project"] == created["project"]
    assert found["source"] == "cache"
    assert edited["project"] == {**created["project"], "name": "Summer catalogue"}
    assert archived["project"]["active"] is False
    assert [project["id"] for project in shown["projects"]] == [project_id]
    assert deleted["deleted_project_id"] == project_id
    assert project_id not in sandbox.state.projects
    assert sandbox.calls[-1].query == {"teDeletionMode": "unassign"}


async def test_projects_are_listed_by_client_by_id_or_by_name_and_without_one(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.add_project(HARBOUR_STUDIO, "Without a client")
    by_id = await host.call("list_projects", client=AROHA, status="both")
    by_name = await host.call("list_projects", client="aroha bakery", status="both")
    without = await host.call("list_projects", client=0)

    mine = {row["id"] for row in sandbox.state.projects.values() if row["client_id"] == AROHA}
    assert {project["id"] for project in by_id["projects"]} == mine
    assert by_name["projects"] == by_id["projects"]
    assert "Without a client" in {project["name"] for project in without["projects"]}
    assert not any("client_id" in project for project in without["projects"])


async def test_an_unknown_client_is_told_with_its_near_ones_and_nothing_is_created(
    host: Host, sandbox: Sandbox
) -> None:
    projects = len(sandbox.state.projects)

    told = await host.fail("create_project", name="Menu", client="Aroha Bakary")

    assert told["code"] == "not_found"
    assert "“Aroha Bakery”" in told["message"]
    assert len(sandbox.state.projects) == projects


async def test_a_client_can_be_given_and_taken_away(host: Host) -> None:
    created = await host.call("create_project", name="Wandering")
    given = await host.call("edit_project", project_id=created["project"]["id"], client=AROHA)
    taken = await host.call("edit_project", project_id=created["project"]["id"], client=0)

    assert "client_id" not in created["project"]
    assert given["project"]["client_id"] == AROHA
    assert "client_id" not in taken["project"]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("create_project", {"name": "x", "color": "#FF0000"}, "color: String should match pattern"),
        ("create_project", {"name": "x", "color": "red"}, "color: String should match pattern"),
        ("create_project", {"name": "x", "client_id": 1}, "client_id: is not an argument of this tool"),
        ("create_project", {"name": "x", "active": False}, "active: is not an argument of this tool"),
        ("edit_project", {"project_id": 1}, "give at least one of name, client"),
        ("edit_project", {"project_id": "1", "name": "x"}, "project_id: should be a valid integer"),
        ("get_project", {}, "give exactly one of project_id and name"),
        ("list_projects", {"limit": 1000}, "limit: should be less than or equal to 200"),
    ],
)
async def test_wrong_arguments_are_refused_before_toggl_is_asked(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object], sentence: str
) -> None:
    told = await host.fail(tool, **arguments)

    assert told["code"] == "invalid_arguments"
    assert sentence in told["message"]
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_project", {"project_id": 12345678}),
        ("get_project", {"name": "Nothing of the kind"}),
        ("delete_project", {"project_id": 12345678}),
        ("edit_project", {"project_id": 12345678, "name": "x"}),
    ],
)
async def test_a_project_that_does_not_exist_is_not_found(host: Host, tool: str, arguments: dict[str, object]) -> None:
    assert (await host.fail(tool, **arguments))["code"] == "not_found"


async def test_a_duplicate_name_is_refused_with_the_id_that_has_it(host: Host) -> None:
    created = await host.call("create_project", name="Menu", client=AROHA)

    told = await host.fail("create_project", name="Menu", client=AROHA)
    elsewhere = await host.call("create_project", name="Menu")

    assert told["code"] == "duplicate_name"
    assert str(created["project"]["id"]) in told["message"]
    assert elsewhere["project"]["name"] == "Menu"


async def test_a_lost_answer_to_a_creation_makes_one_project(host: Host, sandbox: Sandbox) -> None:
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None

    created = await host.call("create_project", name="Once only", client=AROHA)

    assert [row["name"] for row in sandbox.state.projects.values()].count("Once only") == 1
    assert created["project"]["client_id"] == AROHA


async def test_no_project_is_left_out_however_many_there_are(host: Host, sandbox: Sandbox) -> None:
    for number in range(450):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Numbered {number:03}")

    answer = await host.call("list_projects", name="numbered", limit=200)

    assert (answer["total"], answer["remaining"]) == (450, 250)
    assert [call.query["page"] for call in sandbox.calls if call.path.endswith("/projects")] == ["1", "2", "3"]


async def test_archiving_a_client_shows_in_its_projects_at_once(host: Host) -> None:
    before = await host.call("list_projects", client=AROHA)
    await host.call("archive_client", client_id=AROHA)
    after = await host.call("list_projects", client=AROHA)

    assert before["total"] > 0
    assert after["total"] == 0


async def test_the_free_plan_s_limit_says_that_a_paid_plan_is_needed(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    active = [row for row in sandbox.state.projects.values() if row["workspace_id"] == NIGHT_SCHOOL and row["active"]]
    for number in range(5 - len(active)):
        await host.call("create_project", workspace_id=NIGHT_SCHOOL, name=f"Project {number}")
        clock.now += 1

    told = await host.fail("create_project", workspace_id=NIGHT_SCHOOL, name="One too many")

    assert told["code"] == "plan_required"


async def test_only_the_same_client_s_project_is_said_to_hold_a_name(host: Host, sandbox: Sandbox) -> None:
    other = sandbox.state.add_project(HARBOUR_STUDIO, "Menu", 64_890_302)
    mine = (await host.call("create_project", name="Menu", client=AROHA))["project"]["id"]

    message = (await host.fail("create_project", name="Menu", client=AROHA))["message"]

    assert (str(mine) in message, str(other["id"]) in message) == (True, False)
