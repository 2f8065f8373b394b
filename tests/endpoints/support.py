"""What the tests of the endpoints share."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import anyio

from toggl_mcp.api import BasicAuth
from toggl_mcp.models.clients import Client
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Call, Fault, Sandbox

AUTH = BasicAuth(TOKEN, "api_token")
STRANGER = BasicAuth("0" * 32, "api_token")

AROHA = 64_890_301
GULL = 64_890_302
DOCKSIDE = 64_890_304
"""Archived, as NORTHWIND is, which has two archived projects."""
NORTHWIND = 64_890_306
MISSING = 7
FOREIGN_CLIENT = 64_890_402
"""In the other workspace."""

ACTIVE = ["Aroha Bakery", "Blue Gull Charters", "Café Miró", "Müller & Söhne", "Ōtautahi Press", "株式会社みなと"]
ARCHIVED = ["Dockside Light & Power", "Northwind Theatre"]

Faults = Callable[[Call], Fault | None]


def fault_in_turn(method: str, *faults: Fault | None) -> Faults:
    """Let the requests of one method meet these faults, each once."""
    remaining = iter(faults)
    return lambda call: next(remaining, None) if call.method == method else None


def fault_every(method: str, fault: Fault) -> Faults:
    """Let every request of one method meet this fault."""
    return lambda call: fault if call.method == method else None


def with_action(fault: Fault, action: Callable[[], object]) -> Fault:
    """Let something happen between the deed and what becomes of its answer."""

    async def until() -> None:
        action()

    return replace(fault, until=until)


class Gate:
    """Holds an answer back: `reached` tells that it is there, `open` lets it go."""

    def __init__(self) -> None:
        self.reached = anyio.Event()
        self.open = anyio.Event()

    @property
    def fault(self) -> Fault:
        return Fault("slow", until=self._wait)

    async def _wait(self) -> None:
        self.reached.set()
        await self.open.wait()


def list_methods(sandbox: Sandbox) -> list[str]:
    """Return the methods of the requests that reached Toggl."""
    return [call.method for call in sandbox.calls]


def names(clients: Iterable[Client]) -> list[str]:
    return [client.name for client in clients]


def toggl_fields(sandbox: Sandbox, workspace_id: int = HARBOUR_STUDIO) -> dict[int, tuple[object, ...]]:
    """Return what a workspace's clients are at Toggl: name, notes, and whether they are archived."""
    return {
        row["id"]: (row["name"], row.get("notes"), row["archived"])
        for row in sandbox.state.clients.values()
        if row["wid"] == workspace_id
    }


def cached_fields(clients: Iterable[Client]) -> dict[int, tuple[object, ...]]:
    """Return the same of clients as an endpoint knows them."""
    return {client.id: (client.name, client.notes, client.archived) for client in clients}


def fault_id(value: object) -> str | None:
    """Return the name of a test with this fault."""
    return f"{value.kind} {value.retry_after or ''}".strip() if isinstance(value, Fault) else None
