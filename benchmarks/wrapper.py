"""The contender toggl-api-wrapper, run in its own environment: it is no dependency of the project."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from contender import Assignment, Verb, count_right_tasks, parse_assignment, serve, to_verb
from sample import PAGE, UNKNOWN_ID, WORKSPACE, make_id, make_name, make_part
from script import NamesById, Step, play

httpx: Any = import_module("httpx")
blocking: Any = import_module("toggl_api")
asynchronous: Any = import_module("toggl_api.asyncio")
caches: Any = import_module("toggl_api.meta.cache")


def main() -> None:
    """Open the endpoint of the assignment and serve."""
    assignment = parse_assignment()
    auth = httpx.BasicAuth(assignment.token, "api_token")
    if assignment.kind == "async":
        asynchronous.AsyncClientEndpoint.BASE_ENDPOINT = httpx.URL(f"{assignment.url}/")
        clients = asynchronous.AsyncClientEndpoint(WORKSPACE, auth, asynchronous.AsyncSqliteCache(assignment.folder))
        asyncio.run(serve(async_verbs(clients, assignment), assignment.size))
    else:
        blocking.ClientEndpoint.BASE_ENDPOINT = f"{assignment.url}/"
        clients = blocking.ClientEndpoint(WORKSPACE, auth, cache(assignment))
        asyncio.run(serve(blocking_verbs(clients, assignment), assignment.size))


def cache(assignment: Assignment) -> object:
    """Return the blocking endpoint's cache; None without one."""
    match assignment.kind:
        case "SQLite":
            return caches.SqliteCache(assignment.folder)
        case "JSON":
            return caches.JSONCache(assignment.folder, max_length=10**9)  # By default it keeps 10,000.
        case _:
            return None


def blocking_verbs(clients: Any, assignment: Assignment) -> Mapping[str, Verb]:  # noqa: ANN401 - its types are not installed here
    """Return the verbs of the blocking endpoint."""
    calls: Mapping[str, Callable[[int], object]] = {
        "hit": lambda number: clients.get(make_id(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": lambda number: filter_by_name(clients.collect(), make_part(number))[:PAGE],
        "named": lambda number: clients.collect(blocking.ClientBody(name=make_name(number))),
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(make_body()),
        "fill": lambda _: fill(assignment),
        "threads": lambda size: count_right_tasks(clients, size),
    }
    verbs = {verb: to_verb(call) for verb, call in calls.items()}
    verbs["hour"] = lambda size: hour(clients, size)
    return verbs


def async_verbs(clients: Any, assignment: Assignment) -> Mapping[str, Verb]:  # noqa: ANN401 - its types are not installed here
    """Return the verbs of the async endpoint."""

    async def page(number: int) -> object:
        return filter_by_name(await clients.collect(), make_part(number))[:PAGE]

    return {
        "hit": lambda number: clients.get(make_id(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": page,
        "named": lambda number: clients.collect(blocking.ClientBody(name=make_name(number))),
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(make_body()),
        "fill": to_verb(lambda _: fill(assignment)),
    }


def filter_by_name(clients: Iterable[Any], part: str) -> list[Any]:
    """Return the clients with this part in their names, in any case: the library has no such query."""
    folded_part = part.casefold()
    return [client for client in clients if folded_part in client.name.casefold()]


def make_body() -> object:
    """Return the body of a new client."""
    return blocking.ClientBody(name=f"New {uuid4().hex}")


def fill(assignment: Assignment) -> None:
    """Write the clients directly into the cache's file: through the library it takes minutes to hours."""
    (fill_json if assignment.kind == "JSON" else fill_sqlite)(assignment.folder, range(assignment.size))


def fill_sqlite(folder: Path, numbers: Iterable[int]) -> None:
    """Write clients into a SQLite cache with existing tables."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    rows = ((now, make_id(number), make_name(number), WORKSPACE) for number in numbers)
    with sqlite3.connect(folder / "cache.sqlite") as db:
        db.executemany("INSERT INTO client (timestamp, id, name, workspace) VALUES (?, ?, ?, ?)", rows)
    db.close()


def fill_json(folder: Path, numbers: Iterable[int]) -> None:
    """Write clients as a JSON cache."""
    common = {"class": "client", "timestamp": datetime.now(UTC).isoformat(), "workspace": WORKSPACE}
    rows = [common | {"id": make_id(number), "name": make_name(number)} for number in numbers]
    (folder / "cache_client.json").write_text(json.dumps({"version": blocking.__version__, "data": rows}), "utf-8")


async def hour(clients: Any, size: int) -> int:  # noqa: ANN401 - its types are not installed here
    """Play the scripted hour as a script would that fills its cache once, and return how many reads were right."""
    if clients.cache is not None:
        clients.collect(refresh=True)

    async def perform(step: Step) -> NamesById:
        matches: list[Any]
        match step.verb:
            case "list":
                matches = clients.collect()
            case "get":
                matches = [clients.get(step.client_id)]
            case "filter":
                matches = filter_by_name(clients.collect(), step.name)
            case "create":
                matches = [clients.add(blocking.ClientBody(name=step.name))]
            case "rename":
                matches = [clients.edit(step.client_id, blocking.ClientBody(name=step.name))]
            case _:
                matches = clients.delete(step.client_id) or []
        return {client.id: client.name for client in matches}

    return await play(perform, size)


if __name__ == "__main__":
    main()
