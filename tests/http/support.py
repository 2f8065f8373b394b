"""An HTTP server in this process, a client of it, and an issuer of OAuth tokens on a port."""

import json
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import anyio.to_thread
import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp

from tests.endpoints.support import fault_in_turn
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host
from toggl_mcp.api import connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.http.app import build_app
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox

URL = "http://127.0.0.1:8000"
META: dict[str, Any] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
FORMS_META: dict[str, Any] = {**META, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
LIST_TOOLS: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/list",
}


class Web:
    """A client of a server: MCP by `connect`, or single requests by `post`."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def post(self, body: object = None, /, token: str = "", **headers: str) -> httpx2.Response:
        """Send a request; without a body, the one that lists the tools."""
        content = body if isinstance(body, bytes) else json.dumps(LIST_TOOLS if body is None else body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.post("/mcp", content=content, headers={**HEADERS, **authorization, **named})

    async def call(
        self, tool: str, token: str = "", arguments: Mapping[str, object] | None = None, **headers: str
    ) -> httpx2.Response:
        """Call a tool."""
        params = {"name": tool, "arguments": arguments or {}, "_meta": META}
        body = {**LIST_TOOLS, "method": "tools/call", "params": params}
        return await self.post(body, token=token, Mcp_Method="tools/call", Mcp_Name=tool, **headers)

    async def delete_client(self, client_id: int, token: str = "", form: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Delete a client as a host that shows forms does: without a form get one, with one accept it."""
        params: dict[str, Any] = {"name": "delete_client", "arguments": {"client": client_id}, "_meta": FORMS_META}
        if form is not None:
            result = form["result"]
            fields = {name: item["params"]["requestedSchema"] for name, item in result["inputRequests"].items()}
            params["inputResponses"] = {
                name: {"action": "accept", "content": dict.fromkeys(schema["properties"], True)}
                for name, schema in fields.items()
            }
            params["requestState"] = result["requestState"]
        body = {**LIST_TOOLS, "method": "tools/call", "params": params}
        return (await self.post(body, token=token, Mcp_Method="tools/call", Mcp_Name="delete_client")).json()

    async def list_tools(self, token: str = "", **headers: str) -> list[str]:
        """Return the names of the tools that a caller sees."""
        response = await self.post(token=token, **headers)
        assert response.status_code == 200, response.text
        return [tool["name"] for tool in response.json()["result"]["tools"]]

    @asynccontextmanager
    async def connect(self, token: str = "", *, era: Era = "auto", **headers: str) -> AsyncGenerator[Host]:
        """Yield an MCP host that calls with this token and these headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        authorization = {"Authorization": f"Bearer {token}"} if token else {}
        transport = self.client._transport  # noqa: SLF001 - httpx2 has no other way to the same application  # pyright: ignore[reportPrivateUsage]
        async with (
            httpx2.AsyncClient(transport=transport, headers={**authorization, **named}) as client,
            Client(streamable_http_client(f"{URL}/mcp", http_client=client), mode=era) as host,
        ):
            yield Host(host)


@asynccontextmanager
async def serve(
    sandbox: ASGIApp,
    clock: Clock,
    store: Store | None = None,
    **settings: Any,  # noqa: ANN401 - fields
) -> AsyncGenerator[Web]:
    """Yield a client of a server whose Toggl is the sandbox; its store is in memory unless one is given."""
    values = {"token": TOKEN, **settings}
    app = build_app(
        HttpSettings.model_validate(values),
        client=connect_in_process(sandbox),
        store=store or MemoryStore(clock=clock),
        clock=clock,
    )
    transport = httpx2.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url=URL) as client:
        yield Web(client)


class Hold:
    """Holds the first change at Toggl, after it was made and before it is confirmed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.is_reached = Event()
        self.is_over = Event()
        sandbox.fault = fault_in_turn("POST", Fault("slow", until=self._wait))

    async def _wait(self) -> None:
        self.is_reached.set()
        await anyio.to_thread.run_sync(self.is_over.wait)


@cache
def make_key(issuer_name: str, key_id: str) -> RSAPrivateKey:
    """Return a key of an issuer; to find its primes takes longer than most tests."""
    del issuer_name, key_id
    return generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """An identity provider: its keys on a port of this machine, and tokens that it signs.

    Args:
        name: What tells its keys from those of other issuers.
        address: Where it is.

    Attributes:
        requests: How many requests for keys it got.
        answer: Answers them in place of what it publishes.
    """

    def __init__(self, name: str, address: str) -> None:
        self._name = name
        self.url = address
        self.jwks_url = f"{address}/keys"
        self.keys: dict[str, RSAPrivateKey] = {}
        self.requests = 0
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.rotate("first")

    def rotate(self, key_id: str) -> None:
        """Publish a new key, which signs from now on, instead of the others."""
        self.keys = {key_id: make_key(self._name, key_id)}

    def claims(self, **changes: object) -> dict[str, object]:
        """Return the claims of a token for Alice that may read, with these changed; None leaves a claim out."""
        claims: dict[str, object] = {
            "iss": self.url,
            "sub": "alice",
            "aud": f"{URL}/mcp",
            "exp": time.time() + 600,  # noqa: TID251 - PyJWT has no other clock
            "scope": "toggl:read",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def sign(self, *, algorithm: str = "RS256", key: Any = None, **changes: object) -> str:  # noqa: ANN401 - of PyJWT
        """Return a token with these claims changed."""
        ((key_id, own_key),) = self.keys.items()
        claims = self.claims(**changes)
        return jwt.encode(claims, own_key if key is None else key, algorithm, headers={"kid": key_id})

    def publish(self) -> Mapping[str, object]:
        """Return the keys as a client gets them."""
        return {
            "keys": [
                {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "use": "sig", "alg": "RS256"}
                for key_id, key in self.keys.items()
            ]
        }


@contextmanager
def run_issuer(name: str = "issuer") -> Generator[Issuer]:
    """Yield an identity provider that runs; of two at once, each has a name and keys of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests += 1
            if issuer.answer is not None:
                issuer.answer(self)
                return
            body = json.dumps(issuer.publish()).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(name, f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # So soon does it see that it shall end.
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_tokens(path: Path, **digests: tuple[str, str]) -> Path:
    """Write an operator's file: for each name, the digest of a token and its access."""
    blocks = (
        f'[[tokens]]\nname = "{name}"\nsha256 = "{sha256}"\naccess = "{access}"\n'
        for name, (sha256, access) in digests.items()
    )
    path.write_text("\n".join(blocks))
    return path
