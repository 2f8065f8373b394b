"""A server over stdio whose clock stands still: `python -m tests.week.server <address> <UNIX time>`."""

import sys

import anyio

from tests.sandbox.clock import Clock
from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import TOKEN
from toggl_mcp.server import SingleAccount, build_server
from toggl_mcp.settings import Settings
from toggl_mcp.stdio import serve


def main(address: str, now: float) -> None:
    """Serve until the input ends."""
    clock = Clock()
    clock.now = now
    auth = BasicAuth(TOKEN, "api_token")
    settings = Settings.model_construct(toolsets="all")
    account = SingleAccount(lambda: Toggl(auth, MemoryStore(clock=clock), client=connect(address)))
    server = build_server(settings, account)
    anyio.run(serve, server)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
