"""The tag tools, as a model uses them."""

import pytest

from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio


async def test_create_tag_then_list_edit_and_delete(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_tag", name="on the road")
    tag_id = created["tag"]["id"]
    list_result = await host.call("list_tags", name="ON THE RO")
    renamed = await host.call("edit_tag", tag=tag_id, name="at the client's")
    deleted = await host.call("delete_tag", tag=tag_id)

    assert list_result["tags"] == [{"id": tag_id, "name": "on the road"}]
    assert list_result["source"] == "cache"
    assert renamed["tag"] == {"id": tag_id, "name": "at the client's"}
    assert deleted["deleted_tag_id"] == tag_id
    assert tag_id not in sandbox.state.tags


async def test_create_tag_duplicate_name_error_has_the_existing_id(host: Host) -> None:
    created = await host.call("create_tag", name="on the road")

    error = await host.fail("create_tag", name="on the road")

    assert error["code"] == "duplicate_name"
    assert str(created["tag"]["id"]) in error["message"]


async def test_create_tag_lost_response_creates_one_tag(host: Host, sandbox: Sandbox) -> None:
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None

    await host.call("create_tag", name="once")

    assert [row["name"] for row in sandbox.state.tags.values()].count("once") == 1


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("edit_tag", {"tag": 12345678, "name": "x"}), ("delete_tag", {"tag": 12345678})],
)
async def test_tag_unknown_is_not_found(host: Host, tool: str, arguments: dict[str, object]) -> None:
    assert (await host.fail(tool, **arguments))["code"] == "not_found"


async def test_list_tags_total_counts_every_tag(host: Host, sandbox: Sandbox) -> None:
    for number in range(401):
        sandbox.state.add_tag(HARBOUR_STUDIO, f"tag {number:03}")

    result = await host.call("list_tags", name="tag ", limit=200)

    assert result["total"] == 401
    assert result["remaining"] == 201


async def test_list_tags_empty_workspace_is_an_empty_list(host: Host, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(empty_list="null")
    sandbox.state.tags.clear()

    assert (await host.call("list_tags"))["tags"] == []
