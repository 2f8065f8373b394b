"""Projects, for a run: what becomes of their clients changes them too."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from tests.chaos.operations import Process, Question, Things, done
from tests.chaos.resource import Resource
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.models.projects import Project, ProjectBody
from toggl_mcp.sandbox import HARBOUR_STUDIO
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

VERBS = {"add": 6, "edit": 5, "delete": 2, "get": 3, "collect": 3, "named": 2}
"""How often each is asked for."""
OF_CLIENTS = {"delete client": 1, "archive client": 1, "restore client": 1}
FEW_CLIENTS = 5


class Projects(Resource):
    """The projects of a workspace."""

    MODEL = Project
    ENDPOINT = AsyncProjectEndpoint
    OURS = {"color": "#9e5bd9"}  # noqa: RUF012 - declared in the base as what it is

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.projects

    def rows(self, world: State) -> Iterable[Row]:
        return [row for row in world.projects.values() if row["workspace_id"] == HARBOUR_STUDIO]

    def question(self, chance: random.Random, there: Things, about: int, new: str, now: float) -> Question:
        del now
        client = getattr(there.get(about), "client_id", None)
        verbs = VERBS | OF_CLIENTS if client else VERBS
        (verb,) = chance.choices(list(verbs), list(verbs.values()))
        taken = chance.random() < 0.25 or verb == "named"
        name = self.label(chance.choice(list(there.values()))) if taken else new
        refresh, along = chance.random() < 0.2, chance.random() < 0.5
        other = chance.choice([getattr(project, "client_id", None) for project in there.values()]) or 0
        made = ProjectBody(name=name, color="#9e5bd9", client_id=chance.choice([None, other]))
        changes = [ProjectBody(name=name), ProjectBody(active=along), ProjectBody(client_id=other)]
        change = chance.choice([*changes, ProjectBody(color="#06a893", billable=along)])
        puts: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.projects.add(made),
            "edit": lambda process: process.projects.edit(about, change),
            "delete": lambda process: process.projects.delete(about),
            "get": lambda process: process.projects.find(about, refresh=refresh),
            "collect": lambda process: process.projects.read(refresh=refresh),
            "named": lambda process: process.projects.find_by_name(name, refresh=refresh),
            "delete client": lambda process: done(process.clients.delete(client or 0)),
            "archive client": lambda process: done(process.clients.archive(client or 0)),
            "restore client": lambda process: done(process.clients.restore(client or 0, restore_projects=along)),
        }
        wanted = {"add": made.format("add"), "edit": change.format("edit")}
        return Question(verb, about, name, refresh, puts[verb], wanted.get(verb, {}))

    def meddles(self, question: Question, there: Things) -> bool:
        return super().meddles(question, there) or question.verb in OF_CLIENTS

    def touch(self, world: State, chance: random.Random, among: Collection[int], new: str) -> None:
        about = chance.choice(list(among))
        clients = [row["id"] for row in world.clients.values() if row["wid"] == HARBOUR_STUDIO]
        match chance.choice(["rename", "archive", "restore", "move", "remove", "of clients"]):
            case "rename":
                world.rename_project(about, new)
            case "archive" | "restore" as verb:
                world.edit_project(about, active=verb == "restore")
            case "move":
                world.edit_project(about, client_id=chance.choice([None, *clients]))
            case "of clients":
                self._touch_client(world, chance, about, among)
            case _:
                world.remove_project(about)
        if len(clients) < FEW_CLIENTS:
            world.add_client(HARBOUR_STUDIO, new)

    def add(self, world: State, new: str) -> None:
        world.add_project(HARBOUR_STUDIO, new)

    def remove(self, world: State, about: int) -> None:
        world.remove_project(about)

    def _touch_client(self, world: State, chance: random.Random, about: int, among: Collection[int]) -> None:
        """Do something to a project's client, unless it has projects that are not to be touched."""
        client = world.projects[about]["client_id"]
        its = {row["id"] for row in world.projects.values() if row["client_id"] == client}
        if client is None or not its <= {*among}:
            return
        match chance.choice(["archive", "restore", "remove"]):
            case "archive":
                world.archive_client(client)
            case "restore":
                world.restore_client(client, None)
            case _:
                world.remove_client(client)


PROJECTS = Projects()
