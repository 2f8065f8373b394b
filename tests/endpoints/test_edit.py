"""Changes to clients."""

import json
import logging

import pytest

from tests.endpoints.support import AROHA, ELSEWHERE, GULL, MISSING, as_known, asked, at_toggl, in_turn, then
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import DuplicateName, NotFound
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (ClientBody(name="Aroha Bakehouse"), {"name": "Aroha Bakehouse"}),
        (ClientBody(notes="New"), {"notes": "New"}),
        (ClientBody(notes="", external_reference=""), {"notes": "", "external_reference": ""}),
    ],
)
async def test_a_change_sends_what_was_given_and_is_known_at_once(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock, body: ClientBody, sent: dict[str, str]
) -> None:
    await clients.collect()
    clock.now += 60
    changed = await clients.edit(AROHA, body)
    assert asked(sandbox) == ["GET", "PUT"]
    assert json.loads(sandbox.calls[-1].body) == sent
    assert changed == await clients.get(AROHA)
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)


@pytest.mark.parametrize("body", [ClientBody(), ClientBody(status="archived")])
async def test_a_change_that_says_nothing_is_not_sent(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox, body: ClientBody
) -> None:
    assert await clients.edit(AROHA, body) == await clients.get(AROHA)
    assert await clients.edit(MISSING, body) is None
    with pytest.raises(NotFound):
        await strict.edit(MISSING, body)
    assert asked(sandbox) == ["GET"]


async def test_an_empty_text_clears_and_what_is_left_out_stays(clients: AsyncClientEndpoint) -> None:
    changed = await clients.edit(AROHA, ClientBody(notes=""))
    assert changed is not None
    assert (changed.notes, changed.external_reference) == (None, "CRM-1001")


async def test_a_client_is_edited_by_itself(clients: AsyncClientEndpoint) -> None:
    client = await clients.get(AROHA)
    assert client is not None
    changed = await clients.edit(client, ClientBody(name="Aroha Bakehouse"))
    assert changed is not None
    assert (client.name, changed.name) == ("Aroha Bakery", "Aroha Bakehouse")


async def test_a_status_is_left_out_with_a_warning_and_the_body_stays_whole(
    clients: AsyncClientEndpoint, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    body = ClientBody(name="Aroha Bakehouse", status="archived")
    with caplog.at_level(logging.WARNING):
        changed = await clients.edit(AROHA, body)
    assert changed is not None
    assert changed.archived is False
    assert "archive()" in caplog.text
    assert body.status == "archived"
    assert json.loads(sandbox.calls[-1].body) == {"name": "Aroha Bakehouse"}


@pytest.mark.parametrize("client_id", [MISSING, ELSEWHERE])
async def test_a_client_that_does_not_exist_is_none(
    clients: AsyncClientEndpoint, sandbox: Sandbox, client_id: int
) -> None:
    assert await clients.edit(client_id, ClientBody(name="New")) is None
    assert asked(sandbox) == ["PUT"]


async def test_a_client_that_was_deleted_elsewhere_is_known_to_be_gone(
    clients: AsyncClientEndpoint, strict: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    for client_id in (AROHA, GULL):
        sandbox.state.remove_client(client_id)
    assert await clients.edit(AROHA, ClientBody(name="New")) is None
    with pytest.raises(NotFound):
        await strict.edit(GULL, ClientBody(name="New"))
    assert asked(sandbox) == ["GET", "PUT", "PUT"]
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)


async def test_a_name_that_is_taken_is_refused(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    before = at_toggl(sandbox)
    with pytest.raises(DuplicateName):
        await clients.edit(AROHA, ClientBody(name="Café Miró"))
    assert at_toggl(sandbox) == before


async def test_a_toggl_that_insists_on_a_name_is_sent_the_one_it_has_itself(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.behaviors = Behaviors(put_requires_name=True)
    await clients.collect()
    sandbox.state.rename_client(AROHA, "Renamed by somebody")
    changed = await clients.edit(AROHA, ClientBody(notes="New"))
    assert changed is not None
    assert (changed.name, changed.notes) == ("Renamed by somebody", "New")
    assert asked(sandbox) == ["GET", "PUT", "GET", "PUT"]
    assert json.loads(sandbox.calls[-1].body) == {"name": "Renamed by somebody", "notes": "New"}


async def test_a_name_that_was_given_is_not_asked_for(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(put_requires_name=True)
    assert await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    assert asked(sandbox) == ["PUT"]


async def test_a_client_that_goes_while_its_name_is_asked_for_is_none_and_known_to_be_gone(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.behaviors = Behaviors(put_requires_name=True)
    await clients.collect()
    sandbox.fault = in_turn("PUT", then(Fault("slow"), lambda: sandbox.state.remove_client(AROHA)))
    assert await clients.edit(AROHA, ClientBody(notes="New")) is None
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)


async def test_a_client_that_goes_while_its_name_is_asked_for_is_an_error_on_request(
    strict: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.behaviors = Behaviors(put_requires_name=True)
    sandbox.fault = in_turn("PUT", then(Fault("slow"), lambda: sandbox.state.remove_client(AROHA)))
    with pytest.raises(NotFound):
        await strict.edit(AROHA, ClientBody(notes="New"))
