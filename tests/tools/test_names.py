"""Names and ids: what they mean, and what an error offers where they mean nothing, or several things."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

AROHA, BLUE_GULL = 64_890_301, 64_890_302
WEB_SHOP = 201_500_302
ENTRY = {"start": "2025-10-14T09:00", "duration": 60}


async def test_create_time_entries_ambiguous_project_has_the_candidates_with_their_clients(
    host: Host, sandbox: Sandbox
) -> None:
    active = sandbox.state.add_project(HARBOUR_STUDIO, "Website", AROHA)
    archived = sandbox.state.add_project(HARBOUR_STUDIO, "website", BLUE_GULL, active=False)
    await host.call("list_projects")

    error = await host.fail_to_create_entry(**ENTRY, project="WEBSITE")
    exact = await host.create_entry(**ENTRY, project="website")

    assert (error["code"], error["retry"]) == ("ambiguous", "corrected")
    rows = [(row["id"], row["name"], row["client"], row["workspace"], row["archived"]) for row in error["candidates"]]
    assert rows == [
        (active["id"], "Website", "Aroha Bakery", "Harbour Studio", False),
        (archived["id"], "website", "Blue Gull Charters", "Harbour Studio", True),
    ]
    assert sandbox.state.entries[exact["id"]]["project_id"] == archived["id"]


async def test_start_timer_ambiguous_project_after_a_creation_has_candidates_with_their_clients(
    host: Host,
) -> None:
    await host.call("create_project", name="Web shop", client="Blue Gull Charters")
    error = await host.fail("start_timer", project="Web shop")

    rows = [(row["client"], row["workspace"]) for row in error["candidates"]]
    assert rows == [("Aroha Bakery", "Harbour Studio"), ("Blue Gull Charters", "Harbour Studio")]


async def test_start_timer_ambiguous_project_of_a_client_created_here_has_its_name(host: Host) -> None:
    await host.call("list_clients")
    await host.call("create_client", name="Lighthouse")
    await host.call("create_project", name="Web shop", client="Lighthouse")
    error = await host.fail("start_timer", project="Web shop")

    assert [row["client"] for row in error["candidates"]] == ["Aroha Bakery", "Lighthouse"]


async def test_create_client_duplicate_name_is_the_candidate(host: Host) -> None:
    error = await host.fail("create_client", name="Aroha Bakery")

    assert [(row["id"], row["name"]) for row in error["candidates"]] == [(AROHA, "Aroha Bakery")]


@pytest.mark.parametrize("name", ["2024", "007", 2025, "\u0663"])
async def test_create_time_entries_and_lists_name_of_digits_is_a_name_where_no_such_id_exists(
    host: Host, sandbox: Sandbox, name: str | int
) -> None:
    client = sandbox.state.add_client(HARBOUR_STUDIO, str(name))
    project = sandbox.state.add_project(HARBOUR_STUDIO, str(name), client["id"])
    tag = sandbox.state.add_tag(HARBOUR_STUDIO, str(name))
    for other in (WEB_SHOP, project["id"]):
        sandbox.state.add_task(other, name=str(name))

    created = await host.create_entry(**ENTRY, project=name, task=name, tags=name)
    projects = await host.call("list_projects", client=name)
    summary = await host.call("summarize_time", client=name, project=name, task=name, tag=name)

    row = sandbox.state.entries[created["id"]]
    assert (row["project_id"], row["tags"]) == (project["id"], [tag["name"]])
    assert [item["id"] for item in projects["projects"]] == [project["id"]]
    assert summary["total"]["seconds"] == 60


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        ("create_time_entries", {"entries": [{"start": "2025-10-14T10:00", "duration": 60, "project": str(WEB_SHOP)}]}),
        ("edit_time_entries", {"project": WEB_SHOP}),
        ("list_time_entries", {"period": "last_30_days", "project": str(WEB_SHOP)}),
        ("summarize_time", {"project": WEB_SHOP}),
    ],
)
async def test_project_of_digits_that_are_an_id_and_a_name_is_ambiguous(
    host: Host, sandbox: Sandbox, tool: str, args: dict[str, object]
) -> None:
    entry = await host.create_entry(**ENTRY)
    other = sandbox.state.add_project(HARBOUR_STUDIO, str(WEB_SHOP), AROHA)
    before = dict(sandbox.state.entries)
    await host.call("list_projects", refresh=True)

    error = await host.fail(tool, **args, **({"ids": [entry["id"]]} if tool == "edit_time_entries" else {}))

    assert (error["code"], [row["id"] for row in error["candidates"]]) == ("ambiguous", [WEB_SHOP, other["id"]])
    assert f"“Web shop”, and the name of project {other['id']}" in error["message"]
    assert sandbox.state.entries == before


async def test_create_time_entries_project_whose_id_is_a_name_is_found_by_its_own_name(
    host: Host, sandbox: Sandbox
) -> None:
    other = sandbox.state.add_project(HARBOUR_STUDIO, str(WEB_SHOP), AROHA)

    by_name = await host.create_entry(**ENTRY, project="Web shop")
    by_id = await host.create_entry(**ENTRY, project=other["id"], on_overlap="allow")

    project_ids = [sandbox.state.entries[item["id"]]["project_id"] for item in (by_name, by_id)]
    assert project_ids == [WEB_SHOP, other["id"]]


async def test_create_time_entries_tag_that_is_an_id_and_a_name_is_ambiguous(host: Host, sandbox: Sandbox) -> None:
    first = sandbox.state.add_tag(HARBOUR_STUDIO, "Lighthouse")
    second = sandbox.state.add_tag(HARBOUR_STUDIO, str(first["id"]))

    error = await host.fail_to_create_entry(**ENTRY, tags=[str(first["id"])])

    assert (error["code"], [row["id"] for row in error["candidates"]]) == ("ambiguous", [first["id"], second["id"]])


@pytest.mark.parametrize("tool", ["create_time_entries", "start_timer", "edit_time_entries"])
async def test_time_entry_project_deleted_at_toggl_is_named_and_looked_for_again(
    host: Host, sandbox: Sandbox, clock: Clock, tool: str
) -> None:
    entry = await host.create_entry(**ENTRY)
    fields = {"project": "Web shop"}
    arguments = {
        "create_time_entries": {"entries": [{"start": "2025-10-14T10:00", "duration": 60, **fields}]},
        "start_timer": fields,
        "edit_time_entries": {"ids": [entry["id"]], **fields},
    }[tool]
    await host.call("list_projects")
    clock.now += 60
    sandbox.state.remove_project(WEB_SHOP)
    again = sandbox.state.add_project(HARBOUR_STUDIO, "Web Shop", BLUE_GULL)

    error = await host.fail(tool, **arguments)
    result = await host.call(tool, **arguments)

    assert error["code"] == "not_found"
    assert "Toggl has deleted the project “Web shop” (201500302)" in error["message"]
    assert [(row["id"], row["client"]) for row in error["candidates"]] == [(again["id"], "Blue Gull Charters")]
    assert (result.get("entry") or result["entries"][0])["project"] == "Web Shop"


@pytest.mark.parametrize("tool", ["create_project", "edit_project"])
async def test_project_client_deleted_at_toggl_is_named_and_looked_for_again(
    host: Host, sandbox: Sandbox, clock: Clock, tool: str
) -> None:
    arguments = {"create_project": {"name": "Jetty"}, "edit_project": {"project": WEB_SHOP, "name": "Jetty"}}[tool]
    await host.call("list_clients")
    clock.now += 60
    sandbox.state.remove_client(BLUE_GULL)
    again = sandbox.state.add_client(HARBOUR_STUDIO, "Blue Gull charters")

    error = await host.fail(tool, **arguments, client="Blue Gull Charters")
    result = await host.call(tool, **arguments, client="Blue Gull Charters")

    assert error["code"] == "not_found"
    assert f"Toggl has deleted the client “Blue Gull Charters” ({BLUE_GULL})" in error["message"]
    assert [row["id"] for row in error["candidates"]] == [again["id"]]
    assert (result["project"]["name"], result["project"]["client_id"]) == ("Jetty", again["id"])


async def test_create_task_project_deleted_at_toggl_is_named(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        host = Host(client)
        await host.call("list_projects")
        sandbox.state.remove_project(WEB_SHOP)
        error = await host.fail("create_task", project="Web shop", name="Checkout")

    assert (error["code"], "“Web shop” (201500302)" in error["message"]) == ("not_found", True)


async def test_summarize_time_of_one_workspace_offers_no_name_of_another(host: Host) -> None:
    error = await host.fail("summarize_time", project="Kiln cours", workspace=HARBOUR_STUDIO)

    assert "Kiln course" not in error["message"]
    assert all(row["workspace_id"] == HARBOUR_STUDIO for row in error.get("candidates", []))
    result = await host.call("summarize_time", project="Kiln course", workspace=NIGHT_SCHOOL)
    assert result["total"]["entries"] == 0


async def test_create_time_entries_project_matches_any_apostrophe(host: Host) -> None:
    assert (await host.create_entry(**ENTRY, project="CARTE D\u2019ETE"))["project"] == "Carte d'été"
