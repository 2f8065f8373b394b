"""The hourly quotas, the requests reserved for changes, and the pace."""

from pathlib import Path

import anyio
import pytest

from tests.api.support import serve_response
from tests.endpoints.support import AROHA, AUTH, fault_every, fault_in_turn, list_methods
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import OutcomeUnknown, QuotaSpent, TogglError
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.quota import Bucket
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def toggl(memory: MemoryStore, connection: AsyncClient) -> Toggl:
    return Toggl(AUTH, memory, client=connection)


async def test_quota_is_charged_to_user_or_organization(toggl: Toggl, clock: Clock) -> None:
    await toggl.clients(NIGHT_SCHOOL).collect()
    assert await toggl.list_quotas() == [Bucket(f"workspace:{NIGHT_SCHOOL}", 29, clock.now + 3600)]
    await toggl.account.me()
    await toggl.account.workspaces()
    await toggl.clients(NIGHT_SCHOOL).collect(refresh=True)
    remaining = {bucket.name: bucket.remaining for bucket in await toggl.list_quotas()}
    assert remaining == {"user": 29, "organization:3901002": 28}
    assert await toggl.get_quota(NIGHT_SCHOOL) == Bucket("organization:3901002", 28, clock.now + 3600)


async def test_quota_of_a_past_hour_is_unknown(toggl: Toggl, clock: Clock) -> None:
    await toggl.clients(NIGHT_SCHOOL).collect()
    clock.now += 3599
    assert await toggl.get_quota(NIGHT_SCHOOL) is not None
    clock.now += 1
    assert await toggl.get_quota(NIGHT_SCHOOL) is None
    assert await toggl.list_quotas() == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Toggl-Quota-Remaining": "3"},
        {"X-Toggl-Quota-Resets-In": "3"},
        {"X-Toggl-Quota-Remaining": "many", "X-Toggl-Quota-Resets-In": "60"},
        {"X-Toggl-Quota-Remaining": "3", "X-Toggl-Quota-Resets-In": "soon"},
        {"X-Toggl-Quota-Remaining": "3", "X-Toggl-Quota-Resets-In": "-1"},
        {"X-Toggl-Quota-Remaining": "3", "X-Toggl-Quota-Resets-In": "nan"},
        {"X-Toggl-Quota-Remaining": "3", "X-Toggl-Quota-Resets-In": "²"},
    ],
)
async def test_quota_without_headers_is_unknown(headers: dict[str, str]) -> None:
    async with serve_response("null", headers=headers) as toggl:
        assert await toggl.clients(HARBOUR_STUDIO).collect() == []
        assert await toggl.list_quotas() == []


@pytest.mark.parametrize("seconds", ["3601", "9" * 400, "9" * 5000])
async def test_quota_resets_within_an_hour(clock: Clock, seconds: str) -> None:
    headers = {"X-Toggl-Quota-Remaining": "9" * 5000, "X-Toggl-Quota-Resets-In": seconds}
    async with serve_response("null", headers=headers, clock=clock) as toggl:
        await toggl.clients(HARBOUR_STUDIO).collect()
        assert await toggl.list_quotas() == [Bucket(f"workspace:{HARBOUR_STUDIO}", 999_999_999, clock.now + 3600)]


