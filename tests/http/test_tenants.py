"""Callers with accounts of their own in one process: none sees, changes, undoes or slows down what is another's."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from tests.chaos.faults import TickingClock
from tests.chaos.scale import scaled
from tests.chaos.tokens import WORKSPACES, Accounts
from tests.endpoints.support import Gate, fault_every, fault_in_turn
from tests.http.support import Web, serve
from tests.sandbox.clock import Clock
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.http import accounts as pool_module
from toggl_mcp.http.accounts import MAX_ACCOUNTS, MAX_IDLE_SECONDS, AccountPool
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault

pytestmark = pytest.mark.anyio

TOKENS = tuple(f"{number:032x}" for number in range(0xA0, 0xA0 + 50))
TROUBLED = TOKENS[:10]
"""Tokens whose requests to Toggl go wrong now and then."""
FAULTS = (Fault("402"), Fault("429", retry_after=60), Fault("500 before"), Fault("lost before"), Fault("refused"))
CODES_OF_FAULTS = {"quota_spent", "rate_limited", "unreachable", "outcome_unknown"}
MAX_SMALL_ACCOUNTS, MAX_SMALL_UNPROVEN_ACCOUNTS = 4, 2
TOKEN = re.compile(r"[0-9a-f]{32}")


async def call(web: Web, tool: str, token: str, headers: Mapping[str, str] | None = None, **arguments: object) -> Any:  # noqa: ANN401 - JSON
    """Call a tool and return its data, or that of its error."""
    response = await web.call(tool, token, arguments, **(headers or {}))
    assert response.status_code == 200, response.text
    text = response.json()["result"]["content"][0]["text"]
    return json.loads(text) if text.startswith("{") else {"code": "no_tool", "message": text}


@dataclass
class Tenants:
    """A random run of tenants: what each may continue or undo, and what they got that is not theirs."""

    web: Web
    accounts: Accounts
    chance: random.Random
    change_ids: dict[str, str] = field(default_factory=dict[str, str])
    cursors: dict[str, str] = field(default_factory=dict[str, str])
    foreign: list[str] = field(default_factory=list[str])
    calls: int = 0

    async def advance(self, number: int) -> None:
        """Let one tenant call one tool, with restrictions or without."""
        token, other = self.chance.sample(TOKENS, 2)
        workspace = self.chance.choice(WORKSPACES)
        headers = {"X_Toggl_MCP_Workspace": str(workspace)}
        is_read_only = self.chance.random() < 0.2
        if is_read_only:
            headers["X_Toggl_MCP_Read_Only"] = "true"
        if self.chance.random() < 0.2:
            headers["X_Toggl_MCP_Toolsets"] = self.chance.choice(["clients", "clients,tags"])
        writes = self.count_writes(token)
        match self.chance.randrange(6):
            case 0:
                result = await self.call(token, "create_client", headers, name=f"Client {number}", notes=token)
                self.change_ids[token] = result.get("change_id", self.change_ids.get(token, ""))
            case 1:
                result = await self.call(token, "edit_client", headers, client=64890301, name=f"Name {number}")
                self.change_ids[token] = result.get("change_id", self.change_ids.get(token, ""))
            case 2:
                result = await self.call(token, "list_clients", headers, limit=2, refresh=self.chance.random() < 0.5)
                self.cursors[token] = result.get("next_cursor", "")
            case 3 if self.cursors.get(other):
                await self.call(token, "list_clients", headers, limit=2, cursor=self.cursors[other])
            case 4 if self.change_ids.get(other):
                result = await self.call(token, "undo", headers, change=self.change_ids[other])
                assert "code" in result, result
                assert writes == self.count_writes(token)
            case _ if self.change_ids.get(token):
                await self.call(token, "undo", headers, change=self.change_ids.pop(token))
            case _:
                await self.call(token, "get_client", headers, client=64890301)
        assert not is_read_only or writes == self.count_writes(token)

    async def call(self, token: str, tool: str, headers: Mapping[str, str], **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Call a tool, and look whether the result is the tenant's own."""
        result = await call(self.web, tool, token, headers, **arguments)
        self.calls += 1
        self.foreign += [text for text in TOKEN.findall(json.dumps(result)) if text in TOKENS and text != token]
        assert token in TROUBLED or result.get("code") not in CODES_OF_FAULTS, result
        assert token in TROUBLED or result.get("source") != "stale", result
        return result

    def count_writes(self, token: str) -> int:
        """Return how many changes Toggl got from a tenant."""
        return sum(call.method != "GET" for call in self.accounts.sandboxes[token].calls)


@pytest.mark.parametrize("seed", [1, 2])
async def test_tenants_of_one_process_never_get_what_is_anothers(seed: int) -> None:
    clock, chance = TickingClock(), random.Random(seed)  # noqa: S311 - repeatable
    accounts, steps = Accounts(clock, TOKENS), scaled(100, 10_000)
    for token in TROUBLED:
        accounts.sandboxes[token].fault = lambda _: chance.choice(FAULTS) if chance.random() < 0.3 else None
    async with serve(accounts, clock, bring_your_own_token=True, token=None) as web:
        tenants = Tenants(web, accounts, chance)
        for number in range(steps):
            clock.now += chance.choice([1, 1, 30, 300, 4000])
            await tenants.advance(number)

    assert tenants.foreign == []
    assert tenants.calls == steps
    for token, sandbox in accounts.sandboxes.items():
        assert {row["notes"] for row in sandbox.state.clients.values()} == {token}


