"""Server processes: how they start, how they end while a change is in flight, and how replicas share a form."""

import signal
import socket
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.http.raw import CALL, HttpServer, encode, read_response
from tests.http.support import META, Hold
from tests.process.server import SECONDS, run_in_process, serve_sandbox
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.process


def encode_call(tool: str, **params: object) -> bytes:
    """Return a call of a tool."""
    body = {**CALL, "params": {"_meta": META, **params, "name": tool}}
    return encode(("Mcp-Name", tool), body=body)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def settings(sandbox: Sandbox) -> Generator[dict[str, str]]:
    """The settings of a server whose Toggl is the sandbox, on a port."""
    with serve_sandbox(sandbox) as url:
        yield {
            "TOGGL_API_URL": url,
            "TOGGL_API_TOKEN": TOKEN,
            "TOGGL_MCP_CACHE": "memory",
            "TOGGL_MCP_LOG_LEVEL": "INFO",
        }


@pytest.mark.parametrize("streams", ["<&-", ">&-", "<&- >&-"])
def test_http_with_closed_streams_serves(streams: str) -> None:
    with HttpServer("--sandbox", streams=streams) as server:
        assert server.send(encode()).status == 200


def test_http_at_the_loopback_of_ipv6_serves() -> None:
    with HttpServer("--sandbox", "--host", "::1") as server, server.connect("::1") as connection:
        connection.sendall(encode(("Host", f"[::1]:{server.port}")))

        assert read_response(connection).status == 200
        assert f"http://[::1]:{server.port}/mcp" in server.log


def test_http_at_a_port_in_use_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with HttpServer("--sandbox", "--port", str(port)) as server:
            assert server.wait() == 2

    assert server.log.count("\n") == 1
    assert f"port {port}" in server.log
    assert "--port" in server.log


@pytest.mark.parametrize("kind", ["missing", "a folder", "not TOML", "not UTF-8", "another TOML", "a token itself"])
def test_http_with_a_file_of_tokens_that_cannot_be_read_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tokens.toml"
    match kind:
        case "missing":
            pass
        case "a folder":
            path.mkdir()
        case "not UTF-8":
            path.write_bytes(b"\xff\xfe")
        case _:
            path.write_text(
                {"not TOML": "{", "another TOML": "x = 1"}.get(kind, f'[[tokens]]\nname="a"\nsha256="{TOKEN}"')
            )
    result = run_in_process("http", "--tokens", str(path))

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr
    assert TOKEN not in result.stderr


def test_http_at_sigterm_drains_and_then_settles_the_change_in_flight(
    sandbox: Sandbox, settings: dict[str, str]
) -> None:
    hold, health, ready = Hold(sandbox), encode(line="GET /health HTTP/1.1"), encode(line="GET /ready HTTP/1.1")
    with (
        HttpServer(**settings) as server,
        ThreadPoolExecutor() as executor,
        server.connect() as kept,
        server.connect() as silent,
    ):
        response = executor.submit(server.send, encode_call("create_client", arguments={"name": "Last"}))
        assert hold.is_reached.wait(SECONDS)
        server.process.send_signal(signal.SIGTERM)
        while server.send(ready).status == 200:
            pass
        kept.sendall(encode(("Connection", "keep-alive")))
        drained = [server.send(ready), server.send(health), read_response(kept)]
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_log("Shutting down")
        silent.sendall(health)
        last = read_response(silent)
        hold.is_over.set()

        assert response.result(SECONDS).status == 200
        assert b"change_id" in response.result().content
        assert server.wait() == 0

    assert [answer.status for answer in (*drained, last)] == [503, 200, 200, 200]
    assert b"\r\nconnection: close\r\n" in drained[-1].content.lower()
    assert "Traceback" not in server.log
    assert "Last" in {row["name"] for row in sandbox.state.clients.values()}


def test_http_at_a_signal_after_the_drain_ends_at_once(sandbox: Sandbox, settings: dict[str, str]) -> None:
    hold = Hold(sandbox)
    with HttpServer(**settings) as server, ThreadPoolExecutor() as executor:
        executor.submit(server.send, encode_call("create_client", arguments={"name": "Last"}))
        assert hold.is_reached.wait(SECONDS)
        server.process.send_signal(signal.SIGINT)
        server.wait_for_log("Shutting down")
        server.process.send_signal(signal.SIGTERM)

        status = server.wait()
        hold.is_over.set()

    assert status == -signal.SIGTERM
    assert "Traceback" not in server.log
