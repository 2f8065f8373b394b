"""The contender toggl_mcp: its endpoints on a SQLite cache."""

import asyncio
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from contender import Assignment, Verb, count_right_tasks, parse_assignment, serve, to_verb
from sample import PAGE, UNKNOWN_ID, WORKSPACE, make_id, make_name, make_part

from toggl_mcp.api import BasicAuth, connect
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.blocking import ClientEndpoint
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import Client, ClientBody


class ImpatientClock:
    """The computer's clock without pauses: the work is measured, not the pacing of requests."""

    def __call__(self) -> float:
        """Return the UNIX time in seconds."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


class StillClock(ImpatientClock):
    """A clock that stands still, so that a fresh collection stays fresh."""

    def __init__(self) -> None:
        self._now = time.time()

    def __call__(self) -> float:
        """Return the UNIX time of its creation."""
        return self._now


def main() -> None:
    """Open the endpoint of the assignment and serve."""
    assignment = parse_assignment()
    asyncio.run(
        serve(blocking_verbs(assignment) if assignment.kind == "blocking" else async_verbs(assignment), assignment.size)
    )


def blocking_verbs(assignment: Assignment) -> Mapping[str, Verb]:
    """Return the verbs of the blocking endpoint."""
    store = SqliteStore(assignment.folder / "cache.sqlite", clock=ImpatientClock())
    clients = ClientEndpoint(WORKSPACE, BasicAuth(assignment.token, "api_token"), store, client=connect(assignment.url))
    calls: Mapping[str, Callable[[int], object]] = {
        "hit": lambda number: clients.get(make_id(number)),
        "refill": lambda _: clients.collect(refresh=True),
        "threads": lambda size: count_right_tasks(clients, size),
    }
    return {verb: to_verb(call) for verb, call in calls.items()}


def async_verbs(assignment: Assignment) -> Mapping[str, Verb]:
    """Return the verbs of the async endpoint."""
    store = SqliteStore(assignment.folder / "cache.sqlite", clock=StillClock())
    clients = AsyncClientEndpoint(
        WORKSPACE, BasicAuth(assignment.token, "api_token"), store, client=connect(assignment.url)
    )

    async def page(number: int) -> list[Client]:
        return (await clients.page(ClientBody(name=make_part(number)), limit=PAGE)).items

    async def named(number: int) -> list[Client]:
        return (await clients.find_by_name(make_name(number)))[0]

    return {
        "hit": lambda number: clients.get(make_id(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": page,
        "named": named,
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(ClientBody(name=f"New {uuid4().hex}")),
    }


if __name__ == "__main__":
    main()
