"""The account, and the workspace that is meant when none is named."""

from collections.abc import AsyncGenerator

import anyio
import pytest

from tests.endpoints.support import AROHA, AUTH, Gate, fault_every, fault_in_turn
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import QuotaSpent, TogglError, Unreachable
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = pytest.mark.anyio

HOUR = 3600


@pytest.fixture
async def toggl(store: Store, sandbox: Sandbox) -> AsyncGenerator[Toggl]:
    instance = Toggl(AUTH, store, client=connect_in_process(sandbox))
    yield instance
    await instance.aclose()


async def test_me_costs_one_request_an_hour(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    me, read = await toggl.account.me()
    assert (me.name, me.timezone, me.default_workspace_id) == ("Marama Quayle", "Pacific/Auckland", HARBOUR_STUDIO)
    assert read.source == "toggl"
    clock.now += HOUR - 1
    assert (await toggl.account.me())[1].source == "cache"
    clock.now += 1
    assert (await toggl.account.me())[1].source == "toggl"
    assert [call.path for call in sandbox.calls] == ["/me", "/me"]


async def test_me_cached_account_holds_no_secret(toggl: Toggl, sandbox: Sandbox, store: Store) -> None:
    me, _ = await toggl.account.me()
    spaces = (await toggl.account.workspaces()).collection.items.values()
    text = me.model_dump_json() + "".join(space.model_dump_json() for space in spaces)
    assert "Night School" in text
    for secret in (sandbox.state.me["api_token"], sandbox.state.me["toggl_accounts_id"], "5ec4e75", "ical", "@"):
        assert secret not in text
    assert toggl.timestamp() == store.clock()


async def test_me_answered_after_a_later_request_leaves_the_later_answer_cached(
    toggl: Toggl, store: Store, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    second_process, gate = Toggl(AUTH, store, client=connection), Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(toggl.account.me)
        await gate.reached.wait()
        clock.now += 1
        sandbox.state.me["fullname"] = "Marama Ngata"
        await second_process.account.names()
        gate.open.set()
    assert [(await process.account.me())[0].name for process in (toggl, second_process)] == ["Marama Ngata"] * 2
    assert len(sandbox.calls) == 2


async def test_workspaces_plan_follows_premium_fields(toggl: Toggl) -> None:
    spaces = (await toggl.account.workspaces()).collection.items
    assert {key: space.plan for key, space in spaces.items()} == {HARBOUR_STUDIO: "premium", NIGHT_SCHOOL: "free"}


async def test_toggl_creates_each_endpoint_once(toggl: Toggl) -> None:
    assert toggl.clients(HARBOUR_STUDIO) is toggl.clients(HARBOUR_STUDIO)
    assert await toggl.clients(HARBOUR_STUDIO).get(AROHA) is not None


async def test_me_unreachable_returns_the_stale_account(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    await toggl.account.workspaces()
    clock.now += HOUR - 100
    sandbox.fault = fault_every("GET", Fault("402", resets_in=600))
    with pytest.raises(QuotaSpent):
        await toggl.account.me(refresh=True)
    for age, source in ((0, "cache"), (200, "stale")):
        clock.now += age
        read = await toggl.account.workspaces()
        assert (len(read.collection.items), read.source) == (2, source)


@pytest.mark.parametrize("body", ["<html>", "", "7", '"text"', "{}", '{"id":"x"}', "[7]", "true"])
async def test_me_unreadable_response_is_unreachable(
    memory: MemoryStore, connection: AsyncClient, sandbox: Sandbox, body: str
) -> None:
    toggl = Toggl(AUTH, memory, client=connection)
    sandbox.fault = fault_every("GET", Fault("garbage before", body=body))
    failures: list[TogglError] = []
    for question in (toggl.account.me(), toggl.account.workspaces()):
        with pytest.raises(Unreachable) as failed:
            await question
        failures.append(failed.value)
    assert all("look for a newer version" in str(error) or "no usable response" in str(error) for error in failures)
