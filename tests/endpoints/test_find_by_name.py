"""Clients by their exact name."""

import pytest

from tests.endpoints.support import names
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Aroha Bakery", ["Aroha Bakery"]),
        ("  aroha BAKERY ", ["Aroha Bakery"]),
        ("Cafe\u0301 Miro\u0301", ["Café Miró"]),
        ("MÜLLER & SÖHNE", ["Müller & Söhne"]),
        ("株式会社みなと", ["株式会社みなと"]),
        ("northwind theatre", ["Northwind Theatre"]),
        ("Aroha", []),
        ("Bakery", []),
        ("Evening Pottery", []),
    ],
)
async def test_find_by_name_ignores_case_and_unicode_form_and_finds_archived(
    in_memory: AsyncClientEndpoint, name: str, expected: list[str]
) -> None:
    matches, _ = await in_memory.find_by_name(name)
    assert names(matches) == expected


async def test_find_by_name_returns_all_clients_of_the_name(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    added = [sandbox.state.add_client(HARBOUR_STUDIO, name)["id"] for name in ("twins", "Twins", "TWINS")]
    sandbox.state.add_client(NIGHT_SCHOOL, "Twins")
    sandbox.state.add_client(HARBOUR_STUDIO, "Twins and more")
    matches, _ = await clients.find_by_name("Twins")
    assert [client.id for client in matches] == added


async def test_find_by_name_missing_is_fetched_again_after_negative_ttl(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    assert (await clients.find_by_name("Lighthouse"))[0] == []
    sandbox.state.add_client(HARBOUR_STUDIO, "Lighthouse")
    clock.now += 59
    matches, read = await clients.find_by_name("Lighthouse")
    assert (matches, read.source, len(sandbox.calls)) == ([], "cache", 1)
    clock.now += 1
    matches, read = await clients.find_by_name("Lighthouse")
    assert (names(matches), read.source, len(sandbox.calls)) == (["Lighthouse"], "toggl", 2)


async def test_find_by_name_missing_is_not_fetched_twice_within_negative_ttl(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.read()
    clock.now += 3600
    matches, read = await clients.find_by_name("Lighthouse")
    assert (matches, read.source, len(sandbox.calls)) == ([], "toggl", 2)


async def test_find_by_name_refresh_finds_the_current_name(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.find_by_name("Aroha Bakery")
    sandbox.state.rename_client(64_890_301, "Aroha Bakehouse")
    assert names((await clients.find_by_name("Aroha Bakery", refresh=True))[0]) == []
    assert names((await clients.find_by_name("Aroha Bakehouse"))[0]) == ["Aroha Bakehouse"]
