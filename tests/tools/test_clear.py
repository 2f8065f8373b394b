"""Edits: only `clear` empties a field, whatever a host fills in for what a person left out."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes
from tests.tools.host import Era, Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.tools.support.args import EMPTY_VALUES, EditArgs
from toggl_mcp.tools.support.schema import input_schema
from toggl_mcp.toolsets import all_tools

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, CHECKOUT = 201_500_302, 80_400_301
EDITS = {
    tool.name: input_schema(tool.input_model)["properties"]
    for tool in all_tools()
    if issubclass(tool.input_model, EditArgs)
}
CLEARABLE = [(tool, field) for tool, properties in EDITS.items() for field in properties["clear"]["items"]["enum"]]
CHANGES: dict[str, object] = {"name": "Renamed", "billable": True}


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock, era: Era) -> AsyncGenerator[Host]:
    async with Client(serve(sandbox, clock, toolsets="all"), mode=era) as client:
        yield Host(client)


@pytest.fixture
def row(sandbox: Sandbox, tool: str) -> dict[str, Any]:
    """A row at Toggl that has every field which the tool can clear."""
    state = sandbox.state
    match tool:
        case "edit_client":
            return state.add_client(HARBOUR_STUDIO, "Full", notes="Pays late", external_reference="CRM-7")
        case "edit_project":
            return state.projects[WEB_SHOP]
        case "edit_task":
            return state.add_task(WEB_SHOP, name="Search", estimated_seconds=7200)
        case _:
            fields: dict[str, Any] = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "tags": ["design"]}
            return add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Cart", **fields)


@pytest.fixture
def reference(tool: str, row: dict[str, Any]) -> dict[str, object]:
    """The argument that says which row to edit."""
    return {"ids": [row["id"]]} if tool == "edit_time_entries" else {tool.removeprefix("edit_"): row["id"]}


def empty_fields(sandbox: Sandbox, tool: str, row_id: int) -> set[str]:
    """Return which of the clearable fields of a tool are empty at Toggl."""
    rows: dict[str, dict[int, dict[str, Any]]] = {
        "edit_client": sandbox.state.clients,
        "edit_project": sandbox.state.projects,
        "edit_task": sandbox.state.tasks,
        "edit_time_entries": sandbox.state.entries,
    }
    row = rows[tool][row_id]
    return {field for name, field in CLEARABLE if name == tool and not (row.get(field) or row.get(f"{field}_id"))}


@pytest.mark.parametrize("tool", EDITS)
def test_clear_has_every_field_that_can_be_empty(tool: str) -> None:
    optional = EDITS[tool].keys() - {tool.removeprefix("edit_")}
    assert set(EDITS[tool]["clear"]["items"]["enum"]) == EMPTY_VALUES.keys() & optional


@pytest.mark.parametrize(("tool", "field"), CLEARABLE)
async def test_clear_empties_its_fields_only(
    host: Host, sandbox: Sandbox, tool: str, field: str, row: dict[str, Any], reference: dict[str, object]
) -> None:
    assert empty_fields(sandbox, tool, row["id"]) == set()

    await host.call(tool, **reference, clear=[field])

    emptied = {"project", "task"} if field == "project" else {field}  # A task belongs to its project.
    assert empty_fields(sandbox, tool, row["id"]) == emptied


@pytest.mark.parametrize("tag_action", ["add", "remove"])
@pytest.mark.parametrize("tool", ["edit_time_entries"])
async def test_clear_tags_empties_them_whatever_tag_action_says(
    host: Host, sandbox: Sandbox, tool: str, row: dict[str, Any], reference: dict[str, object], tag_action: str
) -> None:
    await host.call(tool, **reference, clear="tags", tag_action=tag_action)

    assert empty_fields(sandbox, tool, row["id"]) == {"tags"}


@pytest.mark.parametrize("tool", EDITS)
async def test_edit_of_a_host_that_fills_in_every_argument_empties_nothing(
    host: Host, sandbox: Sandbox, tool: str, row: dict[str, Any], reference: dict[str, object]
) -> None:
    empty: dict[str, object] = {"string": "", "array": []}
    arguments: dict[str, object] = {name: empty.get(part["type"]) for name, part in EDITS[tool].items()} | reference
    (change, *_) = EDITS[tool].keys() & CHANGES.keys()

    unchanged = await host.fail(tool, **arguments)
    changes = list_changes(sandbox)
    await host.call(tool, **arguments | {change: CHANGES[change]})

    assert "nothing to change" in unchanged["message"]
    assert "clear" in unchanged["message"]
    assert changes == []
    assert empty_fields(sandbox, tool, row["id"]) == set()


@pytest.mark.parametrize(("tool", "field"), CLEARABLE)
async def test_clear_of_a_field_that_is_given_is_refused(
    host: Host, sandbox: Sandbox, tool: str, field: str, reference: dict[str, object]
) -> None:
    error = await host.fail(tool, **reference, clear=[field], **{field: 7})

    assert error["code"] == "invalid_arguments"
    assert error["message"] == f"{field} is given, and is in clear; leave it out of one of them."
    assert list_changes(sandbox) == []


@pytest.mark.parametrize(
    ("tool", "field"),
    [("edit_project", "client"), ("edit_task", "estimated_seconds"), ("edit_time_entries", "project")],
)
async def test_edit_zero_empties_nothing_and_is_refused_with_clear(
    host: Host, sandbox: Sandbox, tool: str, field: str, row: dict[str, Any], reference: dict[str, object]
) -> None:
    error = await host.fail(tool, **reference, **{field: 0})

    assert f'give clear: ["{field}"] to empty it' in error["message"]
    assert empty_fields(sandbox, tool, row["id"]) == set()
