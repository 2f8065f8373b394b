"""Names of archived projects: `/me` sends them with the active ones, so that a name may mean several."""

from typing import Any

import pytest

from tests.sandbox.diary import add_entry
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

AROHA, BLUE_GULL = 64_890_301, 64_890_302
WEB_SHOP, SHOP_SIGN = 201_500_302, 201_500_303
NINE, TEN, ELEVEN = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T11:00"
ENTRY = {"start": NINE, "duration": 60}


@pytest.fixture
def website_ids(sandbox: Sandbox) -> list[int]:
    """An active and an archived project of one name, each with an hour of time."""
    active = sandbox.state.add_project(HARBOUR_STUDIO, "Website", AROHA)
    archived = sandbox.state.add_project(HARBOUR_STUDIO, "Website", BLUE_GULL, active=False)
    add_entry(sandbox, NINE, TEN, "New", project_id=active["id"])
    add_entry(sandbox, TEN, ELEVEN, "Old", project_id=archived["id"])
    return [active["id"], archived["id"]]


@pytest.mark.parametrize("tool", ["start_timer", "create_time_entries", "edit_time_entries"])
@pytest.mark.parametrize("is_cached", [False, True])
async def test_change_with_a_name_of_an_active_and_an_archived_project_is_ambiguous(
    host: Host, sandbox: Sandbox, website_ids: list[int], tool: str, *, is_cached: bool
) -> None:
    entry = add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00")
    fields = {"project": "website"}
    arguments: dict[str, dict[str, Any]] = {
        "start_timer": fields,
        "create_time_entries": {"entries": [ENTRY | fields], "on_overlap": "allow"},
        "edit_time_entries": {"ids": [entry["id"]], **fields},
    }
    if is_cached:
        await host.call("list_projects")

    error = await host.fail(tool, **arguments[tool])

    assert error["code"] == "ambiguous"
    candidates = [(row["id"], row["client"], row["archived"]) for row in error["candidates"]]
    assert candidates == [(website_ids[0], "Aroha Bakery", False), (website_ids[1], "Blue Gull Charters", True)]
    assert all(call.method == "GET" for call in sandbox.calls)


async def test_get_project_with_a_name_of_two_projects_is_ambiguous(host: Host, website_ids: list[int]) -> None:
    error = await host.fail("get_project", project="Website")

    assert (error["code"], [row["id"] for row in error["candidates"]]) == ("ambiguous", website_ids)


async def test_summarize_time_and_list_time_entries_with_a_shared_name_count_both_projects(
    host: Host, website_ids: list[int]
) -> None:
    summary = await host.call("summarize_time", project="website", group_by=["project"])
    entries = await host.call("list_time_entries", project="website")

    names = {f"Website ({project_id})" for project_id in website_ids}
    assert {(group["by"]["project"], group["seconds"]) for group in summary["groups"]} == {
        (name, 3600) for name in names
    }
    assert {group["project"] for group in entries["groups"]} == names


async def test_list_time_entries_archived_project_is_found_by_its_name_without_the_list_of_projects(
    host: Host, sandbox: Sandbox
) -> None:
    add_entry(sandbox, NINE, TEN, project_id=SHOP_SIGN)

    assert (await host.call("list_time_entries", project="shop sign"))["total"] == 1
    assert (await host.call("summarize_time", project="Shop sign"))["total"]["seconds"] == 3600
    assert [call.path for call in sandbox.calls] == ["/me", "/me/time_entries"]


async def test_changes_with_the_name_of_an_archived_project_refer_to_it(host: Host, sandbox: Sandbox) -> None:
    other = add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00")
    created = await host.create_entry(**ENTRY, project="Shop sign")
    started = await host.call("start_timer", project="shop sign")
    await host.call("edit_time_entries", ids=[other["id"]], project="SHOP SIGN")

    rows = [sandbox.state.entries[key] for key in (created["id"], started["entry"]["id"], other["id"])]
    assert [row["project_id"] for row in rows] == [SHOP_SIGN] * 3


async def test_not_found_project_names_a_near_archived_one(host: Host) -> None:
    error = await host.fail("start_timer", project="Shop signs")

    assert error["code"] == "not_found"
    assert [(row["id"], row["archived"]) for row in error["candidates"]] == [(SHOP_SIGN, True)]


async def test_edit_project_name_of_an_archived_project_is_taken(host: Host, sandbox: Sandbox) -> None:
    error = await host.fail("edit_project", project=WEB_SHOP, name="Shop sign")

    assert error["code"] == "duplicate_name"
    assert sandbox.state.projects[WEB_SHOP]["name"] == "Web shop"


async def test_archive_and_delete_project_are_seen_by_the_next_call_by_name(host: Host, sandbox: Sandbox) -> None:
    await host.call("get_account")
    await host.call("edit_project", project=WEB_SHOP, active=False)
    created = await host.call("create_project", name="Web shop", client="Blue Gull Charters")

    error = await host.fail("start_timer", project="Web shop")
    assert {(row["id"], row["archived"]) for row in error["candidates"]} == {
        (WEB_SHOP, True),
        (created["project"]["id"], False),
    }
    await host.call("delete_project", project=WEB_SHOP)
    started = await host.call("start_timer", project="Web shop")
    assert sandbox.state.entries[started["entry"]["id"]]["project_id"] == created["project"]["id"]
