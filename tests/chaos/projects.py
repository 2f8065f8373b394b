"""Projects as the resource of a run: changes of their clients reach them too."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from tests.chaos.operations import Items, Operation, Process, without_result
from tests.chaos.resource import Resource
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.models.projects import Project, ProjectBody
from toggl_mcp.sandbox import HARBOUR_STUDIO
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

VERBS = {"add": 6, "edit": 5, "delete": 2, "get": 3, "collect": 3, "named": 2}
"""The relative frequency of each verb."""
CLIENT_VERBS = {"delete client": 1, "archive client": 1, "restore client": 1}
FEW_CLIENTS = 5


class Projects(Resource):
    """The projects of a workspace."""

    MODEL = Project
    ENDPOINT = AsyncProjectEndpoint
    PROCESS_FIELDS = {"color": "#9e5bd9"}  # noqa: RUF012 - declared in the base as what it is

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.projects

    def rows(self, state: State) -> Iterable[Row]:
        return state.count_tracked([row for row in state.projects.values() if row["workspace_id"] == HARBOUR_STUDIO])

    def operation(self, chance: random.Random, items: Items, target_id: int, new_name: str, now: float) -> Operation:
        del now
        client = getattr(items.get(target_id), "client_id", None)
        verbs = VERBS | CLIENT_VERBS if client else VERBS
        (verb,) = chance.choices(list(verbs), list(verbs.values()))
        is_reused = chance.random() < 0.25 or verb == "named"
        name = self.label(chance.choice(list(items.values()))) if is_reused else new_name
        refresh, is_active = chance.random() < 0.2, chance.random() < 0.5
        new_client = chance.choice([getattr(project, "client_id", None) for project in items.values()]) or 0
        new_body = ProjectBody(name=name, color="#9e5bd9", client_id=chance.choice([None, new_client]))
        changes = [ProjectBody(name=name), ProjectBody(active=is_active), ProjectBody(client_id=new_client)]
        change = chance.choice([*changes, ProjectBody(color="#06a893", billable=is_active)])
        calls: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.projects.add(new_body),
            "edit": lambda process: process.projects.edit(target_id, change),
            "delete": lambda process: process.projects.delete(target_id),
            "get": lambda process: process.projects.find(target_id, refresh=refresh),
            "collect": lambda process: process.projects.read(refresh=refresh),
            "named": lambda process: process.projects.find_by_name(name, refresh=refresh),
            "delete client": lambda process: without_result(process.clients.delete(client or 0)),
            "archive client": lambda process: without_result(process.clients.archive(client or 0)),
            "restore client": lambda process: without_result(
                process.clients.restore(client or 0, restore_projects=is_active)
            ),
        }
        expected_fields = {"add": new_body.format("add"), "edit": change.format("edit")}
        return Operation(verb, target_id, name, refresh, calls[verb], expected_fields.get(verb, {}))

    def affects_others(self, operation: Operation, items: Items) -> bool:
        return super().affects_others(operation, items) or operation.verb in CLIENT_VERBS

    def touch(self, state: State, chance: random.Random, ids: Collection[int], new_name: str) -> None:
        target_id = chance.choice(list(ids))
        clients = [row["id"] for row in state.clients.values() if row["wid"] == HARBOUR_STUDIO]
        match chance.choice(["rename", "archive", "restore", "move", "remove", "of clients"]):
            case "rename":
                state.rename_project(target_id, new_name)
            case "archive" | "restore" as verb:
                state.edit_project(target_id, active=verb == "restore")
            case "move":
                state.edit_project(target_id, client_id=chance.choice([None, *clients]))
            case "of clients":
                self._touch_client(state, chance, target_id, ids)
            case _:
                state.remove_project(target_id)
        if len(clients) < FEW_CLIENTS:
            state.add_client(HARBOUR_STUDIO, new_name)

    def add(self, state: State, new_name: str) -> None:
        state.add_project(HARBOUR_STUDIO, new_name)

    def remove(self, state: State, target_id: int) -> None:
        state.remove_project(target_id)

    def _touch_client(self, state: State, chance: random.Random, target_id: int, ids: Collection[int]) -> None:
        """Change a project's client, unless it has projects that must not change."""
        client = state.projects[target_id]["client_id"]
        project_ids = {row["id"] for row in state.projects.values() if row["client_id"] == client}
        if client is None or not project_ids <= {*ids}:
            return
        match chance.choice(["archive", "restore", "remove"]):
            case "archive":
                state.archive_client(client)
            case "restore":
                state.restore_client(client, None)
            case _:
                state.remove_client(client)


PROJECTS = Projects()
