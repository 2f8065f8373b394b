"""Fifty tenants at three replicas with one store on a server, while requests to Toggl fail: what each of them saw."""

import base64
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from starlette.types import Receive, Scope, Send

from tests.cache.redis.server import Server, make_address, time_of
from tests.chaos.faults import FaultInjector, TickingClock
from tests.http.support import Web, serve
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

REPLICAS = 3
TENANTS = 50
FLUSH_SHARE = 0.01
"""How often the store loses all that it has."""
OUTAGE_SHARE = 0.005
"""How often it ends, for some steps."""
RETURN_SHARE = 0.2
"""How often it comes back, empty, while it is away."""
PERSON_SHARE = 0.1
"""How often the tenant changes something in the web app."""
FOREIGN = "has seen a row of another tenant"
DUPLICATE = "exists twice"
FALSE_SUCCESS = "was said to be done, and was not"
FALSE_FAILURE = "was said not to be done, and was"
STALE = "has not seen what Toggl has, after a refresh"
SPENT = "requests were sent although the quota was spent"


@dataclass
class Tenant:
    """A person with a token, a Toggl of their own, and clients whose names begin with theirs."""

    token: str
    sandbox: Sandbox

    @property
    def clients(self) -> dict[int, str]:
        """The names of this person's clients, as Toggl has them."""
        rows = self.sandbox.state.clients.values()
        return {row["id"]: row["name"] for row in rows if row["wid"] == HARBOUR_STUDIO}