async def test_quota_spent_by_a_clock_that_was_ahead_is_unknown(toggl: Toggl, sandbox: Sandbox, clock: Clock) -> None:
    clock.now += 36_000
    sandbox.quota.spend(NIGHT_SCHOOL)
    with pytest.raises(QuotaSpent):
        await toggl.clients(NIGHT_SCHOOL).collect()
    clock.now -= 36_000
    assert await toggl.list_quotas() == []
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=9)
    assert len(await toggl.clients(NIGHT_SCHOOL).collect()) == 3


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ("You have hit your hourly limit for API calls. Your quota will reset in 133 seconds.", {}, 133),
        ('"You have hit your hourly limit for API calls. Your quota will reset in 133 seconds."', {}, 133),
        ("You have hit your hourly limit for API calls. Your quota will reset in 99999 seconds.", {}, 3600),
        ("You have hit your hourly limit for API calls.", {"X-Toggl-Quota-Resets-In": "99999"}, 3600),
        ("You have hit your hourly limit for API calls.", {}, 3600),
        ("You have hit your hourly limit for API calls.", {"X-Toggl-Quota-Resets-In": "77"}, 77),
        ("Payment required", {"X-Toggl-Quota-Remaining": "0", "X-Toggl-Quota-Resets-In": "55"}, 55),
        ("", {"X-Toggl-Quota-Remaining": "-1", "X-Toggl-Quota-Resets-In": "soon"}, 3600),
    ],
)
async def test_quota_spent_is_read_from_text_or_headers_until_reset(
    clock: Clock, body: str, headers: dict[str, str], seconds: int
) -> None:
    async with serve_response(body, 402, headers, clock) as toggl:
        for ago in (0, 1, seconds - 1):
            clock.now += 0 if ago == 0 else ago - (0 if ago == 1 else 1)
            with pytest.raises(QuotaSpent) as caught:
                await toggl.clients(HARBOUR_STUDIO).collect()
            assert caught.value.resets_in_seconds == seconds - ago
        assert (await toggl.list_quotas())[0].remaining == 0
        clock.now += 1
        assert await toggl.list_quotas() == []


async def test_quota_is_not_changed_by_402_about_the_plan(toggl: Toggl, sandbox: Sandbox) -> None:
    clients = toggl.clients(NIGHT_SCHOOL)
    with pytest.raises(TogglError, match="plan"):
        await clients.archive(64_890_401)
    assert len(await clients.collect()) == 3
    assert sandbox.answers == [402, 200]


async def test_quota_reserve_is_for_changes_and_their_reads(toggl: Toggl, sandbox: Sandbox) -> None:
    clients = toggl.clients(NIGHT_SCHOOL)
    await clients.collect()
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=4)
    await clients.collect(refresh=True)
    with pytest.raises(QuotaSpent, match="kept for changes"):
        await clients.collect(refresh=True)
    sandbox.fault = fault_every("POST", Fault("lost after"))
    assert (await clients.add(ClientBody(name="Lighthouse"))).name == "Lighthouse"
    sandbox.fault = None
    await clients.delete(64_890_402)
    with pytest.raises(QuotaSpent, match="used up;"):
        await clients.delete(64_890_401)
    assert list_methods(sandbox) == ["GET", "GET", "POST", "GET", "DELETE"]


async def test_quota_reserve_is_used_by_the_list_before_a_create(toggl: Toggl, sandbox: Sandbox) -> None:
    clients = toggl.clients(NIGHT_SCHOOL)
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=4)
    await clients.delete(64_890_401)
    with pytest.raises(QuotaSpent):
        await clients.collect()
    assert (await clients.add(ClientBody(name="Lighthouse"))).name == "Lighthouse"
    assert list_methods(sandbox) == ["DELETE", "GET", "POST"]


async def test_quota_spent_after_an_unreadable_response_to_a_change_is_recorded(toggl: Toggl, sandbox: Sandbox) -> None:
    clients = toggl.clients(HARBOUR_STUDIO)
    await clients.collect()
    sandbox.fault = fault_in_turn("PUT", Fault("cut"), Fault("402"))
    with pytest.raises(OutcomeUnknown):
        await clients.edit(AROHA, ClientBody(notes="New"))
    sandbox.fault = None
    with pytest.raises(QuotaSpent):
        await clients.collect(refresh=True)
    assert list_methods(sandbox) == ["GET", "GET", "PUT", "PUT"]


