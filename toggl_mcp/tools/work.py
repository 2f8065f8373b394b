"""What an entry says of the work: names that become ids on the way in, and names again on the way out."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel

from toggl_mcp.errors import NotFound
from toggl_mcp.models.base import Absent, Entity
from toggl_mcp.models.client import Client
from toggl_mcp.models.project import Project
from toggl_mcp.models.tag import TagBody
from toggl_mcp.models.time_entry import TimeEntry, TrackerBody
from toggl_mcp.models.tracking import Work
from toggl_mcp.tools.finding import meant

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

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
    """What is to be said of an entry, and the tags that have to be made before."""

    body: TrackerBody
    new_tags: list[str]


class Names(NamedTuple):
    """What the projects, clients and tasks of some entries are called, by id."""

    projects: Mapping[int, Project]
    clients: Mapping[int, Client]
    tasks: Mapping[int, Entity]

    def project(self, entry: TimeEntry) -> str | None:
        """Return the name of an entry's project."""
        return _name(self.projects, entry.project_id, "project")

    def client(self, entry: TimeEntry) -> str | None:
        """Return the name of the client of an entry's project."""
        project = self.projects.get(entry.project_id or 0)
        return _name(self.clients, None if project is None else project.client_id, "client")

    def task(self, entry: TimeEntry) -> str | None:
        """Return the name of an entry's task."""
        return _name(self.tasks, entry.task_id, "task")


async def planned(said: Work, workspace: int, toggl: "Toggl") -> Planned:
    """Return what is said with ids in the place of names, and nothing written yet.

    Raises:
        NotFound: A name means nothing; the message names those that come near.
        Ambiguous: A name means several; the message lists their ids.
    """
    tags, new = await _tags(said, workspace, toggl)
    project = said.project
    if project is not None and project != NONE:
        project = str((await meant(project, toggl.projects(workspace), toggl)).id)
    body = TrackerBody(
        description=said.description,
        billable=said.billable,
        tags=tags,
        project_id=None if project is None else int(project),
    )
    return Planned(body, new)


async def make_tags(new: Iterable[str], workspace: int, toggl: "Toggl") -> None:
    """Create tags, each at most once."""
    for name in new:
        await toggl.tags(workspace).add(TagBody(name=name))


async def names_of(entries: Iterable[TimeEntry], toggl: "Toggl") -> Names:
    """Return the names that these entries need, at the lowest cost in requests."""
    found = Names({}, {}, {})
    projects: dict[int, Project] = {}
    clients: dict[int, Client] = {}
    by_workspace: dict[int, set[int]] = {}
    for entry in entries:
        by_workspace.setdefault(entry.workspace_id, set()).add(entry.project_id or 0)
    for workspace, ids in by_workspace.items():
        here = await toggl.directory.by_id(toggl.projects(workspace), ids - {0})
        owners = {project.client_id for project in here.values() if project.client_id is not None}
        projects |= here
        clients |= await toggl.directory.by_id(toggl.clients(workspace), owners)
    return found._replace(projects=projects, clients=clients)


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


async def _tags(said: Work, workspace: int, toggl: "Toggl") -> tuple[list[str] | None, list[str]]:
    """Return the tags as they are spelt at Toggl, and those of them that do not exist yet."""
    if said.tags is None:
        return None, []
    spelt: list[str] = []
    new: list[str] = []
    for name in said.tags:
        found, known = await toggl.directory.by_name(toggl.tags(workspace), name)
        exact = next((tag.name for tag in found if tag.name == name), found[0].name if found else None)
        if exact is None and not said.create_missing_tags:
            raise _no_tag(name, [tag.name for tag in known.items.values()], workspace)
        spelt.append(exact or name)
        new += [] if exact else [name]
    return spelt, new


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
