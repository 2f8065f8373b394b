"""What callers notice of their issuer's keys: of rotation, of an issuer that is away or slow, and of odd documents."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

import anyio.to_thread
import pytest

from tests.http.support import Issuer, Web, run_issuer, serve
from tests.sandbox.clock import Clock
from toggl_mcp.http import issuer_keys
from toggl_mcp.http.issuer_keys import COOL_DOWN_SECONDS, KEY_TTL_SECONDS, MAX_KEY_AGE_SECONDS, MAX_KEYS_BYTES
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

Answer = Callable[[BaseHTTPRequestHandler], None]


def send(status: int, body: bytes, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


DOCUMENTS: Mapping[str, Answer] = {
    "none": hang_up,
    "empty": send(200, b""),
    "words": send(200, b"hello"),
    "bytes": send(200, b"\xff\xfe"),
    "a list": send(200, b"[]"),
    "null": send(200, b"null"),
    "keys that are a number": send(200, b'{"keys": 7}'),
    "no keys": send(200, b'{"keys": []}'),
    "a key that is a number": send(200, b'{"keys": [7]}'),
    "an empty key": send(200, b'{"keys": [{}]}'),
    "a key without numbers": send(200, b'{"keys": [{"kty": "RSA", "kid": "first", "n": 7, "e": null}]}'),
    "a shared secret": send(200, b'{"keys": [{"kty": "oct", "k": "AAAA"}]}'),
    "a point on no curve": send(200, b'{"keys": [{"kty": "EC", "kid": "first", "crv": "P-256", "x": "A", "y": "A"}]}'),
    "100,000 lists": send(200, b"[" * 100_000),
    "cut short": send(200, b'{"keys": []', Content_Length="1000"),
    "compressed": send(200, b"\x1f\x8b\x08", Content_Encoding="gzip"),
    "too long": send(200, b" " * (MAX_KEYS_BYTES + 1) + b"{}"),
    "not found": send(404, b"{}"),
    "an error": send(500, b"{}"),
}


async def send_token(web: Web, token: str) -> int:
    return (await web.post(token=token)).status_code


async def test_oauth_key_that_is_new_is_known_after_the_cool_down(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        former_token = issuer.sign()
        assert await send_token(web, former_token) == 200
        issuer.rotate("second")
        statuses = [await send_token(web, issuer.sign())]
        clock.now += COOL_DOWN_SECONDS
        statuses += [await send_token(web, token) for token in (issuer.sign(), former_token)]

    assert statuses == [401, 200, 401]


async def test_oauth_issuer_that_is_away_is_asked_once_in_a_cool_down_and_recovers(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    issuer.answer = hang_up
    async with serve(sandbox, clock, **oauth) as web:
        responses = [await web.post(token=issuer.sign()) for _ in range(5)]
        requests = issuer.requests
        issuer.answer = None
        clock.now += COOL_DOWN_SECONDS
        recovered = await send_token(web, issuer.sign())

    assert {(response.status_code, response.headers["Retry-After"]) for response in responses} == {(503, "10")}
    assert (requests, recovered) == (1, 200)


async def test_oauth_key_counts_for_an_hour_while_the_issuer_is_away(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        statuses = [await send_token(web, issuer.sign())]
        issuer.answer = hang_up
        for seconds in (KEY_TTL_SECONDS, MAX_KEY_AGE_SECONDS - KEY_TTL_SECONDS, 1):
            clock.now += seconds
            statuses.append(await send_token(web, issuer.sign()))

    assert statuses == [200, 200, 200, 503]


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_oauth_document_that_has_no_keys_leaves_the_former_ones(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any], document: str
) -> None:
    async with serve(sandbox, clock, **oauth) as web:
        assert await send_token(web, issuer.sign()) == 200
        issuer.answer = DOCUMENTS[document]
        clock.now += KEY_TTL_SECONDS
        assert await send_token(web, issuer.sign()) == 200
        issuer.rotate("unknown")
        assert await send_token(web, issuer.sign()) == 503

    assert issuer.requests == 2


async def test_oauth_issuer_that_redirects_is_not_followed(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    with run_issuer("other") as other:
        issuer.answer = send(302, b"", Location=other.jwks_url)
        async with serve(sandbox, clock, **oauth) as web:
            status = await send_token(web, other.sign(iss=issuer.url))

    assert (status, other.requests) == (503, 0)


async def test_oauth_caller_with_a_known_key_never_waits_for_a_fetch(
    sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    reached, is_over = threading.Event(), threading.Event()

    def wait(request: BaseHTTPRequestHandler) -> None:
        reached.set()
        is_over.wait()
        hang_up(request)

    statuses: list[int] = []
    async with serve(sandbox, clock, max_calls=4, **oauth) as web, anyio.create_task_group() as tasks:
        token = issuer.sign()
        assert await send_token(web, token) == 200
        issuer.answer = wait
        clock.now += KEY_TTL_SECONDS
        with run_issuer("stranger") as stranger:
            stranger.rotate("unknown")
            for _ in range(10):
                tasks.start_soon(send_token, web, stranger.sign(iss=issuer.url))
        await anyio.to_thread.run_sync(reached.wait)

        statuses += [await send_token(web, token) for _ in range(10)]
        is_over.set()

    assert statuses == [200] * 10


async def test_oauth_issuer_that_never_answers_is_waited_for_in_time(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, clock: Clock, issuer: Issuer, oauth: dict[str, Any]
) -> None:
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.05)
    is_over = threading.Event()

    def wait(_: BaseHTTPRequestHandler) -> None:
        is_over.wait()

    issuer.answer = wait
    async with serve(sandbox, clock, **oauth) as web:
        status = await send_token(web, issuer.sign())
    is_over.set()

    assert status == 503
