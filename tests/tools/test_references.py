"""Clients, projects, tasks and tags by name or id: which one is meant, and in which workspace."""

from collections.abc import AsyncGenerator

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio

CAFE_MIRO, MULLER = 64_890_303, 64_890_305
EVENING_POTTERY, KILN_COURSE = 64_890_402, 201_500_401
WEB_SHOP = 201_500_302


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock, era: Era) -> AsyncGenerator[Host]:
    async with Client(serve(sandbox, clock, toolsets="all"), mode=era) as client:
        yield Host(client)


@pytest.mark.parametrize(
    ("name", "client_id"),
    [("Café Miró", CAFE_MIRO), ("CAFÉ MIRÓ", CAFE_MIRO), ("cafe miro", CAFE_MIRO), ("MULLER & SOHNE", MULLER)],
)
async def test_get_client_name_without_case_and_accents_is_found(host: Host, name: str, client_id: int) -> None:
    assert (await host.call("get_client", client=name))["client"]["id"] == client_id


@pytest.mark.parametrize("project", ["Aroha Bakery / Web shop", "Web shop (Aroha Bakery)", "shop"])
async def test_start_timer_reference_that_has_a_name_as_a_part_names_it(host: Host, project: str) -> None:
    error = await host.fail("start_timer", project=project)

    assert WEB_SHOP in [candidate["id"] for candidate in error["candidates"]]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_project", {"project": "cafe miro"}),
        ("start_timer", {"project": "Café Miró"}),
        ("summarize_time", {"project": "Café Miró", "period": "this week"}),
        ("prepare_statement", {"project": "Café Miró", "period": "this week"}),
    ],
)
async def test_reference_to_the_name_of_another_kind_says_of_which(
    host: Host, tool: str, arguments: dict[str, str]
) -> None:
    message = (await host.fail(tool, **arguments))["message"]

    assert f"It is the name of the client {CAFE_MIRO}; give it as client." in message


@pytest.mark.parametrize(
    ("kind", "name", "tool"),
    [
        ("client", "Evening Pottery", "edit_client"),
        ("project", "Kiln course", "edit_project"),
        ("tag", "lesson", "edit_tag"),
        ("task", "Glaze", "edit_task"),
    ],
)
async def test_edit_name_of_another_workspace_in_which_one_was_created_names_that_workspace(
    host: Host, sandbox: Sandbox, kind: str, name: str, tool: str
) -> None:
    await host.call("create_project", name="Raku", workspace="Night School")
    await host.call("create_client", name="Raku", workspace="Night School")
    requests = len(sandbox.calls)

    message = (await host.fail(tool, **{kind: name}, name="Other"))["message"]

    if kind == "task":  # A free workspace has none.
        assert message.startswith("There is no task of exactly the name “Glaze” in workspace 4102001.")
    else:
        assert message.startswith(f"There is no {kind} “{name}” in workspace 4102001, but in others: 4102002.")
    assert len(sandbox.calls) - requests <= 2


async def test_get_client_ss_is_a_sharp_s(host: Host, sandbox: Sandbox) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Straßenbahn")

    assert (await host.call("get_client", client="strassenbahn"))["client"]["id"] == row["id"]


async def test_get_client_exact_spelling_wins_over_case_and_case_over_accents(host: Host, sandbox: Sandbox) -> None:
    rows = [sandbox.state.add_client(HARBOUR_STUDIO, name) for name in ("Opéra", "OPERA", "Opera")]

    ids = [(await host.call("get_client", client=name))["client"]["id"] for name in ("Opéra", "OPERA", "Opera")]
    error = await host.fail("get_client", client="opera")

    assert ids == [row["id"] for row in rows]
    assert (error["code"], [row["name"] for row in error["candidates"]]) == ("ambiguous", ["OPERA", "Opera"])


