"""The contender toggl_mcp: its endpoints on a SQLite cache."""

import asyncio
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from contender import Place, Verb, awaitable, place, serve, shared
from sample import PAGE, UNKNOWN_ID, WORKSPACE, id_of, name_of, part_of

from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.blocking import ClientEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import Client, ClientBody


class Impatient:
    """The computer's clock, but pauses are skipped: what is measured is the work, not the pacing of requests."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


class Still(Impatient):
    """A clock that stands, so that what was just asked for stays just asked for."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        """Return the UNIX time at which it stopped."""
        return self._now


def main() -> None:
    """Open the kind of endpoint that was asked for, and serve."""
    at = place()
    asyncio.run(serve(blocking_verbs(at) if at.kind == "blocking" else async_verbs(at), at.size))


def blocking_verbs(at: Place) -> Mapping[str, Verb]:
    """Return what can be asked of the blocking endpoint."""
    store = SqliteStore(at.folder / "cache.sqlite", clock=Impatient())
    clients = ClientEndpoint(WORKSPACE, BasicAuth(at.token, "api_token"), store, client=connect(at.url))
    calls: Mapping[str, Callable[[int], object]] = {
        "hit": lambda number: clients.get(id_of(number)),
        "refill": lambda _: clients.collect(refresh=True),
        "threads": lambda size: shared(clients, size),
    }
    return {verb: awaitable(call) for verb, call in calls.items()}


def async_verbs(at: Place) -> Mapping[str, Verb]:
    """Return what can be asked of the async endpoint."""
    store = SqliteStore(at.folder / "cache.sqlite", clock=Still())
    clients = AsyncClientEndpoint(WORKSPACE, BasicAuth(at.token, "api_token"), store, client=connect(at.url))

    async def page(number: int) -> list[Client]:
        return (await clients.page(ClientBody(name=part_of(number)), limit=PAGE)).items

    async def named(number: int) -> list[Client]:
        return (await clients.find_by_name(name_of(number)))[0]

    return {
        "hit": lambda number: clients.get(id_of(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": page,
        "named": named,
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(ClientBody(name=f"New {uuid4().hex}")),
    }


if __name__ == "__main__":
    main()
