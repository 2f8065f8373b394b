"""The tools that are offered, and the result of get_account about those that a workspace does not allow."""

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from tests.tools.test_tools_list import NAMES
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox
from toggl_mcp.settings import Settings
from toggl_mcp.toolsets import enabled_tools

pytestmark = pytest.mark.anyio

TASKS = ["list_tasks", "create_task", "edit_task", "delete_task"]


def list_tool_names(**settings: object) -> list[str]:
    return [spec.name for spec in enabled_tools(Settings.model_construct(**settings))]  # pyright: ignore[reportArgumentType] - fields


def test_enabled_tools_default_is_all_but_changes_of_tasks_and_team() -> None:
    assert list_tool_names() == NAMES
    assert set(list_tool_names(toolsets="all")) == {*NAMES, *TASKS, "list_users", "get_team_activity"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"toolsets": "tags, account"}, ["create_tag", "list_tags", "edit_tag", "delete_tag", "get_account"]),
        ({"toolsets": "reports"}, ["summarize_time", "review_time", "prepare_statement"]),
        ({"tools": "get_timer,list_tasks"}, ["get_timer", "list_tasks"]),
        (
            {"toolsets": "reports", "tools": "get_timer"},
            ["get_timer", "summarize_time", "review_time", "prepare_statement"],
        ),
        (
            {"toolsets": "reports,tags", "exclude_tools": "delete_tag,edit_tag,create_tag"},
            ["summarize_time", "review_time", "prepare_statement", "list_tags"],
        ),
        ({"tools": "delete_tag,list_tags", "read_only": True}, ["list_tags"]),
        ({"tools": "delete_tag,list_tags,edit_tag", "access": "read"}, ["list_tags"]),
        ({"tools": "delete_tag,list_tags,edit_tag", "access": "time-tracking"}, ["list_tags", "edit_tag"]),
        ({"tools": "delete_time_entries", "access": "time-tracking"}, ["delete_time_entries"]),
        ({"tools": "delete_time_entries,get_timer", "access": "full", "read_only": True}, ["get_timer"]),
    ],
)
def test_enabled_tools_selects_by_toolset_name_and_access_mode(
    settings: dict[str, object], expected: list[str]
) -> None:
    assert list_tool_names(**settings) == expected


def test_enabled_tools_time_tracking_omits_deletes_and_archives() -> None:
    excluded = {*list_tool_names(toolsets="all")} - {*list_tool_names(toolsets="all", access="time-tracking")}
    assert excluded == {"delete_client", "delete_project", "delete_tag", "delete_task"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"toolsets": "timers"}, "choose from time_entries, reports, clients"),
        ({"tools": "start_clock"}, "choose from start_timer"),
        ({"exclude_tools": "start_clock"}, "exclude-tools: there is no 'start_clock'"),
        ({"toolsets": "reports", "exclude_tools": "summarize_time,review_time,prepare_statement"}, "leave no tool"),
    ],
)
def test_enabled_tools_unknown_name_error_lists_the_choices(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidArguments, match=message):
        list_tool_names(**settings)


async def test_get_account_lists_the_unavailable_tools_of_each_workspace(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.workspaces[HARBOUR_STUDIO] |= {"admin": False, "only_admins_may_create_tags": True}
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        result = await Host(client).call("get_account")

    assert result["unavailable"] == [
        {
            "workspace_id": HARBOUR_STUDIO,
            "tools": ["create_tag", "edit_tag", "delete_tag"],
            "reason": "reserved to admins",
        },
        {"workspace_id": NIGHT_SCHOOL, "tools": TASKS, "reason": "needs a paid plan"},
    ]


async def test_get_account_projects_reserved_to_admins_make_clients_unavailable(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.workspaces[NIGHT_SCHOOL] |= {"admin": False, "only_admins_may_create_projects": True}
    async with Client(serve(sandbox, clock, toolsets="clients,projects,account", exclude_tools="list_tasks")) as client:
        result = await Host(client).call("get_account")

    tools = [f"{verb}_{kind}" for kind in ("client", "project") for verb in ("create", "edit", "delete")]
    assert [item["tools"] for item in result["unavailable"]] == [tools]


async def test_get_account_returns_the_access_mode(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock, access="time-tracking")) as client:
        assert (await Host(client).call("get_account"))["access"] == "time-tracking"


@pytest.mark.parametrize(
    ("tool", "argument", "state"),
    [
        ("edit_client", {"client": 64_890_301}, "archived"),
        ("edit_project", {"project": 201_500_302}, "active"),
        ("edit_task", {"task": 80_400_301}, "active"),
    ],
)
async def test_time_tracking_edit_of_a_client_project_or_task_refuses_its_state(
    sandbox: Sandbox, clock: Clock, tool: str, argument: dict[str, int], state: str
) -> None:
    async with Client(serve(sandbox, clock, access="time-tracking", toolsets="all")) as client:
        error = await Host(client).fail(tool, **argument, **{state: False})
        renamed = await Host(client).call(tool, **argument, name="New name")
        (listed_tool,) = [item for item in (await client.list_tools()).tools if item.name == tool]

    assert error["code"] == "invalid_arguments"
    assert f"{state}: is not an argument of this tool" in error["message"]
    assert renamed
    assert state not in listed_tool.input_schema["properties"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "delete_tag",
            "is left out by the settings of this server, such as TOGGL_MCP_TOOLSETS and TOGGL_MCP_ACCESS",
        ),
        ("list-tags", "does not exist (list_tags does)"),
        ("pay_invoice", "does not exist"),
    ],
)
async def test_call_of_a_tool_that_is_not_listed_says_which_are(
    sandbox: Sandbox, clock: Clock, name: str, reason: str
) -> None:
    async with Client(serve(sandbox, clock, access="read")) as client:
        error = await Host(client).fail(name)

    message = f"The tool {name} {reason}. Use one that tools/list names."
    assert error == {"code": "invalid_arguments", "message": message, "retry": "corrected"}
    assert sandbox.calls == []


async def test_call_of_a_tool_that_is_not_listed_names_the_server_as_briefly_as_any_result(
    sandbox: Sandbox, clock: Clock
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        results = [await Host(client).raw(name) for name in ("pay_invoice", "get_timer")]

    assert results[0].meta == results[1].meta
