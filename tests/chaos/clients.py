"""Clients as the resource of a run."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from tests.chaos.operations import Items, Operation, Process, without_result
from tests.chaos.resource import Resource
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.clients import Client, ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

VERBS = {"add": 6, "edit": 4, "delete": 2, "archive": 2, "restore": 2, "get": 3, "collect": 3, "named": 2}
"""The relative frequency of each verb."""


class Clients(Resource):
    """The clients of a workspace."""

    MODEL = Client
    ENDPOINT = AsyncClientEndpoint
    PROCESS_FIELDS = {"notes": "Made by us"}  # noqa: RUF012 - declared in the base as what it is

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.clients

    def rows(self, state: State) -> Iterable[Row]:
        return [row for row in state.clients.values() if row["wid"] == HARBOUR_STUDIO]

    def operation(self, chance: random.Random, items: Items, target_id: int, new_name: str, now: float) -> Operation:
        del now
        (verb,) = chance.choices(list(VERBS), list(VERBS.values()))
        is_reused = chance.random() < 0.25 or verb == "named"
        name = self.label(chance.choice(list(items.values()))) if is_reused else new_name
        refresh, restore_projects = chance.random() < 0.2, chance.random() < 0.5
        new_body = ClientBody(name=name, notes="Made by us")
        change = chance.choice(
            [ClientBody(name=name), ClientBody(notes=name), ClientBody(notes="", external_reference=name)]
        )
        calls: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.clients.add(new_body),
            "edit": lambda process: process.clients.edit(target_id, change),
            "delete": lambda process: process.clients.delete(target_id),
            "archive": lambda process: without_result(process.clients.archive(target_id)),
            "restore": lambda process: process.clients.restore(target_id, restore_projects=restore_projects),
            "get": lambda process: process.clients.find(target_id, refresh=refresh),
            "collect": lambda process: process.clients.read(refresh=refresh),
            "named": lambda process: process.clients.find_by_name(name, refresh=refresh),
        }
        expected_fields: dict[str, dict[str, object]] = {
            "add": new_body.format("add"),
            "edit": {field: value or None for field, value in change.format("edit").items()},
            "archive": {"archived": True},
            "restore": {"archived": False},
        }
        return Operation(verb, target_id, name, refresh, calls[verb], expected_fields.get(verb, {}))

    def touch(self, state: State, chance: random.Random, ids: Collection[int], new_name: str) -> None:
        target_id = chance.choice(list(ids))
        match chance.choice(["rename", "note", "archive", "restore", "remove"]):
            case "rename":
                state.rename_client(target_id, new_name)
            case "note":
                state.edit_client(target_id, notes=new_name)
            case "archive":
                state.archive_client(target_id)
            case "restore":
                state.restore_client(target_id)
            case _:
                state.remove_client(target_id)

    def add(self, state: State, new_name: str) -> None:
        state.add_client(HARBOUR_STUDIO, new_name)

    def remove(self, state: State, target_id: int) -> None:
        state.remove_client(target_id)


CLIENTS = Clients()
