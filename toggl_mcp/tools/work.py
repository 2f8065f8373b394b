"""What an entry says of the work: names that become ids on the way in, and names again on the way out."""

import logging
from collections.abc import Awaitable, Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import anyio
from pydantic import BaseModel

from toggl_mcp.errors import InvalidArguments, NotFound, TogglError
from toggl_mcp.models.base import Absent, Entity
from toggl_mcp.models.client import Client
from toggl_mcp.models.project import Project
from toggl_mcp.models.task import Task
from toggl_mcp.models.time_entry import TimeEntry, TrackerBody
from toggl_mcp.models.tracking import Work
from toggl_mcp.tools.finding import meant, only

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.base import CachedEndpoint
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

E = TypeVar("E", bound=Entity)
T = TypeVar("T")

_log = logging.getLogger(__name__)

NAMES_SECONDS = 5.0
"""Seconds that names may take to be looked up: an answer is told without them rather than too late."""
NONE = "0"
"""What stands for no project, no client, no task and no tag."""


class ShownEntry(BaseModel):
    """A time entry, as answers about one show it."""

    id: int
    workspace_id: int
    start: str
    stop: str | Absent = None
    seconds: int
    description: str | Absent = None
    project: str | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    tags: list[str] | Absent = None
    billable: bool | Absent = None


class Planned(NamedTuple):
    """What is to be said of an entry, and the tags that Toggl makes along with it."""

    body: TrackerBody
    new_tags: list[str]


class Names(NamedTuple):
    """What the projects, clients and tasks of some entries are called, by id."""

    projects: dict[int, Project]
    clients: dict[int, Client]
    tasks: dict[int, Task]

    def project(self, entry: TimeEntry) -> str | None:
        """Return the name of an entry's project."""
        return _name(self.projects, entry.project_id, "project")

    def client(self, entry: TimeEntry) -> str | None:
        """Return the name of the client of an entry's project."""
        if entry.project_id is None:
            return None
        project = self.projects.get(entry.project_id)
        return "(client unknown)" if project is None else _name(self.clients, project.client_id, "client")

    def task(self, entry: TimeEntry) -> str | None:
        """Return the name of an entry's task."""
        return _name(self.tasks, entry.task_id, "task")


async def planned(said: Work, workspace: int, toggl: "Toggl") -> Planned:
    """Return what is said with ids in the place of names, and nothing written yet.

    Raises:
        NotFound: A name means nothing; the message names those that come near.
        Ambiguous: A name means several; the message lists their ids.
        InvalidArguments: The task is another project's.
    """
    tags, new = await _tags(said, workspace, toggl)
    project = await _id(said.project, toggl.projects(workspace), toggl)
    task = None if said.task in (None, NONE) else await _task(said.task or "", project, workspace, toggl)
    if task is not None and project not in (None, task.project_id):
        message = f"task: “{task.name}” ({task.id}) belongs to project {task.project_id}. Name that, or leave it out."
        raise InvalidArguments(message)
    body = TrackerBody(
        description=said.description,
        billable=said.billable,
        tags=tags,
        project_id=project if task is None else task.project_id,
        task_id=task.id if task is not None else 0 if said.task == NONE else None,
    )
    return Planned(body, new)


async def noted(plan: Planned, workspace: int, toggl: "Toggl", change: Awaitable[T]) -> T:
    """Return what a change returns, and forget the list of tags if it may have made some."""
    try:
        return await change
    finally:
        if plan.new_tags:
            await toggl.tags(workspace).forget()


async def names_of(entries: Iterable[TimeEntry], toggl: "Toggl", *, sure: bool = False) -> Names:
    """Return the names that these entries need, at the lowest cost in requests.

    What cannot be looked up has no name, unless they have to be `sure`: a change that happened is told in any case.
    """
    names = Names({}, {}, {})
    by_workspace: dict[int, list[TimeEntry]] = {}
    for entry in entries:
        by_workspace.setdefault(entry.workspace_id, []).append(entry)
    for workspace, here in by_workspace.items():
        projects = {entry.project_id or 0 for entry in here}
        names.projects.update(await _looked_up(toggl.projects(workspace), projects, toggl, sure=sure))
        owners = {names.projects[key].client_id or 0 for key in projects & names.projects.keys()}
        names.clients.update(await _looked_up(toggl.clients(workspace), owners, toggl, sure=sure))
        tasks = {entry.task_id or 0 for entry in here}
        if tasks != {0} and await toggl.has_tasks(workspace):
            names.tasks.update(await _looked_up(toggl.tasks(workspace), tasks, toggl, sure=sure))
    return names


