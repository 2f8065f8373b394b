"""Subscriptions over standard input and output: a stream of news among the answers, which ends with the input."""

from tests.process.server import MODERN, Message, Process

START: Message = {"name": "start_timer", "arguments": {"description": "Basket"}}
READ: Message = {"uri": "toggl://changes"}


def read_until(server: Process, message_id: int) -> tuple[list[str], Message]:
    """Return the methods of the notifications before an answer, and the answer."""
    methods: list[str] = []
    while (message := server.read()).get("id") != message_id:
        methods.append(message["method"])
    return methods, message


def test_listen_over_stdio_tells_of_changes_and_ends_with_the_input() -> None:
    with Process("--sandbox") as server:
        server.request("resources/read", {**READ, "_meta": MODERN})
        notifications = {"resourceSubscriptions": [READ["uri"]]}
        acknowledged = server.exchange("subscriptions/listen", {"notifications": notifications, "_meta": MODERN})
        news = server.exchange("tools/call", {**START, "_meta": MODERN})
        methods, started = read_until(server, 3)
        server.close_input()
        _, ended = read_until(server, 2)
        status = server.process.wait(30)

    assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
    assert (news["method"], news["params"]["uri"]) == ("notifications/resources/updated", READ["uri"])
    assert methods == []
    assert started["result"]["structuredContent"]["entry"]["description"] == "Basket"
    assert "io.modelcontextprotocol/subscriptionId" in ended["result"]["_meta"]
    assert status == 0
