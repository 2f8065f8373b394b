"""The projects in the list of resources: which, in which order, and that none of it costs a request to Toggl."""

from itertools import count

import pytest
from mcp import Client
from mcp.types import Resource

from tests.chaos.faults import TickingClock
from tests.chaos.tokens import TOKENS, Accounts
from tests.http.support import serve as serve_http
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.sandbox import Fault, Sandbox

pytestmark = pytest.mark.anyio

DAY_SECONDS = 86_400
PREFIX = "toggl://project/"
SHOP = "toggl://project/201500302"
KILN = "toggl://project/201500401"
BY_NAME = [
    *("Bread labels", "Carte d'été", "Kiln course", "Kurs dla początkujących", "Messestand", "Season brochure"),
    *("Studio upkeep", "Te reo reader", "Web shop", "港のロゴ"),
]


async def list_projects(client: Client) -> list[Resource]:
    return [item for item in (await client.list_resources()).resources if item.uri.startswith(PREFIX)]


async def list_titles(client: Client) -> list[str | None]:
    return [item.title for item in await list_projects(client)]


@each_era
async def test_resources_list_has_active_projects_that_are_cached_and_costs_no_request(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        assert await list_projects(client) == []
        await client.read_resource("toggl://account")
        requests = len(sandbox.calls)
        projects = {item.uri: item for item in await list_projects(client)}

    assert len(sandbox.calls) == requests
    assert [item.title for item in projects.values()] == BY_NAME
    assert projects[SHOP].name == "Web shop"
    assert projects[SHOP].description == (
        "Client: Aroha Bakery. Workspace: Harbour Studio. How it stands: estimate, tracked time, pace, tasks."
    )
    assert projects[KILN].description == (
        "Client: Evening Pottery. Workspace: Night School. How it stands: estimate, tracked time, pace, tasks."
    )
    for item in projects.values():
        assert item.mime_type == "application/json"
        assert item.annotations is not None
        assert item.annotations.audience == ["user", "assistant"]
        assert item.icons


async def test_resources_list_names_no_workspace_where_there_is_one(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.workspaces.pop(4_102_002)
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        descriptions = {item.title: item.description for item in await list_projects(client)}

    assert descriptions["Studio upkeep"] == "How it stands: estimate, tracked time, pace, tasks."
    assert "Workspace" not in (descriptions["Web shop"] or "")


async def test_resources_list_has_the_projects_with_the_latest_entries_first(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        host = Host(client)
        await host.call("list_time_entries", period="today")
        await host.call("start_timer", description="Cover", project="Season brochure")
        clock.now += 60
        await host.call("start_timer", description="Bread", project="Bread labels")
        titles = await list_titles(client)

    assert titles[:2] == ["Bread labels", "Season brochure"]
    assert sorted(titles, key=str) == sorted(BY_NAME)


async def test_resources_list_has_names_in_order_without_case_and_accents(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.projects[201_500_302]["name"] = "été"
    sandbox.state.projects[201_500_401]["name"] = "ESTATE"
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        titles = await list_titles(client)

    assert titles[2:5] == ["ESTATE", "été", "Kurs dla początkujących"]


async def test_resources_list_has_at_most_a_hundred_projects(sandbox: Sandbox, clock: Clock) -> None:
    sample = next(iter(sandbox.state.projects.values()))
    for key in range(201_600_000, 201_600_150):
        sandbox.state.projects[key] = {**sample, "id": key, "name": f"Project {key}"}
    async with Client(serve(sandbox, clock)) as client:
        await Host(client).call("list_projects")
        await Host(client).call("start_timer", description="Bread", project="Project 201600149")
        titles = await list_titles(client)

    assert len(titles) == 100
    assert titles[0] == "Project 201600149"


async def test_resources_list_has_projects_that_an_earlier_process_has_read(sandbox: Sandbox, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    async with Client(serve(sandbox, clock, store=store)) as client:
        await client.read_resource("toggl://account")
    requests = len(sandbox.calls)
    async with Client(serve(sandbox, clock, store=store)) as client:
        clock.now += 6 * DAY_SECONDS
        titles = await list_titles(client)
        clock.now += DAY_SECONDS
        later_titles = await list_titles(client)

    assert titles == BY_NAME
    assert later_titles == []
    assert len(sandbox.calls) == requests


async def test_resources_list_after_changes_from_here_has_what_is_active(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        host, names = Host(client), {*BY_NAME}
        await client.read_resource("toggl://account")

        async def expect_names() -> None:
            requests = len(sandbox.calls)
            assert {*await list_titles(client)} == names
            assert len(sandbox.calls) == requests

        await host.call("create_tag", name="by sail")
        await expect_names()
        await host.call("create_project", name="Paddles", client="Aroha Bakery")
        names.add("Paddles")
        await expect_names()
        await host.call("edit_project", project="Messestand", name="Pavillon")
        names ^= {"Messestand", "Pavillon"}
        await expect_names()
        await host.call("edit_project", project="Bread labels", active=False)
        names.remove("Bread labels")
        await expect_names()
        await host.call("undo")
        names.add("Bread labels")
        await expect_names()
        await host.call("delete_project", project="Paddles")
        names.remove("Paddles")
        await expect_names()
        await host.call("edit_client", client="Aroha Bakery", archived=True)
        names -= {"Bread labels", "Web shop"}
        await expect_names()
        await host.call("undo")
        names |= {"Bread labels", "Web shop"}
        await expect_names()
        await host.call("edit_client", client="Aroha Bakery", name="Aroha Bakers")
        shop = next(item for item in await list_projects(client) if item.uri == SHOP)
        assert (shop.description or "").startswith("Client: Aroha Bakers.")


async def test_resources_list_after_a_lost_response_has_the_next_change(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else Fault("500 before")
        await Host(client).fail("create_client", name="Lighthouse")
        assert await list_titles(client) == BY_NAME
        sandbox.fault = None
        await Host(client).call("edit_project", project="201500302", name="Web stall")
        titles = await list_titles(client)

    assert "Web stall" in titles


async def test_resources_list_has_the_name_of_a_later_read_in_place_of_an_own_one(
    sandbox: Sandbox, clock: Clock
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        clock.now += 10
        await Host(client).call("edit_project", project="Web shop", name="Web stall")
        sandbox.state.projects[201_500_302]["name"] = "Web market"
        clock.now += 10
        await Host(client).call("list_projects", refresh=True)
        titles = await list_titles(client)

    assert "Web market" in titles
    assert "Web stall" not in titles


@pytest.mark.parametrize("tool", ["get_account", "list_projects"])
async def test_resources_list_after_a_clock_was_set_back_has_the_name_of_the_latest_read(
    sandbox: Sandbox, clock: Clock, tool: str
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        for name in ("Web market", "Web stall"):
            sandbox.state.projects[201_500_302]["name"] = name
            await Host(client).call(tool, refresh=True)
            titles = await list_titles(client)
            clock.now -= 3600

    assert "Web stall" in titles


async def test_resources_list_after_a_list_was_dropped_has_its_names(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        clock.now += 10
        sandbox.state.projects[201_500_309]["name"] = "Pavillon"
        await Host(client).call("list_projects", refresh=True)
        assert "Pavillon" in await list_titles(client)
        await Host(client).call("edit_client", client="Aroha Bakery", archived=True)
        titles = await list_titles(client)

    assert "Pavillon" in titles
    assert "Web shop" not in titles


async def test_resources_list_after_an_unknown_deletion_has_the_project(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        sandbox.fault = lambda call: Fault("lost before") if call.method == "DELETE" else None
        await Host(client).fail("delete_project", project="Web shop")
        titles = await list_titles(client)

    assert "Web shop" in titles


async def test_resources_list_has_the_size_of_a_project_that_was_read(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource(SHOP)
        sizes = {item.uri: item.size for item in await list_projects(client)}
        shop = next(item for item in await list_projects(client) if item.uri == SHOP)
        await Host(client).call("edit_project", project="Web shop", estimated_hours=77)
        changed_shop = next(item for item in await list_projects(client) if item.uri == SHOP)

    assert [uri for uri, size in sizes.items() if size] == [SHOP]
    assert shop.annotations is not None
    assert shop.annotations.last_modified == "2025-10-09T08:53:20+00:00"
    assert changed_shop.size is None


async def test_resources_list_hides_what_no_reader_can_see(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.projects[201_500_302]["name"] = "Web\u202eshop"
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource("toggl://account")
        titles = await list_titles(client)

    assert "Webshop" in titles


async def test_resources_list_without_the_tool_has_no_project(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, exclude_tools="project_status")) as client:
        await client.read_resource("toggl://account")

        assert await list_projects(client) == []


async def test_resources_list_has_projects_of_the_callers_account_alone() -> None:
    clock, numbers = TickingClock(), count()
    accounts = Accounts(clock, TOKENS[:3])
    for sandbox in accounts.sandboxes.values():
        for row in sandbox.state.projects.values():
            row["name"] = f"Project {next(numbers)}"
    async with serve_http(accounts, clock, bring_your_own_token=True, token=None) as web:
        for token in TOKENS[:2]:
            async with web.connect(token) as host:
                await host.client.read_resource("toggl://account")
        titles: list[set[str | None]] = []
        for token in TOKENS[:3]:
            async with web.connect(token) as host:
                titles.append({*await list_titles(host.client)})

    first, second, third = titles
    assert first
    assert second
    assert not first & second
    assert third == set()
