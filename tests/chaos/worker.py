"""A process of its own: `python -m tests.chaos.worker <address>` runs the operation of each line."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread

from tests.cache.support import write_row
from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.redis.address import is_redis_url, parse_redis_url
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN

READERS = 20
MINE = Key("mine", "clients", 7)

Command = Callable[[str, str], Awaitable[str]]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def collect(place: str, address: str) -> str:
    """Let twenty readers read at once, and print the names that each one got."""
    store = RedisStore(parse_redis_url(place)) if is_redis_url(place) else SqliteStore(Path(place))
    answers: list[str] = []
    async with connect(address) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, BasicAuth(TOKEN, "api_token"), store, client=connection)

        async def read() -> None:
            rows = await clients.collect(ClientBody(status="both"))
            answers.append(",".join(str(client.id) for client in rows))

        async with anyio.create_task_group() as tasks:
            for _ in range(READERS):
                tasks.start_soon(read)
    await store.aclose()
    return ";".join(answers)


_open_stores: dict[str, SqliteStore] = {}


async def write(path: str, _: str) -> str:
    """Write once with a store that stays open, and print the collection's version."""
    store = _open_stores.setdefault(path, SqliteStore(Path(path)))
    await write_row(store, MINE, 1, None)
    return str((await store.get_version(MINE)).number)


async def version(path: str, _: str) -> str:
    """Print the collection's version, with the store that stays open."""
    return str((await _open_stores[path].get_version(MINE)).number)


COMMANDS: dict[str, Command] = {"collect": collect, "write": write, "version": version}


async def main(address: str) -> None:
    """Run the operation of each line: a verb, and a path or a URL."""
    say("ready")
    while line := await anyio.to_thread.run_sync(sys.stdin.readline):
        command, _, path = line.strip().partition(" ")
        say(await COMMANDS[command](path, address))


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
