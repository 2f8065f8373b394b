"""Completions: names from the cache, days and periods; what they cost."""

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import Completion, PromptReference, ResourceTemplateReference

from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.features import MAX_COMPLETIONS
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

PROJECT = ResourceTemplateReference(uri="toggl://project/{id}")
DAY = ResourceTemplateReference(uri="toggl://day/{date}")
WEEK = ResourceTemplateReference(uri="toggl://week/{date}")
STATEMENT = PromptReference(name="client_statement")
CASES: list[tuple[PromptReference | ResourceTemplateReference, str, str, list[str]]] = [
    (STATEMENT, "client", "aroha", ["Aroha Bakery"]),
    (STATEMENT, "client", "CAFE m", ["Café Miró"]),
    (STATEMENT, "period", "last w", ["last week"]),
    (STATEMENT, "period", "2025-1", ["2025-10"]),
    (STATEMENT, "rounding", "up", []),
    (PROJECT, "id", "d'ete", ["Carte d'été"]),
    (PROJECT, "id", "sh", ["Shop sign", "Web shop"]),
    (DAY, "date", "2025-10-0", [f"2025-10-0{day}" for day in range(9, 0, -1)]),
    (DAY, "date", "tod", ["today"]),
    (WEEK, "date", "w4", ["2025-W41", "2025-W40"]),
    (WEEK, "date", "this", ["this_week"]),
]


async def complete(
    client: Client, ref: PromptReference | ResourceTemplateReference, name: str, part: str
) -> Completion:
    return (await client.complete(ref, {"name": name, "value": part})).completion


@each_era
async def test_complete_finds_names_days_and_periods_whatever_their_case_and_accents(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        for ref, name, part, values in CASES:
            completion = await complete(client, ref, name, part)

            assert (completion.values, completion.total, completion.has_more) == (values, len(values), False), part
    assert [call.path for call in sandbox.calls] == ["/me"]


async def test_complete_of_days_and_periods_costs_no_request(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        assert (await complete(client, DAY, "date", "")).values[:2] == ["today", "yesterday"]
        assert "last month" in (await complete(client, STATEMENT, "period", "")).values
    assert sandbox.calls == []


async def test_complete_has_archived_names_after_active_ones(sandbox: Sandbox, clock: Clock) -> None:
    rows = sandbox.state.clients.values()
    archived_names = {row["name"] for row in rows if row["archived"]}
    async with Client(serve(sandbox, clock)) as client:
        values = (await complete(client, STATEMENT, "client", "")).values

    assert {*values[-len(archived_names) :]} == archived_names
    assert len(values) == len({row["name"] for row in rows})


async def test_complete_has_a_name_that_was_just_created_without_another_request(
    sandbox: Sandbox, clock: Clock
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await Host(client).call("create_client", name="Lighthouse")
        count = len(sandbox.calls)
        completion = await complete(client, STATEMENT, "client", "lighth")

    assert completion.values == ["Lighthouse"]
    assert len(sandbox.calls) == count


async def test_complete_of_more_than_100_names_says_how_many_there_are(sandbox: Sandbox, clock: Clock) -> None:
    template = next(iter(sandbox.state.clients.values()))
    for number in range(150):
        key = 70_000_000 + number
        sandbox.state.clients[key] = {**template, "id": key, "name": f"Client {number:03}"}
    async with Client(serve(sandbox, clock)) as client:
        completion = await complete(client, STATEMENT, "client", "client ")

    assert len(completion.values) == MAX_COMPLETIONS
    assert (completion.total, completion.has_more) == (150, True)
    assert completion.values[0] == "Client 000"


async def test_complete_without_quota_has_the_names_that_were_read_last(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        former = await complete(client, STATEMENT, "client", "ar")
        clock.now += 3601
        sandbox.quota.spend(None)
        completion = await complete(client, STATEMENT, "client", "ar")
        nothing = await complete(client, STATEMENT, "client", "nobody")

    assert former.values == completion.values == ["Aroha Bakery", "Blue Gull Charters"]
    assert (nothing.values, nothing.total) == ([], 0)
    assert len(sandbox.calls) == 2


async def test_complete_without_quota_and_names_is_an_error(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.quota.spend(None)
    async with Client(serve(sandbox, clock)) as client:
        with pytest.raises(MCPError, match="quota resets in 3600 s") as failure:
            await complete(client, STATEMENT, "client", "ar")

    assert failure.value.code == -32603  # The protocol's, where the server could not look.
    assert failure.value.data["retry"] == "later"


@pytest.mark.parametrize(
    ("ref", "name", "text"),
    [
        (STATEMENT, "customer", "Arguments: client, period, rounding"),
        (PromptReference(name="statement"), "client", "Prompts: weekly_review"),
        (ResourceTemplateReference(uri="toggl://month/{date}"), "date", "Templates: toggl://day/{date}"),
        (PROJECT, "name", "Templates: toggl://day/{date}"),
    ],
)
async def test_complete_of_what_does_not_exist_says_what_does(
    sandbox: Sandbox, clock: Clock, ref: PromptReference | ResourceTemplateReference, name: str, text: str
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        with pytest.raises(MCPError, match=r"\w") as failure:
            await complete(client, ref, name, "")

    assert failure.value.code == -32602
    assert text in failure.value.message
