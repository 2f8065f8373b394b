"""A deletion waits for the person to confirm it, where the host has forms."""

from typing import Any

import pytest
from mcp import Client
from mcp.types import ElicitRequestParams, ElicitResult

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, list_changes
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = [pytest.mark.anyio, each_era]

AROHA = 64890301


class Person:
    """Answers every question alike, and remembers the questions."""

    def __init__(self, response: ElicitResult) -> None:
        self.response = response
        self.questions: list[str] = []

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:  # noqa: ANN401, ARG002 - the SDK's signature
        self.questions.append(params.message)
        return self.response


ACCEPTED = ElicitResult(action="accept", content={"delete": True})
NOT_ACCEPTED = [
    ElicitResult(action="decline"),
    ElicitResult(action="cancel"),
    ElicitResult(action="accept", content={"delete": False}),
    ElicitResult(action="accept", content={"DELETE": True}),
    ElicitResult(action="accept", content={"delete": "yes"}),
    ElicitResult(action="accept"),
]


async def test_delete_client_elicitation_accepted_deletes_the_client(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    person = Person(ACCEPTED)
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        await Host(client).call("delete_client", client=AROHA)

    assert AROHA not in sandbox.state.clients
    (question,) = person.questions
    assert "Aroha Bakery" in question
    assert str(AROHA) in question


@pytest.mark.parametrize(
    "response",
    NOT_ACCEPTED,
    ids=["decline", "cancel", "unchecked", "other field", "text for boolean", "no content"],
)
async def test_delete_client_elicitation_not_accepted_is_declined(
    sandbox: Sandbox, clock: Clock, era: Era, response: ElicitResult
) -> None:
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=Person(response)) as client:
        error = await Host(client).fail("delete_client", client=AROHA)

    assert error["code"] == "declined"
    assert AROHA in sandbox.state.clients
    assert not any(call.method == "DELETE" for call in sandbox.calls)


@pytest.mark.parametrize("arguments", [{"client_id": "x"}, {"client_id": 7}, {"client_id": AROHA, "workspace": 5}])
async def test_delete_client_invalid_target_skips_elicitation(
    sandbox: Sandbox, clock: Clock, era: Era, arguments: dict[str, object]
) -> None:
    person = Person(ACCEPTED)
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        error = await Host(client).fail("delete_client", **arguments)

    assert error["code"] in ("invalid_arguments", "not_found", "forbidden")
    assert person.questions == []


async def test_delete_client_lookup_failure_deletes_nothing(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    person = Person(ACCEPTED)
    sandbox.fault = lambda call: Fault("502 before") if call.method == "GET" else None
    server = serve(sandbox, clock, workspace_id=HARBOUR_STUDIO)
    async with Client(server, mode=era, elicitation_callback=person) as client:
        error = await Host(client).fail("delete_client", client=AROHA)

    assert error["code"] == "unreachable"
    assert AROHA in sandbox.state.clients


async def test_delete_client_elicitation_strips_invisible_characters(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Good\u202e\U000e0041 name")
    person = Person(NOT_ACCEPTED[0])
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        await Host(client).fail("delete_client", client=row["id"])

    assert "“Good name”" in person.questions[0]


async def test_edit_tag_merge_into_elicitation_not_accepted_changes_nothing(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    person = Person(ElicitResult(action="decline"))
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        error = await Host(client).fail("edit_tag", tag="design", merge_into="meeting")

    assert (error["code"], list_changes(sandbox)) == ("declined", [])
    assert "Replace the tag “design” by meeting" in person.questions[0]


async def test_edit_tag_rename_skips_elicitation(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    person = Person(ElicitResult(action="decline"))
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        result = await Host(client).call("edit_tag", tag="design", name="drawing")

    assert (result["tag"]["name"], person.questions) == ("drawing", [])


async def test_delete_time_entries_last_that_is_another_after_the_answer_is_not_deleted_unseen(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    class SlowPerson(Person):
        async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:  # noqa: ANN401 - the SDK's signature
            if not self.questions:
                clock.now += 60
                add_entry(sandbox, "2025-10-14T10:00", "2025-10-14T10:30", "From the phone")
            return await super().__call__(context, params)

    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T09:30", "On the screen")
    person = SlowPerson(ACCEPTED)
    async with Client(serve(sandbox, clock), mode=era, elicitation_callback=person) as client:
        result = await Host(client).raw("delete_time_entries", ids=["last"])

    # The older protocol asks once, the newer one again where the question is another.
    assert ["From the phone" in question for question in person.questions] == [False, True][: len(person.questions)]
    assert len(list_changes(sandbox)) == len(person.questions) - 1
    assert result.is_error == (len(person.questions) == 1)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("delete_client", {"client": AROHA}),
        ("delete_time_entries", {"ids": ["last"]}),
        ("delete_tag", {"tag": "design"}),
        ("edit_tag", {"tag": "design", "merge_into": "meeting"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_confirm_always_host_without_forms_is_declined(
    sandbox: Sandbox, clock: Clock, era: Era, tool: str, arguments: dict[str, object]
) -> None:
    async with Client(serve(sandbox, clock, confirm="always"), mode=era) as client:
        error = await Host(client).fail(tool, **arguments)

    assert (error["code"], error["retry"], list_changes(sandbox)) == ("declined", "no", [])
    assert "TOGGL_MCP_CONFIRM" in error["message"]


async def test_confirm_always_host_without_forms_does_what_asks_nothing(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with Client(serve(sandbox, clock, confirm="always"), mode=era) as client:
        host = Host(client)
        listed = await host.call("delete_time_entries", ids=["last"], dry_run=True)
        renamed = await host.call("edit_tag", tag="design", name="drawing")

    assert (bool(listed), renamed["tag"]["name"]) == (True, "drawing")


async def test_confirm_always_host_with_forms_asks_as_ever(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    person = Person(ACCEPTED)
    server = serve(sandbox, clock, confirm="always")
    async with Client(server, mode=era, elicitation_callback=person) as client:
        await Host(client).call("delete_client", client=AROHA)

    assert (AROHA in sandbox.state.clients, len(person.questions)) == (False, 1)
