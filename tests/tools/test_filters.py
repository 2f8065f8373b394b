"""Totals and lists of what is called by a name or an id: all of it, in every workspace, whatever is known already."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

AROHA, BLUE_GULL = 64_890_301, 64_890_302
BREAD_LABELS, WEB_SHOP, SHOP_SIGN, BROCHURE = 201_500_301, 201_500_302, 201_500_303, 201_500_304
HIDDEN = 999
TANE = 7_301_002
DESIGN, CHECKOUT = 17_300_301, 80_400_301
NINE, TEN, TWELVE = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T12:00"


async def fetch_hours(host: Host, **filters: object) -> float:
    result = await host.call("summarize_time", **filters)
    assert result["complete"]
    return result["total"]["hours"]


@pytest.mark.parametrize("is_cached", [False, True])
async def test_summarize_time_project_name_includes_archived_and_every_workspace(
    host: Host, sandbox: Sandbox, *, is_cached: bool
) -> None:
    projects = [
        sandbox.state.add_project(HARBOUR_STUDIO, "Website", AROHA),
        sandbox.state.add_project(HARBOUR_STUDIO, "Website", BLUE_GULL, active=False),
        sandbox.state.add_project(NIGHT_SCHOOL, "Website", None, active=False),
    ]
    for project in projects:
        add_entry(sandbox, NINE, TEN, "", project["workspace_id"], project_id=project["id"])
    for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL) if is_cached else ():
        await host.call("list_projects", workspace=workspace)

    assert await fetch_hours(host, project="website") == 3.0
    assert await fetch_hours(host, project=projects[1]["id"]) == 1.0
    assert await fetch_hours(host, project="Website", client="Aroha Bakery") == 1.0


async def test_summarize_time_takes_the_labels_of_its_groups_as_filters(host: Host, sandbox: Sandbox) -> None:
    for client, stop in ((AROHA, TEN), (BLUE_GULL, TWELVE)):
        project = sandbox.state.add_project(HARBOUR_STUDIO, "Website", client)
        add_entry(sandbox, NINE, stop, project_id=project["id"])
    add_entry(sandbox, TEN, TWELVE, tags=["design"])
    groups = (await host.call("summarize_time", group_by=["project"]))["groups"]

    assert len(groups) == 3
    for group in groups:
        assert await fetch_hours(host, project=group["by"]["project"]) == group["hours"]
    assert await fetch_hours(host, project="no project", client="(no client)", tag="design") == 2.0
    assert await fetch_hours(host, tag="without a tag") == 4.0


async def test_summarize_time_project_that_is_called_as_a_label_is_that_project(host: Host, sandbox: Sandbox) -> None:
    project = sandbox.state.add_project(HARBOUR_STUDIO, "No project", None)
    add_entry(sandbox, NINE, TEN, project_id=project["id"])
    add_entry(sandbox, TEN, TWELVE)

    assert await fetch_hours(host, project="no project") == 1.0


@pytest.mark.parametrize("word", ["None", "null"])
async def test_summarize_time_project_that_may_mean_none_or_all_is_refused_with_both(host: Host, word: str) -> None:
    error = await host.fail("summarize_time", project=word)

    assert error["message"].endswith("0 selects entries without a project; omit it to select all.")


@pytest.mark.parametrize("user", ["everyone", "Everybody", "the team"])
async def test_summarize_time_user_of_a_word_for_everybody_is_all(host: Host, sandbox: Sandbox, user: str) -> None:
    add_entry(sandbox, NINE, TEN, user_id=TANE)
    add_entry(sandbox, TEN, TWELVE)

    result = await host.call("summarize_time", user=user)

    assert result["total"]["hours"] == 3.0


async def test_summarize_time_task_name_includes_completed_tasks(host: Host, sandbox: Sandbox) -> None:
    completed = sandbox.state.add_task(BROCHURE, "Checkout", active=False)
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP, task_id=CHECKOUT)
    add_entry(sandbox, TEN, TWELVE, project_id=BROCHURE, task_id=completed["id"])

    assert await fetch_hours(host, task="Checkout") == 3.0
    assert await fetch_hours(host, task="Checkout", project="Web shop") == 1.0


async def test_create_time_entries_and_summarize_time_accept_a_tag_id(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, tags=["design"])
    add_entry(sandbox, TEN, TWELVE)
    created = await host.create_entry(start=TWELVE, duration=1800, tags=[DESIGN])

    assert created["tags"] == ["design"]
    assert await fetch_hours(host, tag=str(DESIGN)) == 1.5
    assert (await host.call("list_time_entries", tag=DESIGN))["total"] == 2


async def test_summarize_time_unused_name_is_zero_and_unknown_name_is_not_found(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP)

    for idle in ({"project": "Kiln course"}, {"client": "Blue Gull Charters"}, {"tag": "meeting"}):
        assert await fetch_hours(host, **idle) == 0.0
    for wrong in ({"project": "Web shpo"}, {"client": "Aroha Bakry"}, {"tag": "meting"}, {"project": 12345}):
        assert (await host.fail("summarize_time", **wrong))["code"] == "not_found"


async def test_summarize_time_project_id_excludes_projects_of_the_same_name(host: Host, sandbox: Sandbox) -> None:
    idle = sandbox.state.add_project(NIGHT_SCHOOL, "Web shop", None)
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP)

    assert await fetch_hours(host, project=idle["id"]) == 0.0


async def test_summarize_time_without_client_excludes_hidden_projects(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, project_id=HIDDEN)
    add_entry(sandbox, TEN, TWELVE)

    result = await host.call("summarize_time", client=0)

    assert (result["total"]["hours"], result["complete"]) == (2.0, False)
    assert result["incomplete_reason"].startswith("1 entries have a client that is hidden, or new")
    assert await fetch_hours(host, project=HIDDEN) == 1.0


async def test_summarize_time_refresh_uses_the_current_client_of_a_project(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, NINE, TEN, project_id=BREAD_LABELS)
    await host.call("list_projects")
    sandbox.state.edit_project(BREAD_LABELS, client_id=BLUE_GULL)
    clock.now += 600

    assert await fetch_hours(host, client="Aroha Bakery") == 1.0
    assert await fetch_hours(host, client="Blue Gull Charters", refresh=True) == 1.0
    assert await fetch_hours(host, client="Aroha Bakery") == 0.0


async def test_summarize_time_resolves_names_changed_in_the_web_app(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP, task_id=CHECKOUT)
    await host.call("summarize_time", group_by=["client", "task"])
    sandbox.state.rename_project(WEB_SHOP, "Online shop")
    sandbox.state.rename_client(AROHA, "Aroha Ltd")
    sandbox.state.edit_task(CHECKOUT, name="Pay page")
    clock.now += 300

    assert await fetch_hours(host, project="Online shop") == 1.0
    assert await fetch_hours(host, client="Aroha Ltd") == 1.0
    assert await fetch_hours(host, task="Pay page") == 1.0


async def test_summarize_time_client_filter_is_incomplete_for_uncached_projects(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP)
    await host.call("list_projects")
    clock.now += 200
    new = sandbox.state.add_project(HARBOUR_STUDIO, "New one", AROHA)
    add_entry(sandbox, TEN, TWELVE, project_id=new["id"])

    result = await host.call("summarize_time", client="Aroha Bakery")

    assert (result["total"]["hours"], result["complete"]) == (1.0, False)
    assert "hidden, or new (refresh: true reads it)" in result["incomplete_reason"]
    assert await fetch_hours(host, client="Aroha Bakery", refresh=True) == 3.0


async def test_summarize_time_tag_id_excludes_other_workspaces(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, tags=["meeting"])
    add_entry(sandbox, TEN, TWELVE, workspace=NIGHT_SCHOOL, tags=["meeting"])

    assert await fetch_hours(host, tag="meeting") == 3.0
    assert await fetch_hours(host, tag=17_300_302) == 1.0
    assert await fetch_hours(host, tag=17_300_402) == 2.0


async def test_summarize_time_misspelt_name_suggests_names_of_every_workspace(host: Host) -> None:
    error = await host.fail("summarize_time", project="Kiln cours")

    assert f"workspace {HARBOUR_STUDIO} and workspace {NIGHT_SCHOOL}" in error["message"]
    assert "Near: “Kiln course” (201500401 in workspace 4102002)." in error["message"]
    assert error["candidates"] == [
        {
            "id": 201500401,
            "name": "Kiln course",
            "client": "Evening Pottery",
            "workspace": "Night School",
            "workspace_id": NIGHT_SCHOOL,
            "archived": False,
        }
    ]


@pytest.mark.parametrize(("client", "name"), [("Aroha", "Aroha Bakery"), ("miro", "Café Miró")])
async def test_summarize_time_part_of_a_name_suggests_it(host: Host, client: str, name: str) -> None:
    error = await host.fail("summarize_time", client=client)

    assert {candidate["name"] for candidate in error["candidates"]} == {name}


async def test_summarize_time_near_name_of_two_workspaces_is_a_candidate_of_each(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, project_id=SHOP_SIGN)

    error = await host.fail("summarize_time", client="aroha bakry")
    hours = {item["workspace"]: await fetch_hours(host, client=item["id"]) for item in error["candidates"]}

    assert hours == {"Harbour Studio": 1.0, "Night School": 0.0}


async def test_summarize_time_resolves_a_name_while_another_workspace_fails(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN, project_id=SHOP_SIGN)
    sandbox.fault = lambda call: Fault("402") if f"{NIGHT_SCHOOL}/projects" in call.path else None

    assert await fetch_hours(host, project="Shop sign") == 1.0
    assert (await host.fail("summarize_time", project="Nowhere"))["code"] == "quota_spent"


async def test_summarize_time_beyond_the_horizon_is_incomplete(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2028-01-10T09:00", "2028-01-10T10:00")

    result = await host.call("summarize_time", start="2028-01-10", end="2028-01-10")

    assert (result["complete"], "Entries after 2026-10-15 are not read" in result["incomplete_reason"]) == (False, True)


async def test_summarize_time_name_none_is_a_name(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, NINE, TEN)
    for kind in ("client", "project", "task", "tag"):
        assert (await host.fail("summarize_time", **{kind: "None"}))["code"] == "not_found"

    add_entry(sandbox, TEN, TWELVE, tags=[sandbox.state.add_tag(HARBOUR_STUDIO, "None")["name"]])
    assert await fetch_hours(host, tag="None", refresh=True) == 2.0


async def test_create_time_entries_tag_ids_distinguish_names_by_case(host: Host, sandbox: Sandbox) -> None:
    tags = [sandbox.state.add_tag(HARBOUR_STUDIO, name) for name in ("Alpha", "alpha")]
    result = await host.create_entry(start=NINE, duration=60, tags=[tag["id"] for tag in tags])

    assert result["tags"] == ["Alpha", "alpha"]


@pytest.mark.parametrize("user", ["Tāne Whitlock", "Tane Whitlock", "tane whitlock", str(TANE)])
async def test_summarize_time_user_is_recognised_without_accents(host: Host, sandbox: Sandbox, user: str) -> None:
    add_entry(sandbox, NINE, TEN, "Rolls", user_id=TANE)
    result = await host.call("summarize_time", period="today", user=user)

    assert result["total"]["hours"] == 1


@pytest.mark.parametrize(("part", "count"), [("ETE", 2), ("été", 2), ("ėte", 2), ("Éte", 2), ("\u0301", 0), ("Eté", 2)])
async def test_list_time_entries_part_of_a_description_is_found_without_accents(
    host: Host, sandbox: Sandbox, part: str, count: int
) -> None:
    sandbox.state.entries = {}
    for description in ("Carte d'été", "Menu d'Été", "Winter"):
        add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", description)

    result = await host.call("list_time_entries", period="2025-10-09", description=part)

    assert result["total"] == count


async def test_list_time_entries_part_of_a_description_as_it_is_spelled_excludes_other_accents(
    host: Host, sandbox: Sandbox
) -> None:
    sandbox.state.entries = {}
    for description in ("Resume", "Résumé"):
        add_entry(sandbox, "2025-10-09T09:00", "2025-10-09T10:00", description)

    results = [
        await host.call("list_time_entries", period="2025-10-09", description=part) for part in ("resum", "résum")
    ]

    assert [[row["description"] for row in result["entries"]] for result in results] == [["Resume"], ["Résumé"]]


@pytest.mark.parametrize(
    ("tool", "part", "names"),
    [
        ("list_clients", "miro", ["Café Miró"]),
        ("list_tags", "reunion", ["réunion"]),
        ("list_projects", "ete", ["Carte d'été"]),
        ("list_clients", "\u0301", []),
    ],
)
async def test_list_part_of_a_name_is_found_without_accents(host: Host, tool: str, part: str, names: list[str]) -> None:
    result = await host.call(tool, name=part)

    assert [row["name"] for row in result[tool.removeprefix("list_")]] == names
    assert (result["total"], result["remaining"]) == (len(names), 0)


async def test_summarize_time_name_as_it_is_spelled_excludes_other_cases(host: Host, sandbox: Sandbox) -> None:
    other = sandbox.state.add_project(HARBOUR_STUDIO, "web shop", AROHA)
    add_entry(sandbox, NINE, TEN, project_id=WEB_SHOP)
    add_entry(sandbox, TEN, TWELVE, project_id=other["id"])

    assert await fetch_hours(host, project="Web shop") == 1
    assert await fetch_hours(host, project="web shop") == 2
    assert await fetch_hours(host, project="WEB SHOP") == 3
