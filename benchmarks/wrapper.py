"""The contender toggl-api-wrapper, run where it is installed: it is not among the project's dependencies."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from contender import Place, Verb, awaitable, place, serve, shared
from sample import PAGE, UNKNOWN_ID, WORKSPACE, id_of, name_of, part_of
from script import Known, Step, play

httpx: Any = import_module("httpx")
blocking: Any = import_module("toggl_api")
asynchronous: Any = import_module("toggl_api.asyncio")
caches: Any = import_module("toggl_api.meta.cache")


def main() -> None:
    """Open the kind of endpoint that was asked for, and serve."""
    at = place()
    auth = httpx.BasicAuth(at.token, "api_token")
    if at.kind == "async":
        asynchronous.AsyncClientEndpoint.BASE_ENDPOINT = httpx.URL(f"{at.url}/")
        clients = asynchronous.AsyncClientEndpoint(WORKSPACE, auth, asynchronous.AsyncSqliteCache(at.folder))
        asyncio.run(serve(async_verbs(clients, at), at.size))
    else:
        blocking.ClientEndpoint.BASE_ENDPOINT = f"{at.url}/"
        clients = blocking.ClientEndpoint(WORKSPACE, auth, cache(at))
        asyncio.run(serve(blocking_verbs(clients, at), at.size))


def cache(at: Place) -> object:
    """Return the blocking endpoint's cache; None without one."""
    match at.kind:
        case "SQLite":
            return caches.SqliteCache(at.folder)
        case "JSON":
            return caches.JSONCache(at.folder, max_length=10**9)  # Unless told so, it forgets all but 10,000.
        case _:
            return None


def blocking_verbs(clients: Any, at: Place) -> Mapping[str, Verb]:  # noqa: ANN401 - its types are not installed here
    """Return what can be asked of the blocking endpoint."""
    calls: Mapping[str, Callable[[int], object]] = {
        "hit": lambda number: clients.get(id_of(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": lambda number: filtered(clients.collect(), part_of(number))[:PAGE],
        "named": lambda number: clients.collect(blocking.ClientBody(name=name_of(number))),
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(new()),
        "fill": lambda _: fill(at),
        "threads": lambda size: shared(clients, size),
    }
    verbs = {verb: awaitable(call) for verb, call in calls.items()}
    verbs["hour"] = lambda size: hour(clients, size)
    return verbs


def async_verbs(clients: Any, at: Place) -> Mapping[str, Verb]:  # noqa: ANN401 - its types are not installed here
    """Return what can be asked of the async endpoint."""

    async def page(number: int) -> object:
        return filtered(await clients.collect(), part_of(number))[:PAGE]

    return {
        "hit": lambda number: clients.get(id_of(number)),
        "miss": lambda _: clients.get(UNKNOWN_ID),
        "page": page,
        "named": lambda number: clients.collect(blocking.ClientBody(name=name_of(number))),
        "refill": lambda _: clients.collect(refresh=True),
        "create": lambda _: clients.add(new()),
        "fill": awaitable(lambda _: fill(at)),
    }


def filtered(clients: Iterable[Any], part: str) -> list[Any]:
    """Return the clients with this part in their names, in any case: the library cannot be asked for that."""
    wanted = part.casefold()
    return [client for client in clients if wanted in client.name.casefold()]


def new() -> object:
    """Return the body of a client that there is not."""
    return blocking.ClientBody(name=f"New {uuid4().hex}")


def fill(at: Place) -> None:
    """Put the clients into the cache's file behind the library's back, which would take minutes to hours."""
    (fill_json if at.kind == "JSON" else fill_sqlite)(at.folder, range(at.size))


def fill_sqlite(folder: Path, numbers: Iterable[int]) -> None:
    """Put clients into a SQLite cache whose tables are there."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    rows = ((now, id_of(number), name_of(number), WORKSPACE) for number in numbers)
    with sqlite3.connect(folder / "cache.sqlite") as db:
        db.executemany("INSERT INTO client (timestamp, id, name, workspace) VALUES (?, ?, ?, ?)", rows)
    db.close()


def fill_json(folder: Path, numbers: Iterable[int]) -> None:
    """Write clients as a JSON cache."""
    common = {"class": "client", "timestamp": datetime.now(UTC).isoformat(), "workspace": WORKSPACE}
    rows = [common | {"id": id_of(number), "name": name_of(number)} for number in numbers]
    (folder / "cache_client.json").write_text(json.dumps({"version": blocking.__version__, "data": rows}), "utf-8")


async def hour(clients: Any, size: int) -> int:  # noqa: ANN401 - its types are not installed here
    """Play the scripted hour as a script would that fills its cache once, and return how many reads were right."""
    if clients.cache is not None:
        clients.collect(refresh=True)

    async def do(asked: Step) -> Known:
        found: list[Any]
        match asked.verb:
            case "list":
                found = clients.collect()
            case "get":
                found = [clients.get(asked.client_id)]
            case "filter":
                found = filtered(clients.collect(), asked.name)
            case "create":
                found = [clients.add(blocking.ClientBody(name=asked.name))]
            case "rename":
                found = [clients.edit(asked.client_id, blocking.ClientBody(name=asked.name))]
            case _:
                found = clients.delete(asked.client_id) or []
        return {client.id: client.name for client in found}

    return await play(do, size)


if __name__ == "__main__":
    main()