@dataclass
class ReplicaRun:
    """A run with its violations, and how often each tool succeeded."""

    chance: random.Random
    clock: TickingClock
    server: Server
    tenants: list[Tenant]
    replicas: list[Web]
    violations: list[str] = field(default_factory=list[str])
    successes: Counter[str] = field(default_factory=Counter[str])
    steps: int = 0
    is_away: bool = False

    async def advance(self, steps: int) -> None:
        """Run so many steps: a call of one tenant at one replica each."""
        for number in range(self.steps, self.steps + steps):
            self.clock.now += self.chance.choice([1, 5, 30, 200])
            if not self.is_away and self.chance.random() < FLUSH_SHARE:
                self.server.execute("FLUSHALL")
            self._switch_server()
            tenant = self.chance.choice(self.tenants)
            if self.chance.random() < PERSON_SHARE:
                self._act_by_hand(tenant, number)
            await self._step(tenant, number)
        self.steps += steps

    def _switch_server(self) -> None:
        """End the store at times, and start it some steps later."""
        if self.is_away and self.chance.random() < RETURN_SHARE:
            self.server.start()
            self.is_away = False
        elif not self.is_away and self.chance.random() < OUTAGE_SHARE:
            self.server.stop()
            self.is_away = True

    def _act_by_hand(self, tenant: Tenant, number: int) -> None:
        tenant.sandbox.state.add_client(HARBOUR_STUDIO, f"{tenant.token} by hand {number}")

    async def _step(self, tenant: Tenant, number: int) -> None:
        before = tenant.clients
        calls, answers = len(tenant.sandbox.calls), len(tenant.sandbox.answers)
        match self.chance.randrange(5):
            case 0 | 1:
                await self._create(tenant, f"{tenant.token} {number}")
            case 2:
                await self._edit(tenant, self.chance.choice(list(before)), f"{tenant.token} edited {number}")
            case 3 if len(before) > 1:
                await self._delete(tenant, self.chance.choice(list(before)))
            case _:
                await self._list(tenant, is_fresh=self.chance.random() < 1 / 4)
        refused = [status for status in tenant.sandbox.answers[answers:] if status == 402]
        buckets = {call.bucket for call in tenant.sandbox.calls[calls:]}
        if len(refused) > len(buckets):
            self.violations.append(f"step {number}: {len(refused)} {SPENT}")

    async def _create(self, tenant: Tenant, name: str) -> None:
        code = await self._call(tenant, "create_client", {"name": name})
        count = [*tenant.clients.values()].count(name)
        self._judge(f"create {name}", code, is_done=count > 0)
        if count > 1:
            self.violations.append(f"{name} {DUPLICATE}")

    async def _edit(self, tenant: Tenant, client_id: int, name: str) -> None:
        code = await self._call(tenant, "edit_client", {"client": str(client_id), "name": name})
        self._judge(f"edit {name}", code, is_done=tenant.clients.get(client_id) == name)

    async def _delete(self, tenant: Tenant, client_id: int) -> None:
        code = await self._call(tenant, "delete_client", {"client": str(client_id)})
        self._judge(f"delete {client_id}", code, is_done=client_id not in tenant.clients)

    def _judge(self, subject: str, code: str | None, *, is_done: bool) -> None:
        """Compare what a caller was told with what Toggl has; an unknown outcome promises nothing."""
        if code is None and not is_done:
            self.violations.append(f"{subject} {FALSE_SUCCESS}")
        if code not in (None, "outcome_unknown") and is_done:
            self.violations.append(f"{subject} {FALSE_FAILURE}: {code}")

    async def _list(self, tenant: Tenant, *, is_fresh: bool) -> None:
        answer = await self._answer(tenant, "list_clients", {"refresh": is_fresh, "status": "both", "limit": 200})
        rows = cast("list[dict[str, Any]]", answer.get("clients", []))
        foreign = [row["name"] for row in rows if not str(row["name"]).startswith(tenant.token)]
        if foreign:
            self.violations.append(f"{tenant.token} {FOREIGN}: {foreign}")
        if is_fresh and "clients" in answer and {row["id"]: row["name"] for row in rows} != tenant.clients:
            self.violations.append(f"{tenant.token} {STALE}")

    async def _call(self, tenant: Tenant, tool: str, arguments: Mapping[str, object]) -> str | None:
        """Call a tool at some replica; return the code of its error, if it failed."""
        return cast("str | None", (await self._answer(tenant, tool, arguments)).get("code"))

    async def _answer(self, tenant: Tenant, tool: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        response = await self.chance.choice(self.replicas).call(tool, tenant.token, arguments)
        result = response.json()["result"]
        if result.get("isError"):
            return cast("dict[str, Any]", json.loads(result["content"][0]["text"]))
        self.successes[tool] += 1
        return cast("dict[str, Any]", result["structuredContent"])


class Accounts:
    """Toggl as many tenants see it: each token leads to a sandbox of its own, whose ids are those of the others."""

    def __init__(self, tenants: list[Tenant]) -> None:
        self._sandboxes = {_basic(tenant.token): tenant.sandbox for tenant in tenants}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the token's sandbox."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        sandbox = self._sandboxes[headers[b"authorization"]]
        headers[b"authorization"] = _basic(TOKEN)
        await sandbox({**scope, "headers": list(headers.items())}, receive, send)


@asynccontextmanager
async def open_replica_run(seed: int, server: Server, tenants: int = TENANTS) -> AsyncGenerator[ReplicaRun]:
    """Yield a run in which every random choice follows from the seed."""
    chance, clock = random.Random(seed), TickingClock()  # noqa: S311 - repeatable
    moment = clock.now
    people = [_make_tenant(number, chance, clock, moment) for number in range(tenants)]
    address = make_address(server)
    async with AsyncExitStack() as stack:
        replicas = [
            await stack.enter_async_context(
                serve(
                    Accounts(people),
                    clock,
                    store=RedisStore(address, clock=clock, decode_time=time_of(clock)),
                    token=None,
                    bring_your_own_token=True,
                )
            )
            for _ in range(REPLICAS)
        ]
        yield ReplicaRun(chance, clock, server, people, replicas)


def _make_tenant(number: int, chance: random.Random, clock: TickingClock, moment: float) -> Tenant:
    token = f"{number + 1:032x}"
    clock.now = moment  # Samples of the same moment are written once.
    sandbox = Sandbox(clock=clock, fault=FaultInjector(chance, "clients", share=0.3))
    for row in sandbox.state.clients.values():
        row["name"] = f"{token} {row['name']}"
    return Tenant(token, sandbox)


def _basic(token: str) -> bytes:
    return b"Basic " + base64.b64encode(f"{token}:api_token".encode())
