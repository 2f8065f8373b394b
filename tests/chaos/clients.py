"""Clients, for a run."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from tests.chaos.operations import Process, Question, Things, done
from tests.chaos.resource import Resource
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.clients import Client, ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

VERBS = {"add": 6, "edit": 4, "delete": 2, "archive": 2, "restore": 2, "get": 3, "collect": 3, "named": 2}
"""How often each is asked for."""


class Clients(Resource):
    """The clients of a workspace."""

    MODEL = Client
    ENDPOINT = AsyncClientEndpoint
    OURS = {"notes": "Made by us"}  # noqa: RUF012 - declared in the base as what it is

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.clients

    def rows(self, world: State) -> Iterable[Row]:
        return [row for row in world.clients.values() if row["wid"] == HARBOUR_STUDIO]

    def question(self, chance: random.Random, there: Things, about: int, new: str, now: float) -> Question:
        del now
        (verb,) = chance.choices(list(VERBS), list(VERBS.values()))
        taken = chance.random() < 0.25 or verb == "named"
        name = self.label(chance.choice(list(there.values()))) if taken else new
        refresh, along = chance.random() < 0.2, chance.random() < 0.5
        made = ClientBody(name=name, notes="Made by us")
        change = chance.choice(
            [ClientBody(name=name), ClientBody(notes=name), ClientBody(notes="", external_reference=name)]
        )
        puts: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.clients.add(made),
            "edit": lambda process: process.clients.edit(about, change),
            "delete": lambda process: process.clients.delete(about),
            "archive": lambda process: done(process.clients.archive(about)),
            "restore": lambda process: process.clients.restore(about, restore_projects=along),
            "get": lambda process: process.clients.find(about, refresh=refresh),
            "collect": lambda process: process.clients.read(refresh=refresh),
            "named": lambda process: process.clients.find_by_name(name, refresh=refresh),
        }
        wanted: dict[str, dict[str, object]] = {
            "add": made.format("add"),
            "edit": {field: value or None for field, value in change.format("edit").items()},
            "archive": {"archived": True},
            "restore": {"archived": False},
        }
        return Question(verb, about, name, refresh, puts[verb], wanted.get(verb, {}))

    def touch(self, world: State, chance: random.Random, among: Collection[int], new: str) -> None:
        about = chance.choice(list(among))
        match chance.choice(["rename", "note", "archive", "restore", "remove"]):
            case "rename":
                world.rename_client(about, new)
            case "note":
                world.edit_client(about, notes=new)
            case "archive":
                world.archive_client(about)
            case "restore":
                world.restore_client(about)
            case _:
                world.remove_client(about)

    def add(self, world: State, new: str) -> None:
        world.add_client(HARBOUR_STUDIO, new)

    def remove(self, world: State, about: int) -> None:
        world.remove_client(about)


CLIENTS = Clients()
