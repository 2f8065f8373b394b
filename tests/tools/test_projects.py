"""The project tools, as a model uses them."""

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio

AROHA = 64890301


async def test_create_project_then_get_edit_list_and_delete(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_project", name="Spring catalogue", client="AROHA bakery", color="#d94182")
    project_id = created["project"]["id"]
    by_name = await host.call("get_project", project="spring CATALOGUE")
    renamed = await host.call("edit_project", project=project_id, name="Summer catalogue")
    archived = await host.call("edit_project", project=project_id, active=False)
    list_result = await host.call("list_projects", status="archived", name="summer")
    deleted = await host.call("delete_project", project=project_id)

    assert created["project"]["active"] is True
    assert created["project"]["client_id"] == AROHA
    assert by_name["project"] == created["project"]
    assert by_name["source"] == "cache"
    assert renamed["project"] == {**created["project"], "name": "Summer catalogue"}
    assert archived["project"]["active"] is False
    assert [project["id"] for project in list_result["projects"]] == [project_id]
    assert deleted["deleted_project_id"] == project_id
    assert deleted["deleted"] == archived["project"]
    assert project_id not in sandbox.state.projects
    assert sandbox.calls[-1].query == {"teDeletionMode": "unassign"}


async def test_list_projects_client_filter_accepts_an_id_a_name_and_zero(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.add_project(HARBOUR_STUDIO, "Without a client")
    by_id = await host.call("list_projects", client=AROHA, status="both")
    by_name = await host.call("list_projects", client="aroha bakery", status="both")
    without_client = await host.call("list_projects", client=0)

    project_ids = {row["id"] for row in sandbox.state.projects.values() if row["client_id"] == AROHA}
    assert {project["id"] for project in by_id["projects"]} == project_ids
    assert by_name["projects"] == by_id["projects"]
    assert "Without a client" in {project["name"] for project in without_client["projects"]}
    assert not any("client_id" in project for project in without_client["projects"])


async def test_create_project_unknown_client_suggests_names_and_creates_nothing(host: Host, sandbox: Sandbox) -> None:
    projects = len(sandbox.state.projects)

    error = await host.fail("create_project", name="Menu", client="Aroha Bakary")

    assert error["code"] == "not_found"
    assert "“Aroha Bakery”" in error["message"]
    assert len(sandbox.state.projects) == projects


async def test_edit_project_sets_and_clears_the_client(host: Host) -> None:
    created = await host.call("create_project", name="Wandering")
    with_client = await host.call("edit_project", project=created["project"]["id"], client=AROHA)
    without_client = await host.call("edit_project", project=created["project"]["id"], clear=["client"])

    assert "client_id" not in created["project"]
    assert with_client["project"]["client_id"] == AROHA
    assert "client_id" not in without_client["project"]


async def test_create_and_edit_project_color_in_capitals_is_sent_in_lower_case(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_project", name="Lamp", color=" #0B83D9")
    project_id = created["project"]["id"]
    await host.call("edit_project", project=project_id, color="#FF00AA")

    assert created["project"]["color"] == "#0b83d9"
    assert sandbox.state.projects[project_id]["color"] == "#ff00aa"


async def test_create_project_own_color_on_the_free_plan_says_that_color_is_why(host: Host, sandbox: Sandbox) -> None:
    project = {"workspace": NIGHT_SCHOOL, "name": "Lamp"}
    error = await host.fail("create_project", **project, color="#123456")
    created = await host.call("create_project", **project, color="#2DA608")

    assert error["code"] == "plan_required"
    assert "palette" in error["message"]
    assert sandbox.state.projects[created["project"]["id"]]["color"] == "#2da608"


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("create_project", {"name": "x", "color": "FF0000"}, "color: should be a # and six hexadecimal digits"),
        ("create_project", {"name": "x", "color": "red"}, "color: should be a # and six hexadecimal digits"),
        ("create_project", {"name": "x", "client_id": 1}, "client_id: is not an argument of this tool"),
        ("create_project", {"name": "x", "active": False}, "active: is not an argument of this tool"),
        ("edit_project", {"project": 1}, "start_date, end_date, client or clear"),
        ("get_project", {}, "project: is required"),
        ("list_projects", {"limit": 1000}, "limit: should be less than or equal to 200"),
    ],
)
async def test_project_invalid_arguments_are_refused_without_a_request(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object], sentence: str
) -> None:
    error = await host.fail(tool, **arguments)

    assert error["code"] == "invalid_arguments"
    assert sentence in error["message"]
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_project", {"project": 12345678}),
        ("get_project", {"project": "Nothing of the kind"}),
        ("delete_project", {"project": 12345678}),
        ("edit_project", {"project": 12345678, "name": "x"}),
    ],
)
async def test_project_unknown_is_not_found(host: Host, tool: str, arguments: dict[str, object]) -> None:
    assert (await host.fail(tool, **arguments))["code"] == "not_found"


async def test_create_project_duplicate_name_error_has_the_existing_id(host: Host) -> None:
    created = await host.call("create_project", name="Menu", client=AROHA)

    error = await host.fail("create_project", name="Menu", client=AROHA)
    without_client = await host.call("create_project", name="Menu")

    assert error["code"] == "duplicate_name"
    assert str(created["project"]["id"]) in error["message"]
    assert without_client["project"]["name"] == "Menu"


