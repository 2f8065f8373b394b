"""The tools about projects."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent
from toggl_mcp.models.projects import (
    CreateProject,
    EditKeptProject,
    EditProject,
    GetProject,
    ListProjects,
    OneProject,
    Project,
    ProjectBody,
)
from toggl_mcp.tools.answers import Answer, Known
from toggl_mcp.tools.cursor import position
from toggl_mcp.tools.finding import context, gone, id_meant, one, taken, target, there
from toggl_mcp.tools.listing import Listed, fitted, listed
from toggl_mcp.tools.offer import CHANGES, CREATES, READS, Offer

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


class ShownProject(BaseModel):
    """A project, as answers show it."""

    id: int
    name: str
    active: bool
    client_id: int | Absent = None
    color: str | Absent = None
    billable: bool | Absent = None
    is_private: bool | Absent = None

    @classmethod
    def of(cls, project: Project) -> "ShownProject":
        """Return what is shown of a project."""
        return cls(**project.model_dump(exclude={"workspace_id", "updated_at"}))


class ProjectAnswer(Answer):
    """One project after a change."""

    project: ShownProject


class ProjectFound(ProjectAnswer, Known):
    """One project as it is known."""


class ProjectList(Listed):
    """One page of projects."""

    projects: list[ShownProject]


class ProjectDeleted(Answer):
    """A project that is gone."""

    deleted_project_id: int


async def create_project(new: CreateProject, toggl: "Toggl") -> ProjectAnswer:
    """Create an active project, for a client if one is named."""
    workspace = await toggl.workspace(new.workspace_id)
    projects = toggl.projects(workspace)
    body = await _with_client(new, new.client, workspace, toggl)
    try:
        project = await projects.add(body)
    except DuplicateName as error:
        raise await taken(projects, new.name, lambda other: (other.client_id or 0) == (body.client_id or 0)) from error
    return ProjectAnswer(project=ShownProject.of(project), **await context(toggl, workspace))


async def get_project(asked: GetProject, toggl: "Toggl") -> ProjectFound:
    """Find one project by its id, or by its exact name in any case, archived ones included."""
    workspace = await toggl.workspace(asked.workspace_id)
    project, source, as_of = await one(asked.project_id, asked.name, toggl.projects(workspace), refresh=asked.refresh)
    known = Known.of(source, as_of, toggl.now())
    return ProjectFound(project=ShownProject.of(project), **known, **await context(toggl, workspace, source))


async def list_projects(asked: ListProjects, toggl: "Toggl") -> ProjectList:
    """List the projects of a workspace by name: active ones unless status says otherwise."""
    workspace = await toggl.workspace(asked.workspace_id)
    client_id = await id_meant(asked.client, toggl.clients(workspace), toggl.directory)
    filters = (workspace, asked.name, asked.status, client_id)
    page = await toggl.projects(workspace).page(
        name=asked.name,
        status=asked.status,
        client_id=client_id,
        limit=asked.limit,
        after=position(asked.cursor, filters),
        refresh=asked.refresh,
    )
    projects, page = fitted(page, ShownProject.of)
    return ProjectList(
        projects=projects,
        **await listed(page, filters, toggl, workspace),
    )


async def edit_project(changes: EditProject, toggl: "Toggl") -> ProjectAnswer:
    """Change a project's name, client, colour or state. What is left out stays as it is."""
    workspace = await toggl.workspace(changes.workspace_id)
    projects = toggl.projects(workspace)
    project = await projects.edit(changes.project_id, await _with_client(changes, changes.client, workspace, toggl))
    shown = ShownProject.of(there(project, changes.project_id, projects))
    return ProjectAnswer(project=shown, **await context(toggl, workspace))


async def delete_project(asked: OneProject, toggl: "Toggl") -> ProjectDeleted:
    """Delete a project for good. Its time entries stay, without a project. To keep it, edit_project(active: false)."""
    workspace = await toggl.workspace(asked.workspace_id)
    said = await gone(asked.project_id, toggl.projects(workspace), toggl)
    return ProjectDeleted(deleted_project_id=asked.project_id, **said)


async def _what_goes(asked: OneProject, toggl: "Toggl") -> str:
    workspace = await toggl.workspace(asked.workspace_id)
    project = await target(asked.project_id, toggl.projects(workspace))
    return (
        f"Delete the project “{project.name}” ({project.id}) from workspace {workspace} for good? "
        "Its time entries stay, without a project."
    )


OFFERS = (
    Offer(create_project, "Create project", CREATES, CreateProject, ProjectAnswer, needs="projects"),
    Offer(get_project, "Get project", READS, GetProject, ProjectFound),
    Offer(list_projects, "List projects", READS, ListProjects, ProjectList),
    Offer(edit_project, "Edit project", CHANGES, EditProject, ProjectAnswer, sparing=EditKeptProject),
    Offer(delete_project, "Delete project", CHANGES, OneProject, ProjectDeleted, question=_what_goes),
)


async def _with_client(body: ProjectBody, ref: str | None, workspace: int, toggl: "Toggl") -> ProjectBody:
    """Return the body with the id of the client that is meant."""
    return body.model_copy(update={"client_id": await id_meant(ref, toggl.clients(workspace), toggl.urgent_directory)})
