"""A deletion asks the person where the host's capabilities have elicitation; without a named mode, that means forms."""

import pytest

from tests.process.server import LEGACY, MODERN, Process

pytestmark = pytest.mark.usefixtures("pause_coverage")

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
ELICITATIONS: list[tuple[object, bool]] = [
    ({}, True),
    ({"form": {}}, True),
    ({"form": {}, "url": {}}, True),
    ({"url": {}}, False),
]


def deletion(client_id: int) -> dict[str, object]:
    return {"name": "delete_client", "arguments": {"client": client_id}}


def test_elicitation_modern_host_is_asked_if_it_supports_forms() -> None:
    kinds: list[str] = []
    with Process("--sandbox") as server:
        for elicitation, _ in ELICITATIONS:
            meta = {**MODERN, CAPABILITIES: {"elicitation": elicitation}}
            kinds.append(server.request("tools/call", {**deletion(64890301), "_meta": meta})["result"]["resultType"])
        without_forms = server.request("tools/call", {**deletion(64890302), "_meta": MODERN})["result"]

    assert kinds == ["input_required" if elicits else "complete" for _, elicits in ELICITATIONS]
    assert (without_forms["resultType"], without_forms["isError"]) == ("complete", False)


@pytest.mark.parametrize(("elicitation", "elicits"), ELICITATIONS[::3], ids=str)
def test_elicitation_legacy_host_is_asked_if_it_supports_forms(elicitation: object, *, elicits: bool) -> None:
    with Process("--sandbox") as server:
        server.request("initialize", {**LEGACY, "capabilities": {"elicitation": elicitation}})
        server.send_line(b'{"jsonrpc":"2.0","method":"notifications/initialized"}')
        message = server.exchange("tools/call", deletion(64890301))

    assert message.get("method") == ("elicitation/create" if elicits else None)