async def test_create_project_lost_response_creates_one_project(host: Host, sandbox: Sandbox) -> None:
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None

    created = await host.call("create_project", name="Once only", client=AROHA)

    assert [row["name"] for row in sandbox.state.projects.values()].count("Once only") == 1
    assert created["project"]["client_id"] == AROHA


async def test_list_projects_reads_every_page(host: Host, sandbox: Sandbox) -> None:
    for number in range(450):
        sandbox.state.add_project(HARBOUR_STUDIO, f"Numbered {number:03}")

    result = await host.call("list_projects", name="numbered", limit=200)

    assert (result["total"], result["remaining"]) == (450, 250)
    assert [call.query["page"] for call in sandbox.calls if call.path.endswith("/projects")] == ["1", "2", "3"]


async def test_list_projects_after_archive_client_omits_its_projects(host: Host) -> None:
    before = await host.call("list_projects", client=AROHA)
    await host.call("edit_client", client=AROHA, archived=True)
    after = await host.call("list_projects", client=AROHA)

    assert before["total"] > 0
    assert after["total"] == 0


async def test_create_project_beyond_the_free_plan_is_plan_required(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    active = [row for row in sandbox.state.projects.values() if row["workspace_id"] == NIGHT_SCHOOL and row["active"]]
    for number in range(5 - len(active)):
        await host.call("create_project", workspace=NIGHT_SCHOOL, name=f"Project {number}")
        clock.now += 1

    error = await host.fail("create_project", workspace=NIGHT_SCHOOL, name="One too many")

    assert error["code"] == "plan_required"


async def test_create_project_duplicate_name_error_ignores_other_clients(host: Host, sandbox: Sandbox) -> None:
    other_project = sandbox.state.add_project(HARBOUR_STUDIO, "Menu", 64_890_302)
    project_id = (await host.call("create_project", name="Menu", client=AROHA))["project"]["id"]

    message = (await host.fail("create_project", name="Menu", client=AROHA))["message"]

    assert (str(project_id) in message, str(other_project["id"]) in message) == (True, False)


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"start_date": "today", "end_date": "Nov 30"}, ("2025-10-14", "2025-11-30")),
        ({"start_date": "1 September", "end_date": "tomorrow"}, ("2025-09-01", "2025-10-15")),
        ({"end_date": "friday"}, (None, "2025-10-17")),
        ({"end_date": "Monday"}, (None, "2025-10-20")),
        ({"end_date": "end of the year"}, (None, "2025-12-31")),
        ({"start_date": "start of next month", "end_date": "end of January"}, ("2025-11-01", "2026-01-31")),
        ({"start_date": "in two weeks", "end_date": "end of next quarter"}, ("2025-10-28", "2026-03-31")),
        ({"start_date": "2025-10-01", "end_date": "this friday"}, ("2025-10-01", "2025-10-17")),
        ({"end_date": "January 15"}, (None, "2026-01-15")),
        ({"start_date": "2024-11-01", "end_date": "2035-12-31"}, ("2024-11-01", "2035-12-31")),
    ],
)
async def test_create_project_takes_days_as_people_write_them(
    host: Host, dates: dict[str, str], expected: tuple[str | None, str]
) -> None:
    project = (await host.call("create_project", name="Jetty", **dates))["project"]

    assert (dates.get("start_date") and project["start_date"], project["end_date"]) == expected


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_project_end_date_without_a_year_is_the_one_after_its_start(host: Host) -> None:
    await host.call("create_project", name="Jetty", start_date="2025-06-01")

    ends = [
        (await host.call("edit_project", project="Jetty", end_date=text))["project"]["end_date"]
        for text in ("1 October", "Nov 30", "1 March")
    ]

    assert ends == ["2025-10-01", "2025-11-30", "2026-03-01"]


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("tool", ["create_project", "edit_project"])
@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        (
            {"start_date": "Monday"},
            "start_date: 'Monday' has two readings, 2025-10-13 and 2025-10-20; give one of them.",
        ),
        ({"start_date": "Nov 30"}, "start_date: 'Nov 30' has two readings, 2024-11-30 and 2025-11-30; give one of"),
        ({"end_date": "next friday"}, "end_date: 'next friday' has two readings, 2025-10-17 and 2025-10-24;"),
        ({"end_date": "03/04/2026"}, "end_date: '03/04/2026' has two readings, 2026-03-04 and 2026-04-03;"),
        ({"start_date": "soon"}, "start_date: 'soon' is not a day; write 2026-11-24, yesterday,"),
        ({"start_date": "today", "end_date": "yesterday"}, "end_date: is before start_date. Give the earlier day as"),
    ],
)
async def test_project_dates_without_one_meaning_are_refused(
    host: Host, sandbox: Sandbox, tool: str, dates: dict[str, str], sentence: str
) -> None:
    reference = {"name": "Jetty"} if tool == "create_project" else {"project": "Web shop"}

    error = await host.fail(tool, **reference, **dates)

    assert error["message"].startswith(sentence)
    assert [call.method for call in sandbox.calls] == ["GET"]
