"""Lists of time entries stay small, name what they are about, and can be walked from end to end."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mcp.types import TextContent

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.driving import Answer, Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.rows import Row

pytestmark = pytest.mark.anyio

ALL_OF_IT = {"start": "2025-06-01", "end": "2025-10-31"}
OWN_WORDS = ("description", "tags")
WEB_SHOP = 201500302


async def pages(host: Host, **arguments: object) -> AsyncIterator[tuple[Answer, int]]:
    """Give each page of a list, and the bytes of its text."""
    result = await host.raw("list_time_entries", **arguments)
    told, size = _told(result.content[0])
    yield told, size
    while "next_cursor" in told:
        result = await host.raw("list_time_entries", **arguments, cursor=told["next_cursor"])
        told, size = _told(result.content[0])
        yield told, size


def _told(part: Any) -> tuple[Answer, int]:  # noqa: ANN401 - whatever kind of content it is
    assert isinstance(part, TextContent)
    return json.loads(part.text), len(part.text.encode())


def compact(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def besides_its_own_words(row: Answer) -> int:
    return compact({field: value for field, value in row.items() if field not in OWN_WORDS})


def own_entries(sandbox: Sandbox) -> dict[int, Row]:
    mine = sandbox.state.me["id"]
    return {
        key: row
        for key, row in sandbox.state.entries.items()
        if row["user_id"] == mine and row["server_deleted_at"] is None
    }


@pytest.mark.promise("lean")
async def test_an_entry_costs_100_bytes_at_most_besides_its_own_description_and_tags(
    host: Host, sandbox: Sandbox
) -> None:
    told = [page async for page in pages(host, **ALL_OF_IT, limit=200)]
    rows = [row for page, _ in told for row in page["entries"]]
    own_words = sum(compact(row) - besides_its_own_words(row) for row in rows)

    assert len(rows) == len(own_entries(sandbox))
    longest = max(besides_its_own_words(row) for row in rows)
    mean = (sum(size for _, size in told) - own_words) / len(rows)
    assert longest <= 100
    assert mean <= 100
    check_figures("lean", max_bytes=longest, mean_bytes=round(mean))


async def test_every_entry_s_project_client_and_task_are_told_by_name(host: Host, sandbox: Sandbox) -> None:
    world = sandbox.state
    rows = own_entries(sandbox)
    async for page, _ in pages(host, **ALL_OF_IT, limit=200):
        works = {work["group"]: work for work in page["groups"]}
        for shown in page["entries"]:
            row, work = rows[shown["id"]], works[shown["group"]]
            project = world.projects.get(row["project_id"], {})
            client = world.clients.get(project.get("client_id") or 0, {})
            assert work.get("project") == project.get("name")
            assert work.get("client") == client.get("name")
            assert work.get("task") == world.tasks.get(row["task_id"], {}).get("name")
            assert work["workspace_id"] == row["workspace_id"]
            assert work.get("billable", False) == row["billable"]
            assert shown.get("tags", []) == row["tags"]


@pytest.mark.parametrize("character", ["a", "é", "港", "🛶", '"'])
async def test_a_page_of_the_longest_descriptions_stays_under_100_000_bytes(
    host: Host, sandbox: Sandbox, clock: Clock, character: str
) -> None:
    sandbox.state.entries.clear()
    for number in range(200):
        start = clock.now - 3600 * (number + 1)
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=start + 600, description=character * 3000)

    told = [page async for page in pages(host, **ALL_OF_IT, limit=200)]

    assert max(size for _, size in told) < 100_000
    assert len({row["id"] for page, _ in told for row in page["entries"]}) == 200
    assert all(row["description"].endswith("…") for page, _ in told for row in page["entries"])


async def test_a_page_of_the_longest_names_stays_under_100_000_bytes(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries.clear()
    for number in range(200):
        client = sandbox.state.add_client(HARBOUR_STUDIO, f"{number:03}" + "k" * 252)
        project = sandbox.state.add_project(HARBOUR_STUDIO, f"{number:03}" + "p" * 252, client["id"])
        start = clock.now - 3600 * (number + 1)
        sandbox.state.add_entry(
            HARBOUR_STUDIO, start, stop=start + 600, project_id=project["id"], description="x" * 500
        )

    told = [page async for page in pages(host, **ALL_OF_IT, limit=200)]

    assert max(size for _, size in told) < 100_000
    assert len({row["id"] for page, _ in told for row in page["entries"]}) == 200


async def test_a_total_of_the_longest_names_stays_under_100_000_bytes_and_says_how_many_groups_are_left(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries.clear()
    for number in range(200):
        project = sandbox.state.add_project(HARBOUR_STUDIO, f"{number:03}" + "港" * 252)
        sandbox.state.add_entry(
            HARBOUR_STUDIO, clock.now - 60, stop=clock.now, project_id=project["id"], description=f"{number:03}" * 1000
        )

    by = ["description", "project"]
    result = await host.raw("summarize_time", period="today", group_by=by, limit=200)
    told, size = _told(result.content[0])

    assert size < 100_000
    assert len(told["groups"]) + told["groups_remaining"] == 200
    assert told["total"]["seconds"] == 200 * 60


async def test_a_walk_meets_every_entry_once_while_others_are_added_and_deleted(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    world, met, deleted = sandbox.state, list[int](), set[int]()
    there = own_entries(sandbox).keys()
    async for page, _ in pages(host, **ALL_OF_IT, limit=40, refresh=True):
        met += [row["id"] for row in page["entries"]]
        oldest = min(own_entries(sandbox).values(), key=lambda row: row["start"])["id"]
        for gone in (met[-3], oldest):
            world.remove_entry(gone)
            deleted.add(gone)
        world.add_entry(HARBOUR_STUDIO, clock.now - 60, stop=clock.now, project_id=WEB_SHOP)
        world.add_entry(HARBOUR_STUDIO, clock.now - 80 * 86_400, stop=clock.now - 80 * 86_400 + 60)
        clock.now += 121

    assert len(met) == len(set(met))
    assert there - deleted <= set(met)
