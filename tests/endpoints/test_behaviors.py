"""Whatever is unknown about Toggl, every verb works: all of them at each setting of each switch."""

import dataclasses
from typing import Any, get_args, get_type_hints

import pytest

from tests.endpoints.support import AUTH, FOREIGN_CLIENT, cached_fields, names, toggl_fields
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import DuplicateName, Forbidden, InvalidArguments, PlanRequired, QuotaSpent
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio


def settings() -> list[dict[str, Any]]:
    hints = get_type_hints(Behaviors)
    values = {name: get_args(hint) or ((False, True) if hint is bool else (50, 255)) for name, hint in hints.items()}
    return [{name: value} for name, options in values.items() for value in options]


@pytest.fixture(params=settings(), ids=str)
def switched(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox:
    sandbox.behaviors = dataclasses.replace(Behaviors(), **request.param)
    return sandbox


async def test_behaviors_client_verbs_work_at_each_setting(
    in_memory: AsyncClientEndpoint, switched: Sandbox, clock: Clock
) -> None:
    new = await in_memory.add(ClientBody(name="Lighthouse"))
    client = await in_memory.edit(new, ClientBody(notes="No name is sent"))
    assert client is not None
    assert (client.name, client.notes) == ("Lighthouse", "No name is sent")
    assert await in_memory.archive(new) == []
    assert names(await in_memory.collect(ClientBody(name="light", status="archived"))) == [
        "Dockside Light & Power",
        "Lighthouse",
    ]
    assert (await in_memory.restore(new)).archived is False
    assert cached_fields(await in_memory.load_cache()) == toggl_fields(switched)
    await in_memory.delete(new)
    assert await in_memory.get(new) is None
    for client_id in toggl_fields(switched):
        await in_memory.delete(client_id)
    clock.now += 3600
    assert await in_memory.collect(ClientBody(status="both")) == []


async def test_behaviors_refusals_raise_their_errors_at_each_setting(
    memory: MemoryStore, connection: AsyncClient, in_memory: AsyncClientEndpoint, switched: Sandbox
) -> None:
    with pytest.raises(DuplicateName):
        await in_memory.add(ClientBody(name="Aroha Bakery"))
    with pytest.raises(Forbidden):
        await AsyncClientEndpoint(5, AUTH, memory, client=connection).collect()
    school = AsyncClientEndpoint(NIGHT_SCHOOL, AUTH, memory, client=connection)
    with pytest.raises(PlanRequired if switched.behaviors.archive_on_free_status == 402 else Forbidden):
        await school.archive(FOREIGN_CLIENT)
    switched.quota.spend(NIGHT_SCHOOL)
    with pytest.raises(QuotaSpent) as error:
        await school.edit(FOREIGN_CLIENT, ClientBody(notes="New"))
    assert error.value.resets_in_seconds == 3600


@pytest.mark.parametrize("ignores_case", [False, True])
async def test_behaviors_case_of_duplicate_name_is_decided_by_toggl(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, *, ignores_case: bool
) -> None:
    sandbox.behaviors = Behaviors(duplicate_ignores_case=ignores_case)
    if ignores_case:
        with pytest.raises(DuplicateName):
            await in_memory.add(ClientBody(name="AROHA BAKERY"))
    else:
        assert (await in_memory.add(ClientBody(name="AROHA BAKERY"))).name == "AROHA BAKERY"


@pytest.mark.parametrize("longest", [50, 255])
async def test_behaviors_length_of_name_is_decided_by_toggl(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, longest: int
) -> None:
    sandbox.behaviors = Behaviors(max_client_name=longest)
    assert (await in_memory.add(ClientBody(name="x" * longest))).name == "x" * longest
    if longest == 50:
        with pytest.raises(InvalidArguments, match="too long"):
            await in_memory.add(ClientBody(name="y" * 51))


@pytest.mark.parametrize("everything", [False, True])
async def test_behaviors_restore_client_ignores_the_default_of_toggl(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, *, everything: bool
) -> None:
    sandbox.behaviors = Behaviors(restore_all_by_default=everything)
    await in_memory.restore(64_890_306)
    assert sandbox.state.projects[201_500_305]["active"] is False
    await in_memory.archive(64_890_306)
    await in_memory.restore(64_890_306, restore_projects=True)
    assert sandbox.state.projects[201_500_305]["active"] is True
    assert toggl_fields(sandbox, HARBOUR_STUDIO)[64_890_306][2] is False
