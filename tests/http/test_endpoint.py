"""The MCP endpoint: both protocol eras, and what it refuses before it looks at a call."""

from typing import Any

import anyio
import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.endpoints.support import AROHA, Gate, fault_in_turn
from tests.http.support import HEADERS, URL, serve
from tests.sandbox.clock import Clock
from tests.tools.host import ERAS, Era, each_era
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http import limits
from toggl_mcp.http.app import MAX_BODY_BYTES, build_app
from toggl_mcp.http.limits import RequestLimits, busy_response
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.http.vault import new_key
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio


@each_era
async def test_list_clients_by_http_returns_what_toggl_has(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with serve(sandbox, clock) as web, web.connect(era=era) as host:
        clients = await host.call("list_clients")

        assert host.client.protocol_version == ERAS[era]
    assert clients["total"] == 6


async def test_calls_of_several_connections_share_one_account(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web:
        async with web.connect() as host:
            await host.call("list_clients")
        before = len(sandbox.calls)
        async with web.connect() as host:
            clients = await host.call("list_clients")

    assert (clients["requests"], len(sandbox.calls)) == (0, before)


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_request_other_than_post_is_refused(sandbox: Sandbox, clock: Clock, method: str) -> None:
    async with serve(sandbox, clock) as web:
        response = await web.client.request(method, "/mcp", headers=HEADERS)

    assert response.status_code == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8000", ""])
async def test_request_to_another_host_is_refused(sandbox: Sandbox, clock: Clock, host: str) -> None:
    async with serve(sandbox, clock) as web:
        response = await web.post(Host=host)

    assert response.status_code == 421
    assert sandbox.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "toggl.example", "toggl.example:443"])
async def test_request_to_this_host_is_answered(sandbox: Sandbox, clock: Clock, host: str) -> None:
    async with serve(sandbox, clock, public_url="https://toggl.example/mcp") as web:
        response = await web.post(Host=host)

    assert response.status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://toggl.example.evil.example"])
async def test_request_from_another_origin_is_refused(sandbox: Sandbox, clock: Clock, origin: str) -> None:
    async with serve(sandbox, clock, allowed_origins="https://toggl.example") as web:
        response = await web.post(Origin=origin)

    assert response.status_code == 403


async def test_request_from_the_origin_of_its_own_host_is_answered(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web:
        response = await web.post(Host="localhost:8000", Origin="http://localhost:8000")
        others = [
            await web.post(Host="localhost:8000", Origin=origin)
            for origin in ("http://localhost:3000", "http://127.0.0.1:8000", "https://localhost:8000")
        ]
        rebound = await web.post(Host="evil.example", Origin="http://evil.example")

    assert response.status_code == 200
    assert [other.status_code for other in others] == [403, 403, 403]
    assert rebound.status_code == 421


async def test_request_from_the_origin_of_the_public_url_is_answered(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock, public_url="https://toggl.example/mcp") as web:
        response = await web.post(Host="toggl.example", Origin="https://toggl.example")
        plain = await web.post(Host="toggl.example", Origin="http://toggl.example")

    assert (response.status_code, plain.status_code) == (200, 403)


async def test_request_from_an_allowed_origin_is_answered_with_its_preflight(sandbox: Sandbox, clock: Clock) -> None:
    origin = "https://toggl.example"
    async with serve(sandbox, clock, allowed_origins=f"https://other.example, {origin}") as web:
        preflight = await web.client.options(
            "/mcp",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization",
            },
        )
        response = await web.post(Origin=origin)

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, origin)
    assert (response.status_code, response.headers["access-control-allow-origin"]) == (200, origin)


async def test_request_that_is_too_large_is_refused(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock) as web:
        response = await web.post(b"x" * (MAX_BODY_BYTES + 1))

    assert response.status_code == 413


async def test_request_that_arrives_too_slowly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.0)
    app = build_app(HttpSettings(sandbox=True))
    messages: list[Any] = []

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        messages.append(message)

    headers = [(name.lower().encode(), value.encode()) for name, value in {**HEADERS, "Host": "localhost"}.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "headers": headers,
        "query_string": b"",
        "http_version": "1.1",
    }
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)

    assert messages[0]["status"] == 408


async def test_request_that_takes_too_long_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never_answer(_: Scope, receive: Receive, __: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await anyio.sleep_forever()

    monkeypatch.setattr(limits, "REQUEST_SECONDS", 0.01)
    app = RequestLimits(never_answer, 1)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL) as client:
        responses = [await client.post("/mcp", content=b"{}") for _ in range(2)]

    assert [response.status_code for response in responses] == [504, 504]
    assert "unknown" in responses[0].json()["error"]


async def test_form_is_answered_by_a_server_that_has_its_key_and_by_no_other(sandbox: Sandbox, clock: Clock) -> None:
    key, former_key = new_key(), new_key()
    async with (
        serve(sandbox, clock, secret_keys=key) as web,
        serve(sandbox, clock, secret_keys=former_key) as stranger,
        serve(sandbox, clock, secret_keys=f"{former_key},{key}") as other,
    ):
        form = await web.delete_client(AROHA)
        refusal = await stranger.delete_client(AROHA, form=form)
        remaining = AROHA in sandbox.state.clients
        result = (await other.delete_client(AROHA, form=form))["result"]

    assert "requestState" in refusal["error"]["message"]
    assert remaining
    assert (result["resultType"], result["isError"]) == ("complete", False)
    assert AROHA not in sandbox.state.clients


async def test_request_without_a_place_is_to_come_again(sandbox: Sandbox, clock: Clock) -> None:
    gate = Gate()
    sandbox.fault = fault_in_turn("GET", gate.fault)
    statuses: list[int] = []
    async with serve(sandbox, clock, max_calls=1) as web, anyio.create_task_group() as tasks:

        async def call() -> None:
            statuses.append((await web.call("list_clients")).status_code)

        tasks.start_soon(call)
        await gate.reached.wait()
        statuses.append((await web.post()).status_code)
        gate.open.set()

    assert statuses == [503, 200]


def test_refusal_for_want_of_a_place_says_when_to_come_again() -> None:
    assert busy_response().headers["Retry-After"] == "1"


async def test_health_is_answered_without_a_token(sandbox: Sandbox, clock: Clock) -> None:
    async with serve(sandbox, clock, bring_your_own_token=True) as web:
        responses = [await web.client.get(path, headers={"Host": "10.0.0.7"}) for path in ("/health", "/ready")]

    assert [(response.status_code, response.json()) for response in responses] == [(200, {"status": "ok"})] * 2


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"host": "0.0.0.0"}, "--bring-your-own-token"),  # noqa: S104 - what is refused
        ({"host": "toggl.example"}, "127.0.0.1"),
        ({"host": "::", "bring_your_own_token": True}, "--public-url"),
        ({"bring_your_own_token": True, "tokens": "x"}, "Choose one"),
        ({"oauth_issuer": "https://id.example"}, "--oauth-jwks-url"),
        ({"tokens": "nowhere/tokens.toml"}, "nowhere"),
    ],
)
def test_http_with_settings_that_do_not_fit_together_is_refused(settings: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidArguments, match=word):
        build_app(HttpSettings.model_validate(settings))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_http_on_this_machine_needs_no_way_to_authenticate(host: str) -> None:
    assert build_app(HttpSettings(host=host, sandbox=True)).routes
