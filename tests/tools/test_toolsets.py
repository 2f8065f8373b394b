"""Which tools are offered, and what an account is told of those that a workspace does not allow."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.driving import Host, serve
from tests.tools.test_surface import NAMES
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox
from toggl_mcp.settings import Settings
from toggl_mcp.toolsets import enabled_tools

pytestmark = pytest.mark.anyio

TASKS = ["create_task", "list_tasks", "edit_task", "delete_task"]


def names(**settings: object) -> list[str]:
    return [offer.name for offer in enabled_tools(Settings.model_construct(**settings))]  # pyright: ignore[reportArgumentType] - fields


def test_everything_but_tasks_is_offered_when_nothing_is_said() -> None:
    assert names() == NAMES
    assert set(names(toolsets="all")) == {*NAMES, *TASKS}


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({"toolsets": "tags, account"}, ["create_tag", "list_tags", "edit_tag", "delete_tag", "get_account"]),
        ({"toolsets": "reports"}, ["summarize_time"]),
        ({"tools": "get_timer,list_tasks"}, ["get_timer", "list_tasks"]),
        ({"toolsets": "reports", "tools": "get_timer"}, ["get_timer", "summarize_time"]),
        (
            {"toolsets": "reports,tags", "exclude_tools": "delete_tag,edit_tag,create_tag"},
            ["summarize_time", "list_tags"],
        ),
        ({"tools": "delete_tag,list_tags", "read_only": True}, ["list_tags"]),
        ({"tools": "delete_tag,list_tags,edit_tag", "access": "read"}, ["list_tags"]),
        ({"tools": "delete_tag,list_tags,edit_tag", "access": "time-tracking"}, ["list_tags", "edit_tag"]),
        ({"tools": "delete_time_entries", "access": "time-tracking"}, ["delete_time_entries"]),
        ({"tools": "delete_time_entries,get_timer", "access": "full", "read_only": True}, ["get_timer"]),
    ],
)
def test_tools_are_chosen_by_toolset_by_name_and_by_what_may_change(
    settings: dict[str, object], offered: list[str]
) -> None:
    assert names(**settings) == offered


def test_time_tracking_deletes_and_archives_nothing_but_time_entries() -> None:
    left_out = {*names(toolsets="all")} - {*names(toolsets="all", access="time-tracking")}
    assert left_out == {"delete_client", "archive_client", "delete_project", "delete_tag", "delete_task"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"toolsets": "timers"}, "choose from time_entries, reports, clients"),
        ({"tools": "start_clock"}, "choose from start_timer"),
        ({"exclude_tools": "start_clock"}, "exclude-tools: there is no 'start_clock'"),
        ({"toolsets": "reports", "exclude_tools": "summarize_time"}, "leave no tool"),
    ],
)
def test_what_does_not_exist_is_said_with_what_does(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidArguments, match=said):
        names(**settings)


async def test_an_account_is_told_which_tools_a_workspace_does_not_allow(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO] |= {"admin": False, "only_admins_may_create_tags": True}
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        told = await Host(client).call("get_account")

    assert told["unavailable"] == [
        {
            "workspace_id": HARBOUR_STUDIO,
            "tools": ["create_tag", "edit_tag", "delete_tag"],
            "reason": "reserved to admins",
        },
        {"workspace_id": NIGHT_SCHOOL, "tools": ["archive_client", *TASKS], "reason": "needs a paid plan"},
    ]


async def test_a_workspace_that_reserves_projects_reserves_clients_as_well(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.workspaces[NIGHT_SCHOOL] |= {"admin": False, "only_admins_may_create_projects": True}
    async with Client(serve(sandbox, clock, tools="create_project,create_client,get_account")) as client:
        told = await Host(client).call("get_account")

    assert [found["tools"] for found in told["unavailable"]] == [["create_client", "create_project"]]


async def test_an_account_says_how_the_server_may_be_used(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, access="time-tracking")) as client:
        assert (await Host(client).call("get_account"))["access"] == "time-tracking"


@pytest.mark.parametrize(
    ("tool", "argument"), [("edit_project", {"project_id": 201_500_302}), ("edit_task", {"task_id": 80_400_301})]
)
async def test_time_tracking_puts_nothing_away_by_an_edit_either(
    sandbox: Sandbox, clock: Clock, tool: str, argument: dict[str, int]
) -> None:
    async with Client(serve(sandbox, clock, access="time-tracking", toolsets="all")) as client:
        told = await Host(client).fail(tool, **argument, active=False)
        renamed = await Host(client).call(tool, **argument, name="New name")
        (offered,) = [item for item in (await client.list_tools()).tools if item.name == tool]

    assert (told["code"], "active: is not an argument of this tool" in told["message"]) == ("invalid_arguments", True)
    assert renamed
    assert "active" not in offered.input_schema["properties"]
