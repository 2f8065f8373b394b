"""Whether a host can ask the person is told by what it says of itself; forms are meant where it names no kind."""

import pytest

from tests.process.server import LEGACY, MODERN, Process

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
SAID: list[tuple[object, bool]] = [
    ({}, True),
    ({"form": {}}, True),
    ({"form": {}, "url": {}}, True),
    ({"url": {}}, False),
]


def deletion(client_id: int) -> dict[str, object]:
    return {"name": "delete_client", "arguments": {"client_id": client_id}}


def test_a_host_of_today_is_asked_if_it_shows_forms() -> None:
    kinds: list[str] = []
    with Process("--sandbox") as server:
        for elicitation, _ in SAID:
            meta = {**MODERN, CAPABILITIES: {"elicitation": elicitation}}
            kinds.append(server.ask("tools/call", {**deletion(64890301), "_meta": meta})["result"]["resultType"])
        unable = server.ask("tools/call", {**deletion(64890302), "_meta": MODERN})["result"]

    assert kinds == ["input_required" if asks else "complete" for _, asks in SAID]
    assert (unable["resultType"], unable["isError"]) == ("complete", False)


@pytest.mark.parametrize(("elicitation", "asks"), SAID[::3], ids=str)
def test_a_host_of_before_is_asked_if_it_shows_forms(elicitation: object, *, asks: bool) -> None:
    with Process("--sandbox") as server:
        server.ask("initialize", {**LEGACY, "capabilities": {"elicitation": elicitation}})
        server.line(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        told = server.tell("tools/call", deletion(64890301))

    assert told.get("method") == ("elicitation/create" if asks else None)
