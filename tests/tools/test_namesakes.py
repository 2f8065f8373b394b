"""Names that differ from those of others in their spelling only."""

from collections.abc import AsyncGenerator

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

WEB_SHOP = 201_500_302


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Host]:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        yield Host(client)


@pytest.mark.parametrize(
    ("kind", "name", "fields", "namesake"),
    [
        ("client", "aroha  bakery", {}, "client “Aroha Bakery” (64890301)"),
        ("client", "Cafe Miro", {}, "client “Café Miró” (64890303)"),
        ("client", "NORTHWIND THEATRE", {}, "archived client “Northwind Theatre” (64890306)"),
        ("project", "Webshop", {"client": "Aroha Bakery"}, "project “Web shop” (201500302)"),
        ("project", "Web shop", {}, "project “Web shop” (201500302)"),
        ("tag", "Design", {}, "tag “design” (17300301)"),
        ("task", "checkout", {"project": WEB_SHOP}, "task “Checkout” (80400301)"),
    ],
)
async def test_create_name_that_differs_in_spelling_only_warns_without_a_request(
    host: Host, sandbox: Sandbox, kind: str, name: str, fields: dict[str, object], namesake: str
) -> None:
    await host.call(f"list_{kind}s")
    calls = len(sandbox.calls)

    created = await host.call(f"create_{kind}", name=name, **fields)

    assert len(sandbox.calls) == calls + 1
    (warning,) = created["warnings"]
    assert namesake in warning


@pytest.mark.parametrize(
    ("kind", "item_id", "name"),
    [
        ("client", 64890302, "aroha bakery"),
        ("project", 201500301, "web shop"),
        ("tag", 17300302, "Design"),
        ("task", 80400303, "checkout"),
    ],
)
async def test_edit_name_to_one_that_differs_in_spelling_only_warns(
    host: Host, kind: str, item_id: int, name: str
) -> None:
    other = await host.call(f"edit_{kind}", **{kind: item_id}, name=f"{name} of old")
    namesake = await host.call(f"edit_{kind}", **{kind: item_id}, name=name)

    assert "warnings" not in other
    assert "also" in namesake["warnings"][0]


async def test_create_name_of_another_client_or_project_has_no_warning(host: Host) -> None:
    project = await host.call("create_project", name="web shop", client="Blue Gull Charters")
    task = await host.call("create_task", name="checkout", project=project["project"]["id"])

    assert "warnings" not in project
    assert "warnings" not in task
