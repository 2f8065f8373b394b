"""The tools about projects."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.projects import Project, ProjectBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, PartOfName, Ref, Refreshable
from toggl_mcp.tools.support.define import CHANGES, CREATES, READS, Offer
from toggl_mcp.tools.support.lookup import context, gone, id_meant, one, taken, target, there
from toggl_mcp.tools.support.pagination import Listed, fitted, listed, position
from toggl_mcp.tools.support.results import Answer, Known

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


ProjectId = Annotated[Id, Field(description="The project's id.")]


BY_REF: dict[str, str] = {"client_id": "client takes a name or an id"}


class CreateProject(ProjectBody, InWorkspace, frozen=True):
    """The arguments of `create_project`."""

    name: Annotated[Name, Field(description="The new project's name, unique for its client.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    client: Annotated[Ref, Field(description="Its client's name or id.")] | Absent = None
    refuses: ClassVar = BY_REF | {"active": "a new project is active, and edit_project(active: false) archives it"}


class EditProject(ProjectBody, InWorkspace, frozen=True):
    """The arguments of `edit_project`."""

    project_id: ProjectId
    client: Annotated[Ref, Field(description="Its client's name or id; 0: none.")] | Absent = None
    refuses: ClassVar = BY_REF

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.format("edit") and self.client is None:
            message = "give at least one change"
            raise ValueError(message)
        return self


class EditKeptProject(EditProject, frozen=True):
    """The arguments of `edit_project` where nothing may be archived."""

    refuses: ClassVar = BY_REF | {"active": "this server's access mode archives nothing"}


class ListProjects(Refreshable, frozen=True):
    """The arguments of `list_projects`."""

    name: PartOfName | Absent = None
    client: Annotated[Ref, Field(description="Only this client's; name or id; 0: without one.")] | Absent = None
    status: Annotated[Status, Field(description="Which projects.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Projects in a page.")] = 50
    cursor: Cursor | Absent = None


class GetProject(Refreshable, frozen=True):
    """The arguments of `get_project`."""

    project_id: ProjectId | Absent = None
    name: Annotated[Name, Field(description="Or its exact name, in any case.")] | Absent = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.project_id is None) == (self.name is None):
            message = "give exactly one of project_id and name"
            raise ValueError(message)
        return self


class OneProject(InWorkspace, frozen=True):
    """The arguments of `delete_project`."""

    project_id: ProjectId


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
    workspace = await toggl.resolve_workspace(new.workspace_id)
    projects = toggl.projects(workspace)
    body = await _with_client(new, new.client, workspace, toggl)
    try:
        project = await projects.add(body)
    except DuplicateName as error:
        raise await taken(projects, new.name, lambda other: (other.client_id or 0) == (body.client_id or 0)) from error
    return ProjectAnswer(project=ShownProject.of(project), **await context(toggl, workspace))


async def get_project(asked: GetProject, toggl: "Toggl") -> ProjectFound:
    """Find one project by its id, or by its exact name in any case, archived ones included."""
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    project, source, as_of = await one(asked.project_id, asked.name, toggl.projects(workspace), refresh=asked.refresh)
    known = Known.of(source, as_of, toggl.timestamp())
    return ProjectFound(project=ShownProject.of(project), **known, **await context(toggl, workspace, source))


async def list_projects(asked: ListProjects, toggl: "Toggl") -> ProjectList:
    """List the projects of a workspace by name: active ones unless status says otherwise."""
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    client_id = await id_meant(asked.client, toggl.clients(workspace), toggl.name_index)
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
    workspace = await toggl.resolve_workspace(changes.workspace_id)
    projects = toggl.projects(workspace)
    project = await projects.edit(changes.project_id, await _with_client(changes, changes.client, workspace, toggl))
    shown = ShownProject.of(there(project, changes.project_id, projects))
    return ProjectAnswer(project=shown, **await context(toggl, workspace))


async def delete_project(asked: OneProject, toggl: "Toggl") -> ProjectDeleted:
    """Delete a project for good. Its time entries stay, without a project. To keep it, edit_project(active: false)."""
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    said = await gone(asked.project_id, toggl.projects(workspace), toggl)
    return ProjectDeleted(deleted_project_id=asked.project_id, **said)


async def _what_goes(asked: OneProject, toggl: "Toggl") -> str:
    workspace = await toggl.resolve_workspace(asked.workspace_id)
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
    return body.model_copy(
        update={"client_id": await id_meant(ref, toggl.clients(workspace).reserved, toggl.name_index)}
    )
