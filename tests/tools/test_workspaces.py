"""Workspaces by name or id, in every tool that takes one."""

import pytest

from tests.tools.host import Host
from toggl_mcp.sandbox import Sandbox
from toggl_mcp.sandbox.sample import HARBOUR_STUDIO, NIGHT_SCHOOL

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("tool", ["list_clients", "list_projects", "list_tags", "list_time_entries", "summarize_time"])
async def test_workspace_by_name_is_the_one_of_that_id(host: Host, tool: str) -> None:
    by_name = await host.call(tool, workspace=" night SCHOOL ")
    by_id = await host.call(tool, workspace=NIGHT_SCHOOL)

    for result in (by_name, by_id):
        for field in ("requests", "source", "quota", "age_seconds"):
            result.pop(field, None)
    assert by_name == by_id


async def test_workspace_by_a_name_without_its_accents_is_used(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[NIGHT_SCHOOL]["name"] = "Écōle du soir"

    assert (await host.call("list_clients", workspace="ecole du soir"))["workspace_id"] == NIGHT_SCHOOL


async def test_workspace_by_id_costs_no_request_for_the_account(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_clients", workspace=NIGHT_SCHOOL)

    assert [call.path for call in sandbox.calls] == [f"/workspaces/{NIGHT_SCHOOL}/clients"]


async def test_workspace_of_an_unknown_name_error_lists_all(host: Host) -> None:
    error = await host.fail("create_client", name="Lamp", workspace="Day school")

    assert error["code"] == "not_found"
    assert {row["id"] for row in error["candidates"]} == {HARBOUR_STUDIO, NIGHT_SCHOOL}


async def test_workspace_exact_spelling_wins_over_any_case(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO]["name"] = "night school"
    sandbox.state.workspaces[NIGHT_SCHOOL]["name"] = "Night School"

    exact = await host.call("list_clients", workspace="Night School")
    error = await host.fail("list_clients", workspace="NIGHT SCHOOL")

    assert exact["workspace_id"] == NIGHT_SCHOOL
    assert error["code"] == "ambiguous"
    assert {row["id"] for row in error["candidates"]} == {HARBOUR_STUDIO, NIGHT_SCHOOL}


async def test_workspace_whose_name_is_digits_is_used_or_ambiguous_with_an_id(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.workspaces[NIGHT_SCHOOL]["name"] = "2024"
    await host.call("get_account")
    by_name = await host.call("list_clients", workspace="2024")
    sandbox.state.workspaces[NIGHT_SCHOOL]["name"] = str(HARBOUR_STUDIO)
    await host.call("get_account", refresh=True)

    error = await host.fail("list_clients", workspace=HARBOUR_STUDIO)

    assert by_name["workspace_id"] == NIGHT_SCHOOL
    assert error["code"] == "ambiguous"