async def test_quota_spent_by_a_creation_without_confirmation_is_recorded_before_it_is_looked_for(
    toggl: Toggl, sandbox: Sandbox
) -> None:
    clients = toggl.clients(HARBOUR_STUDIO)
    await clients.collect()
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=1)
    sandbox.fault = fault_every("POST", Fault("garbage after", body="{}"))
    with pytest.raises(OutcomeUnknown):
        await clients.add(ClientBody(name="Lighthouse"))
    assert list_methods(sandbox) == ["GET", "POST"]
    assert [bucket.remaining for bucket in await toggl.list_quotas()] == [0]


@pytest.mark.parametrize("verb", ["add", "archive", "restore"])
async def test_quota_after_a_change_without_confirmation_is_that_of_the_read_after_it(
    toggl: Toggl, sandbox: Sandbox, verb: str
) -> None:
    clients = toggl.clients(HARBOUR_STUDIO)
    await clients.collect()
    sandbox.fault = fault_every("POST", Fault("garbage after", body="{}"))
    await (clients.add(ClientBody(name="Lighthouse")) if verb == "add" else getattr(clients, verb)(AROHA))
    assert list_methods(sandbox) == ["GET", "POST", "GET"]
    assert [bucket.remaining for bucket in await toggl.list_quotas()] == [sandbox.quota.remaining(HARBOUR_STUDIO)]


async def test_quota_of_the_user_has_no_reserve(toggl: Toggl, sandbox: Sandbox) -> None:
    sandbox.quota.spend(None, remaining=3)
    for _ in range(3):
        await toggl.account.me(refresh=True)
    with pytest.raises(QuotaSpent):
        await toggl.account.me(refresh=True)
    assert len(sandbox.calls) == 3


async def change_clients(toggl: Toggl, clock: Clock, count: int) -> float:
    """Send so many changes, one after the other, and return the seconds that they took."""
    start = clock.now
    for _ in range(count):
        await toggl.clients(HARBOUR_STUDIO).archive(AROHA)
    return clock.now - start


@pytest.mark.parametrize(("burst", "seconds", "throttled_count"), [(27, 8, 0), (17, 8, 0), (5, 24, 1), (1, 28.8, 1)])
async def test_changes_begin_in_a_burst_and_are_throttled_once(
    toggl: Toggl, sandbox: Sandbox, clock: Clock, burst: int, seconds: float, throttled_count: int
) -> None:
    sandbox.behaviors = Behaviors(burst=burst)
    assert await change_clients(toggl, clock, 25) == pytest.approx(seconds)
    assert sandbox.answers.count(429) == throttled_count


@pytest.mark.parametrize("burst", [27, 1])
async def test_concurrent_changes_all_succeed_at_any_burst(
    toggl: Toggl, sandbox: Sandbox, clock: Clock, burst: int
) -> None:
    sandbox.behaviors = Behaviors(burst=burst)
    async with anyio.create_task_group() as tasks:
        for _ in range(25):
            tasks.start_soon(change_clients, toggl, clock, 1)
    assert sandbox.answers.count(200) == 25


async def test_creations_after_a_429_are_each_made_once(toggl: Toggl, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(burst=1)
    for number in range(5):
        await toggl.clients(HARBOUR_STUDIO).add(ClientBody(name=f"Lighthouse {number}"))
    rows = [row["name"] for row in sandbox.state.clients.values() if row["name"].startswith("Lighthouse")]
    assert rows == [f"Lighthouse {number}" for number in range(5)]


async def test_throttling_is_shared_between_processes_and_forgotten_after_ten_minutes(
    tmp_path: Path, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.behaviors = Behaviors(burst=1)
    file = tmp_path / "cache.sqlite"
    toggls = [Toggl(AUTH, SqliteStore(file, clock=clock), client=connect_in_process(sandbox)) for _ in range(2)]
    await change_clients(toggls[0], clock, 2)
    assert sandbox.answers.count(429) == 1
    await change_clients(toggls[1], clock, 3)
    assert sandbox.answers.count(429) == 1
    sandbox.behaviors = Behaviors()
    clock.now += 600
    assert await change_clients(toggls[1], clock, 17) == 0
    for toggl in toggls:
        await toggl.aclose()
