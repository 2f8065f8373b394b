"""Bad requests over real sockets: each the right refusal, none reaches Toggl, none leaks, and the server goes on."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack

import pytest

from tests.http.bad_messages import MESSAGES
from tests.http.bad_requests import FRAMES, HOSTS, ORIGIN, PATHS, Bad
from tests.http.raw import HttpServer, Response, encode, read_response
from tests.http.target import Target
from tests.process.server import serve_sandbox
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.process

BAD_REQUESTS: Mapping[str, Bad] = {**HOSTS, **PATHS, **FRAMES, **MESSAGES}


@pytest.fixture(scope="module")
def target() -> Generator[Target]:
    sandbox = Sandbox()
    with (
        serve_sandbox(sandbox) as url,
        HttpServer(
            "--allowed-origins",
            ORIGIN,
            TOGGL_API_URL=url,
            TOGGL_API_TOKEN=TOKEN,
            TOGGL_MCP_CACHE="memory",
            TOGGL_MCP_LOG_LEVEL="INFO",
        ) as server,
    ):
        yield Target(server, sandbox, encode())


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_request_that_is_bad_is_refused(target: Target, name: str) -> None:
    calls = len(target.sandbox.calls)

    response = target.server.send(BAD_REQUESTS[name].request)

    assert (response.status, response.content.count(b"HTTP/1.1 ")) == (BAD_REQUESTS[name].status, 1)
    assert len(target.sandbox.calls) == calls
    target.require_silence(response)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_request_that_ends_half_way_is_forgotten(target: Target, share: float) -> None:
    calls, request = len(target.sandbox.calls), encode()

    with target.server.connect() as connection:
        connection.sendall(request[: int(len(request) * share)])

    target.require_answer()
    assert len(target.sandbox.calls) == calls + 1
    target.require_silence(Response(0, b""))


def test_request_that_arrives_slowly_is_refused_in_time(target: Target) -> None:
    request = encode()
    header_end = request.index(b"\r\n\r\n") + 4
    calls = len(target.sandbox.calls)
    with ExitStack() as stack:
        connections = [stack.enter_context(target.server.connect()) for _ in range(5)]
        _, line, headers, body, refused = connections
        line.sendall(request[:20])
        headers.sendall(request[: header_end - 2])
        body.sendall(request[: header_end + 10])
        refused.sendall(encode(("Host", "evil.example"), ("Connection", "keep-alive"))[:-10])

        statuses = [read_response(connection).status for connection in connections]

    assert statuses == [0, 0, 0, 408, 421]
    assert len(target.sandbox.calls) == calls


def test_server_after_bad_requests_answers_and_has_not_grown(target: Target) -> None:
    for bad in BAD_REQUESTS.values():
        target.server.send(bad.request)

    target.require_answer()
    target.require_bounded_memory()
