"""Lists of time entries stay small, name what they are about, and can be walked from end to end."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp.types import TextContent

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Host, Result
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.rows import Row

pytestmark = pytest.mark.anyio

WHOLE_PERIOD = {"start": "2025-06-01", "end": "2025-10-31"}
FREE_TEXT_FIELDS = ("description", "tags")
WEB_SHOP = 201500302


async def fetch_pages(host: Host, **arguments: object) -> AsyncIterator[tuple[Result, int]]:
    """Give each page of a list, and the bytes of its text."""
    result = await host.raw("list_time_entries", **arguments)
    page, size = _parse_page(result.content[0])
    yield page, size
    while "next_cursor" in page:
        result = await host.raw("list_time_entries", **arguments, cursor=page["next_cursor"])
        page, size = _parse_page(result.content[0])
        yield page, size


def _parse_page(part: Any) -> tuple[Result, int]:  # noqa: ANN401 - whatever kind of content it is
    assert isinstance(part, TextContent)
    return json.loads(part.text), len(part.text.encode())


def count_bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def count_fixed_bytes(row: Result) -> int:
    return count_bytes({field: value for field, value in row.items() if field not in FREE_TEXT_FIELDS})


def select_own_entries(sandbox: Sandbox) -> dict[int, Row]:
    user_id = sandbox.state.me["id"]
    return {
        key: row
        for key, row in sandbox.state.entries.items()
        if row["user_id"] == user_id and row["server_deleted_at"] is None
    }


@pytest.mark.promise("lean")
async def test_list_time_entries_row_is_at_most_115_bytes_besides_free_text(host: Host, sandbox: Sandbox) -> None:
    sized_pages = [page async for page in fetch_pages(host, **WHOLE_PERIOD, limit=200)]
    rows = [row for page, _ in sized_pages for row in page["entries"]]
    free_text_bytes = sum(count_bytes(row) - count_fixed_bytes(row) for row in rows)

    assert len(rows) == len(select_own_entries(sandbox))
    max_bytes = max(count_fixed_bytes(row) for row in rows)
    mean_bytes = (sum(size for _, size in sized_pages) - free_text_bytes) / len(rows)
    assert max_bytes <= 115
    assert mean_bytes <= 115
    check_figures("lean", max_bytes=max_bytes, mean_bytes=round(mean_bytes))


async def test_list_time_entries_groups_name_project_client_and_task(host: Host, sandbox: Sandbox) -> None:
    state = sandbox.state
    rows = select_own_entries(sandbox)
    async for page, _ in fetch_pages(host, **WHOLE_PERIOD, limit=200):
        groups = {group["group"]: group for group in page["groups"]}
        for entry in page["entries"]:
            row, group = rows[entry["id"]], groups[entry["group"]]
            project = state.projects.get(row["project_id"], {})
            client = state.clients.get(project.get("client_id") or 0, {})
            assert group.get("project") == project.get("name")
            assert group.get("client") == client.get("name")
            assert group.get("task") == state.tasks.get(row["task_id"], {}).get("name")
            assert group["workspace_id"] == row["workspace_id"]
            assert group.get("billable", False) == row["billable"]
            assert entry.get("tags", []) == row["tags"]


@pytest.mark.parametrize("character", ["a", "é", "港", "🛶", '"'])
async def test_list_time_entries_longest_descriptions_stay_under_100_000_bytes(
    host: Host, sandbox: Sandbox, clock: Clock, character: str
) -> None:
    sandbox.state.entries = {}
    for number in range(200):
        start = clock.now - 3600 * (number + 1)
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 600, description=character * 3000)

    sized_pages = [page async for page in fetch_pages(host, **WHOLE_PERIOD, limit=200)]

    assert max(size for _, size in sized_pages) < 100_000
    assert len({row["id"] for page, _ in sized_pages for row in page["entries"]}) == 200
    assert all(row["description"].endswith("…") for page, _ in sized_pages for row in page["entries"])


async def test_list_time_entries_longest_names_stay_under_100_000_bytes(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    for number in range(200):
        client = sandbox.state.add_client(HARBOUR_STUDIO, f"{number:03}" + "k" * 252)
        project = sandbox.state.add_project(HARBOUR_STUDIO, f"{number:03}" + "p" * 252, client["id"])
        start = clock.now - 3600 * (number + 1)
        sandbox.state.add_entry(
            HARBOUR_STUDIO, start, stop=start + 600, project_id=project["id"], description="x" * 500
        )

    sized_pages = [page async for page in fetch_pages(host, **WHOLE_PERIOD, limit=200)]

    assert max(size for _, size in sized_pages) < 100_000
    assert len({row["id"] for page, _ in sized_pages for row in page["entries"]}) == 200


async def test_summarize_time_longest_names_stay_under_100_000_bytes(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    for number in range(200):
        project = sandbox.state.add_project(HARBOUR_STUDIO, f"{number:03}" + "港" * 252)
        sandbox.state.add_entry(
            HARBOUR_STUDIO, clock.now - 60, stop=clock.now, project_id=project["id"], description=f"{number:03}" * 1000
        )

    by = ["description", "project"]
    result = await host.raw("summarize_time", period="today", group_by=by, limit=200)
    result, size = _parse_page(result.content[0])

    assert size < 100_000
    assert len(result["groups"]) + result["remaining"]["groups"] == 200
    assert result["total"]["seconds"] == 200 * 60


async def test_list_time_entries_pages_hold_each_entry_once_while_entries_change(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    state, entry_ids, deleted_ids = sandbox.state, list[int](), set[int]()
    initial_ids = select_own_entries(sandbox).keys()
    async for page, _ in fetch_pages(host, **WHOLE_PERIOD, limit=40, refresh=True):
        entry_ids += [row["id"] for row in page["entries"]]
        oldest = min(select_own_entries(sandbox).values(), key=lambda row: row["start"])["id"]
        for entry_id in (entry_ids[-3], oldest):
            state.remove_entry(entry_id)
            deleted_ids.add(entry_id)
        state.add_entry(HARBOUR_STUDIO, clock.now - 60, stop=clock.now, project_id=WEB_SHOP)
        state.add_entry(HARBOUR_STUDIO, clock.now - 80 * 86_400, stop=clock.now - 80 * 86_400 + 60)
        clock.now += 121

    assert len(entry_ids) == len(set(entry_ids))
    assert initial_ids - deleted_ids <= set(entry_ids)
