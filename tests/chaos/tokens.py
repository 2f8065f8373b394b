"""Several accounts at one address, each with a token and a Toggl of its own, whose ids are the same."""

import base64
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from starlette.types import Receive, Scope, Send

from tests.chaos.arena import Storage
from tests.chaos.clients import CLIENTS
from tests.chaos.faults import TickingClock
from tests.chaos.operations import make_process, perform
from tests.chaos.resource import is_same
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.models.clients import Client
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, TOKEN, Sandbox
from toggl_mcp.sandbox.quota import Plan

TOKENS = tuple(f"{number}" * 32 for number in range(1, 6))
WORKSPACES = (HARBOUR_STUDIO, NIGHT_SCHOOL)


class Accounts:
    """Serves each token from its own sandbox; clients have the same ids in all of them, and different notes."""

    def __init__(self, clock: TickingClock, tokens: Sequence[str] = TOKENS) -> None:
        plans: dict[int, Plan] = dict.fromkeys(WORKSPACES, "premium")
        self.sandboxes: dict[str, Sandbox] = {}
        moment = clock.now
        for token in tokens:
            clock.now = moment  # Samples of the same moment are written once.
            sandbox = self.sandboxes[token] = Sandbox(clock=clock, plans=plans)
            for row in sandbox.state.clients.values():
                row["notes"] = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        token = next((token for token in self.sandboxes if _basic(token) == headers[b"authorization"]), None)
        if token is None:
            await Sandbox()(scope, receive, send)  # It has another token, too.
            return
        headers[b"authorization"] = _basic(TOKEN)
        await self.sandboxes[token]({**scope, "headers": list(headers.items())}, receive, send)

    def clients(self, token: str, workspace: int) -> dict[int, Client]:
        """Return the clients of a token's workspace as its Toggl has them."""
        rows = self.sandboxes[token].state.clients.values()
        clients = [Client.model_validate(row) for row in rows if row["wid"] == workspace]
        return {client.id: client for client in clients}


@dataclass
class Tenants:
    """A run of callers with different tokens, and the rows that they read and that are not theirs."""

    seed: int
    storage: Storage
    folder: Path
    foreign: list[Client] = field(default_factory=list[Client])
    rows_read: int = 0

    async def advance(self, steps: int) -> None:
        """Run so many steps."""
        chance, clock = random.Random(self.seed), TickingClock()  # noqa: S311 - repeatable
        store = MemoryStore(clock=clock) if self.storage == "in memory" else SqliteStore(self.folder / "c", clock=clock)
        accounts = Accounts(clock)
        async with AsyncExitStack() as opening:
            connection = await opening.enter_async_context(connect_in_process(accounts))
            opening.push_async_callback(store.aclose)
            processes = {
                (token, workspace): make_process(workspace, BasicAuth(token, "api_token"), store, connection)
                for token in TOKENS
                for workspace in WORKSPACES
            }
            for number in range(steps):
                clock.now += chance.choice([1, 30, 300, 4000])
                (token, workspace), reader = chance.choice(list(processes.items()))
                own_clients = accounts.clients(token, workspace)
                target_id = chance.randrange(64_890_301, 64_890_410)
                await perform(reader, CLIENTS.operation(chance, own_clients, target_id, f"Client {number}", clock()))
                self._check(await reader.clients.load_cache(), accounts.clients(token, workspace))

    def _check(self, clients: list[Client], own_clients: dict[int, Client]) -> None:
        self.rows_read += len(clients)
        self.foreign += [client for client in clients if not is_same(CLIENTS, client, own_clients.get(client.id))]


def _basic(token: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{token}:api_token".encode())