async def test_get_client_japanese_sound_marks_are_no_accents(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.add_client(HARBOUR_STUDIO, "ガス")

    assert (await host.fail("get_client", client="カス"))["code"] == "not_found"


@pytest.mark.parametrize("reference", ["Evening Pottery", "evening pottery", str(EVENING_POTTERY)])
async def test_get_client_only_match_of_another_workspace_is_used_and_named(host: Host, reference: str) -> None:
    elsewhere = await host.call("get_client", client=reference)
    default = await host.call("get_client", client="Café Miró")

    assert (elsewhere["client"]["id"], elsewhere["workspace_id"]) == (EVENING_POTTERY, NIGHT_SCHOOL)
    assert elsewhere["workspace"] == "Night School"
    assert "workspace" not in default


async def test_get_client_default_workspace_wins_over_others(host: Host) -> None:
    assert (await host.call("get_client", client="Aroha Bakery"))["workspace_id"] == HARBOUR_STUDIO


async def test_get_client_of_a_named_workspace_is_not_taken_from_another(host: Host) -> None:
    error = await host.fail("get_client", client="Evening Pottery", workspace="Harbour Studio")

    assert (error["code"], [row["id"] for row in error["candidates"]]) == ("not_found", [EVENING_POTTERY])
    assert f"in others: {NIGHT_SCHOOL}" in error["message"]


async def test_list_projects_client_of_another_workspace_lists_its_projects(host: Host) -> None:
    result = await host.call("list_projects", client="Evening Pottery")

    assert [project["id"] for project in result["projects"]] == [KILN_COURSE]
    assert result["workspace"] == "Night School"


@pytest.mark.parametrize(
    ("kind", "name", "plain_name"),
    [("client", "Café Miró", "cafe miro"), ("project", "Carte d'été", "CARTE D'ETE"), ("tag", "réunion", "reunion")],
)
async def test_summarize_time_name_without_accents_selects_the_same_entries(
    host: Host, kind: str, name: str, plain_name: str
) -> None:
    await host.create_entry(start="2025-10-14T09:00", duration=60, project="carte d'ete", tags="REUNION")

    totals = [
        (await host.call("summarize_time", period="2025-10-14", **{kind: spelling}))["total"]["seconds"]
        for spelling in (name, plain_name)
    ]

    assert totals == [60, 60]


CHANGES: list[tuple[str, dict[str, object]]] = [
    ("edit_client", {"client": "Evening Pottery", "notes": "x"}),
    ("delete_client", {"client": "Evening Pottery"}),
    ("create_project", {"name": "Glazes", "client": "Evening Pottery"}),
    ("edit_project", {"project": "Kiln course", "name": "x"}),
    ("delete_project", {"project": "Kiln course"}),
    ("edit_tag", {"tag": "lesson", "name": "x"}),
    ("delete_tag", {"tag": "lesson"}),
    ("start_timer", {"project": "Kiln course"}),
]


@pytest.mark.parametrize(("tool", "arguments"), CHANGES)
async def test_change_of_what_is_in_another_workspace_says_which_to_name(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object]
) -> None:
    error = await host.fail(tool, **arguments)

    assert (error["code"], error["retry"]) == ("not_found", "corrected")
    assert f"in others: {NIGHT_SCHOOL}" in error["message"]
    assert [row["workspace"] for row in error["candidates"]] == ["Night School"]
    assert not [call for call in sandbox.calls if call.method != "GET"]


@pytest.mark.parametrize(
    ("tool", "arguments", "kind"),
    [
        ("edit_client", {"client": "café miró", "notes": "x"}, "client"),
        ("edit_project", {"project": "web shop", "name": "x"}, "project"),
    ],
)
async def test_edit_by_name_costs_no_request_for_the_list(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object], kind: str
) -> None:
    await host.call("get_account")
    sandbox.calls.clear()

    result = await host.call(tool, **arguments)

    assert result[kind]["id"] in (CAFE_MIRO, WEB_SHOP)
    lists = [call for call in sandbox.calls if call.path.endswith(f"/{kind}s")]
    assert lists == []


@pytest.mark.parametrize("kind", ["client", "project", "task", "tag"])
async def test_delete_by_id_and_by_name_delete_the_same(host: Host, kind: str) -> None:
    project = {"project": WEB_SHOP} if kind == "task" else {}
    names = ("By id", "By name")
    ids = [(await host.call(f"create_{kind}", name=name, **project))[kind]["id"] for name in names]

    results = [await host.call(f"delete_{kind}", **{kind: ref}) for ref in (ids[0], "by NAME")]

    assert [result[f"deleted_{kind}_id"] for result in results] == ids


async def test_delete_client_name_that_passed_to_another_deletes_the_one_that_has_it_now(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    former = sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")
    await host.call("list_clients")
    clock.now += 61
    sandbox.state.edit_client(former["id"], name="Lighthouse Press")
    present = sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")

    result = await host.call("delete_client", client="Lighthouse")

    assert result["deleted_client_id"] == present["id"]
    assert former["id"] in sandbox.state.clients


@pytest.mark.parametrize(
    ("tool", "argument"), [("get_client", "client"), ("edit_client", "client"), ("delete_client", "client")]
)
async def test_client_of_digits_that_are_an_id_and_a_name_is_ambiguous(
    host: Host, sandbox: Sandbox, tool: str, argument: str
) -> None:
    other = sandbox.state.add_client(HARBOUR_STUDIO, str(CAFE_MIRO))
    change = {"notes": "x"} if tool == "edit_client" else {}
    await host.call("list_clients")

    error = await host.fail(tool, **{argument: str(CAFE_MIRO)}, **change)
    by_name = await host.call("get_client", client="Café Miró")

    assert (error["code"], [row["id"] for row in error["candidates"]]) == ("ambiguous", [CAFE_MIRO, other["id"]])
    assert by_name["client"]["id"] == CAFE_MIRO