async def _looked_up(endpoint: "CachedEndpoint[E]", ids: set[int], toggl: "Toggl", *, sure: bool) -> dict[int, E]:
    try:
        with anyio.fail_after(None if sure else NAMES_SECONDS):
            return await toggl.directory.by_id(endpoint, ids)
    except (TogglError, TimeoutError):
        if sure:
            raise
        _log.warning("The names of some %s could not be looked up.", endpoint.PATH, exc_info=True)
        return {}


async def shown(entry: TimeEntry, calendar: "Calendar", toggl: "Toggl") -> ShownEntry:
    """Return what is shown of one entry."""
    names, now = await names_of([entry], toggl), toggl.moment()
    return ShownEntry(
        id=entry.id,
        workspace_id=entry.workspace_id,
        start=entry.start.astimezone(calendar.zone).isoformat(timespec="seconds"),
        stop=None if entry.running else entry.end(now).astimezone(calendar.zone).isoformat(timespec="seconds"),
        seconds=entry.seconds(now),
        description=entry.description or None,
        project=names.project(entry),
        client=names.client(entry),
        task=names.task(entry),
        tags=entry.tags or None,
        billable=entry.billable or None,
    )


async def _id(ref: str | None, endpoint: "CachedEndpoint[Any]", toggl: "Toggl") -> int | None:
    """Return the id that a name or an id means, 0 for none."""
    return None if ref is None else 0 if ref == NONE else (await meant(ref, endpoint, toggl)).id


async def _task(ref: str, project: int | None, workspace: int, toggl: "Toggl") -> Task:
    """Return the task that a name or an id means, of a project if one is named.

    Raises:
        NotFound: None is meant.
        Ambiguous: Several are; the message lists their ids.
    """
    tasks = toggl.tasks(workspace)
    if project is None or ref.isdecimal():
        return await meant(ref, tasks, toggl)
    named, known = await toggl.directory.by_name(tasks, ref)
    return only([task for task in named if task.project_id == project], ref, known, tasks)


async def _tags(said: Work, workspace: int, toggl: "Toggl") -> tuple[list[str] | None, list[str]]:
    """Return the tags as they are spelt at Toggl, and those of them that do not exist yet."""
    if said.tags is None:
        return None, []
    spelt: dict[str, str] = {}
    new: list[str] = []
    for name in said.tags:
        found, known = await toggl.directory.by_name(toggl.tags(workspace), name)
        exact = next((tag.name for tag in found if tag.name == name), found[0].name if found else None)
        if exact is None and not said.create_missing_tags:
            raise _no_tag(name, [tag.name for tag in known.items.values()], workspace)
        new += [] if exact or name.casefold() in spelt else [name]
        spelt.setdefault((exact or name).casefold(), exact or name)
    return list(spelt.values()), new


def _no_tag(name: str, known: list[str], workspace: int) -> NotFound:
    near = ", ".join(f"“{close}”" for close in get_close_matches(name, known, n=3))
    return NotFound(
        f"There is no tag “{name}” in workspace {workspace}. "
        + (f"Near: {near}. " if near else "list_tags has them. ")
        + "create_missing_tags: true makes it."
    )


def _name(known: Mapping[int, Entity], item_id: int | None, kind: str) -> str | None:
    """Return a name, with the id if several share it; what one may not see is called by its id."""
    if item_id is None:
        return None
    if item_id not in known:
        return f"({kind} {item_id})"
    name = known[item_id].name
    return f"{name} ({item_id})" if [item.name for item in known.values()].count(name) > 1 else name
