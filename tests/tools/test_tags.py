"""The tag tools, as a model uses them."""

from typing import Any

import pytest

from tests.sandbox.diary import add_entry, list_changes
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

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
    assert deleted["deleted"] == renamed["tag"]
    assert tag_id not in sandbox.state.tags


async def test_create_tag_duplicate_name_error_has_the_existing_id(host: Host) -> None:
    created = await host.call("create_tag", name="on the road")

    error = await host.fail("create_tag", name="on the road")

    assert error["code"] == "duplicate_name"
    assert str(created["tag"]["id"]) in error["message"]


async def test_edit_tag_name_of_another_tag_suggests_to_merge_them(host: Host) -> None:
    await host.call("list_tags")

    error = await host.fail("edit_tag", tag="réunion", name="meeting")

    assert error["message"].startswith(f"That name is already taken in workspace {HARBOUR_STUDIO}. It is tag 17300302.")
    assert error["message"].endswith("Or give it as merge_into, which replaces this tag by it.")


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


DESIGN, MEETING = 17_300_301, 17_300_302
NINE, TEN = "2025-10-14T09:00", "2025-10-14T10:00"


def tags_of(sandbox: Sandbox, row_id: int) -> set[str]:
    return set(sandbox.state.entries[row_id]["tags"])


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_tag_merge_into_replaces_the_tag_on_every_entry_and_deletes_it(host: Host, sandbox: Sandbox) -> None:
    ids = [
        add_entry(sandbox, NINE, TEN, tags=tags)["id"]
        for tags in (["design"], ["design", "on site"], ["design", "meeting"], ["on site"])
    ]

    result = await host.call("edit_tag", tag="Design", merge_into="meeting")

    assert [tags_of(sandbox, row_id) for row_id in ids] == [
        {"meeting"},
        {"meeting", "on site"},
        {"meeting"},
        {"on site"},
    ]
    assert (result["tag"]["id"], result["deleted_tag_id"], set(result["edited_ids"])) == (MEETING, DESIGN, {*ids[:3]})
    assert DESIGN not in sandbox.state.tags
    listed = await host.call("list_time_entries", period="today", tag="meeting")
    assert (listed["total"], listed["source"]) == (3, "cache")


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_tag_merge_into_sends_a_hundred_entries_a_request(host: Host, sandbox: Sandbox) -> None:
    for _ in range(101):
        add_entry(sandbox, NINE, TEN, tags=["design"])

    result = await host.call("edit_tag", tag=DESIGN, merge_into=MEETING)

    assert len(result["edited_ids"]) == 101
    assert [change.split()[0] for change in list_changes(sandbox) if "reports" not in change] == [
        "PATCH",
        "PATCH",
        "DELETE",
    ]


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(
    "fields",
    [{"start": NINE, "stop": TEN, "user_id": 7_301_002}, {"start": "2024-02-05T09:00", "stop": "2024-02-05T10:00"}],
    ids=["of a colleague", "old"],
)
async def test_edit_tag_merge_into_that_entries_out_of_reach_would_lose_is_refused(
    host: Host, sandbox: Sandbox, fields: dict[str, Any]
) -> None:
    mine = add_entry(sandbox, NINE, TEN, tags=["design"])
    beyond = add_entry(sandbox, **fields, tags=["design"])

    error = await host.fail("edit_tag", tag="design", merge_into="meeting")

    assert error["code"] == "invalid_arguments"
    assert f"cannot be changed here: {beyond['id']}. They would lose it, so nothing was changed." in error["message"]
    assert [tags_of(sandbox, row["id"]) for row in (mine, beyond)] == [{"design"}, {"design"}]
    assert DESIGN in sandbox.state.tags


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["rejected", "lost after", "lost before"])
async def test_edit_tag_merge_into_goes_on_with_the_same_call_after_a_failure(
    host: Host, sandbox: Sandbox, method: str, kind: Kind
) -> None:
    row = add_entry(sandbox, NINE, TEN, tags=["design"])
    sandbox.fault = lambda call: Fault(kind) if call.method == method else None
    await host.fail("edit_tag", tag="design", merge_into="meeting")
    assert tags_of(sandbox, row["id"]) & {"design", "meeting"}
    sandbox.fault = lambda _: None

    if DESIGN in sandbox.state.tags:
        await host.call("edit_tag", tag="design", merge_into="meeting")

    assert tags_of(sandbox, row["id"]) == {"meeting"}
    assert DESIGN not in sandbox.state.tags


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_tag_merge_into_that_toggl_refuses_for_an_entry_keeps_the_tag(host: Host, sandbox: Sandbox) -> None:
    row = add_entry(sandbox, NINE, TEN, tags=["design"])
    sandbox.fault = lambda call: Fault("rejected") if call.method == "PATCH" else None

    await host.fail("edit_tag", tag="design", merge_into="meeting")

    assert tags_of(sandbox, row["id"]) == {"design"}
    assert DESIGN in sandbox.state.tags


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "give exactly one of name or merge_into"),
        ({"name": "x", "merge_into": "meeting"}, "give exactly one of name or merge_into"),
        ({"merge_into": "DESIGN"}, "merge_into: is the same tag"),
    ],
)
async def test_edit_tag_invalid_arguments_change_nothing(
    host: Host, sandbox: Sandbox, arguments: dict[str, object], sentence: str
) -> None:
    error = await host.fail("edit_tag", tag="design", **arguments)

    assert sentence in error["message"]
    assert list_changes(sandbox) == []


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_tag_merge_into_whose_deletion_is_refused_says_what_was_done(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", tags=["design"], tag_ids=[DESIGN])
    sandbox.fault = lambda call: Fault("rejected") if call.method == "DELETE" else None
    error = await host.fail("edit_tag", tag="design", merge_into="meeting")

    assert "have “meeting” as well now" in error["message"]
    assert "undo takes" in error["message"]