async def test_undo_in_a_request_for_another_workspace_undoes_the_callers_change(clock: TickingClock) -> None:
    accounts = Accounts(clock, TOKENS[:1])
    async with serve(accounts, clock, bring_your_own_token=True, token=None) as web:
        change = await call(web, "create_client", TOKENS[0], {"X_Toggl_MCP_Workspace": str(HARBOUR_STUDIO)}, name="Z")
        undone = await call(
            web,
            "undo",
            TOKENS[0],
            {"X_Toggl_MCP_Workspace": str(NIGHT_SCHOOL)},
            change=change["change_id"],
        )

    assert undone["undone_change_id"] == change["change_id"]


async def test_caller_who_names_many_workspaces_closes_no_account_of_another(clock: TickingClock) -> None:
    accounts = Accounts(clock, TOKENS[:2])
    async with serve(accounts, clock, bring_your_own_token=True, token=None) as web:
        change = await call(web, "create_client", TOKENS[0], name="Z")
        for number in range(MAX_ACCOUNTS):
            await call(web, "undo", TOKENS[1], {"X_Toggl_MCP_Workspace": f"{number + 1}"}, dry_run=True)
        undone = await call(web, "undo", TOKENS[0], change=change["change_id"])

    assert undone["undone_change_id"] == change["change_id"]


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MAX_ACCOUNTS", MAX_SMALL_ACCOUNTS)
    monkeypatch.setattr(pool_module, "MAX_UNPROVEN_ACCOUNTS", MAX_SMALL_UNPROVEN_ACCOUNTS)


@pytest.mark.usefixtures("small_pool")
async def test_invented_tokens_close_no_account_of_a_caller(clock: TickingClock) -> None:
    accounts = Accounts(clock, TOKENS[:1])
    async with serve(accounts, clock, bring_your_own_token=True, token=None) as web:
        change = await call(web, "create_client", TOKENS[0], name="Z")
        for number in range(MAX_SMALL_ACCOUNTS + 1):
            refusal = await call(web, "get_account", f"{number + 0x1000:032x}")
            assert refusal["code"] == "bad_token"
        undone = await call(web, "undo", TOKENS[0], change=change["change_id"])

    assert undone["undone_change_id"] == change["change_id"]


async def test_quota_that_one_caller_spent_is_spent_in_every_workspace_of_it_and_for_nobody_else(
    clock: TickingClock,
) -> None:
    accounts = Accounts(clock, TOKENS[:2])
    spent = accounts.sandboxes[TOKENS[0]]
    async with serve(accounts, clock, bring_your_own_token=True, token=None) as web:
        spent.fault = fault_every("GET", Fault("402"))
        first = await call(web, "list_clients", TOKENS[0], {"X_Toggl_MCP_Workspace": str(NIGHT_SCHOOL)})
        requests = len(spent.calls)
        second = await call(web, "list_clients", TOKENS[0], workspace=NIGHT_SCHOOL)
        other = await call(web, "list_clients", TOKENS[1])

    assert (first["code"], second["code"], len(spent.calls)) == ("quota_spent", "quota_spent", requests)
    assert other["source"] == "toggl"


async def test_caller_whose_calls_are_slow_takes_no_place_of_another(clock: TickingClock) -> None:
    accounts, gate, statuses = Accounts(clock, TOKENS[:2]), Gate(), list[int]()
    accounts.sandboxes[TOKENS[0]].fault = fault_in_turn("GET", gate.fault)
    async with (
        serve(accounts, clock, bring_your_own_token=True, token=None, max_calls=8) as web,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(web.call, "list_clients", TOKENS[0])
        await gate.reached.wait()
        tasks.start_soon(web.call, "list_clients", TOKENS[0])
        await anyio.wait_all_tasks_blocked()
        statuses += [(await web.call("list_clients", token)).status_code for token in TOKENS[:2]]
        gate.open.set()

    assert statuses == [503, 200]


@pytest.mark.usefixtures("small_pool")
async def test_account_pool_stays_bounded_and_closes_what_is_idle() -> None:
    clock, size = Clock(), MAX_SMALL_ACCOUNTS + MAX_SMALL_UNPROVEN_ACCOUNTS
    callers, strangers = TOKENS[: MAX_SMALL_ACCOUNTS + 2], [f"{number:032x}" for number in range(5)]
    remaining = iter([*callers, *strangers, strangers[-1], callers[-1], callers[-1]])
    toggl = connect_in_process(Accounts(TickingClock(), callers))
    pool = AccountPool(lambda: next(remaining), toggl, MemoryStore(clock=clock), clock=clock)
    for _ in callers:
        await pool.open().account.me()
    accounts = [pool.open() for _ in strangers]

    assert pool.size == size
    assert pool.open() is accounts[-1]
    clock.now += MAX_IDLE_SECONDS
    pool.open()
    assert pool.size == size
    clock.now += 1
    pool.open()
    assert pool.size == 1
    await pool.aclose()
    assert pool.size == 0


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()
