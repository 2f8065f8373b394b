"""The tools about projects."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.projects import Project, ProjectBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, NameContains, Ref, Refreshable
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_id,
    duplicate_name_error,
    get_by_id_or_name,
    get_or_raise,
    require_found,
    resolve_id,
    workspace_fields,
)
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, page_fields, trim_page
from toggl_mcp.tools.support.results import Freshness, WorkspaceResult

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
    def _require_change(self) -> Self:
        if not self.format("edit") and self.client is None:
            message = "give at least one change"
            raise ValueError(message)
        return self


class EditProjectRestricted(EditProject, frozen=True):
    """The arguments of `edit_project` where nothing may be archived."""

    refuses: ClassVar = BY_REF | {"active": "this server's access mode archives nothing"}


class ListProjects(Refreshable, frozen=True):
    """The arguments of `list_projects`."""

    name: NameContains | Absent = None
    client: Annotated[Ref, Field(description="Only this client's; name or id; 0: without one.")] | Absent = None
    status: Annotated[Status, Field(description="Which projects.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Projects in a page.")] = 50
    cursor: Cursor | Absent = None


class GetProject(Refreshable, frozen=True):
    """The arguments of `get_project`."""

    project_id: ProjectId | Absent = None
    name: Annotated[Name, Field(description="Or its exact name, in any case.")] | Absent = None

    @model_validator(mode="after")
    def _require_one_reference(self) -> Self:
        if (self.project_id is None) == (self.name is None):
            message = "give exactly one of project_id and name"
            raise ValueError(message)
        return self


class DeleteProject(InWorkspace, frozen=True):
    """The arguments of `delete_project`."""

    project_id: ProjectId


class ProjectOut(BaseModel):
    """A project, as answers show it."""

    id: int
    name: str
    active: bool
    client_id: int | Absent = None
    color: str | Absent = None
    billable: bool | Absent = None
    is_private: bool | Absent = None

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """Return what is shown of a project."""
        return cls(**project.model_dump(exclude={"workspace_id", "updated_at"}))


class ProjectResult(WorkspaceResult):
    """One project after a change."""

    project: ProjectOut


class CachedProjectResult(ProjectResult, Freshness):
    """One project as it is known."""


class ProjectList(PageResult):
    """One page of projects."""

    projects: list[ProjectOut]


class ProjectDeleted(WorkspaceResult):
    """A project that is gone."""

    deleted_project_id: int


async def create_project(args: CreateProject, toggl: "Toggl") -> ProjectResult:
    """Create an active project, for a client if one is named."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    projects = toggl.projects(workspace)
    body = await _with_client(args, args.client, workspace, toggl)
    try:
        project = await projects.add(body)
    except DuplicateName as error:
        raise await duplicate_name_error(
            projects, args.name, lambda other: (other.client_id or 0) == (body.client_id or 0)
        ) from error
    return ProjectResult(project=ProjectOut.of(project), **await workspace_fields(toggl, workspace))


async def get_project(args: GetProject, toggl: "Toggl") -> CachedProjectResult:
    """Find one project by its id, or by its exact name in any case, archived ones included."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    project, source, as_of = await get_by_id_or_name(
        args.project_id, args.name, toggl.projects(workspace), refresh=args.refresh
    )
    freshness = Freshness.of(source, as_of, toggl.timestamp())
    return CachedProjectResult(
        project=ProjectOut.of(project), **freshness, **await workspace_fields(toggl, workspace, source)
    )


async def list_projects(args: ListProjects, toggl: "Toggl") -> ProjectList:
    """List the projects of a workspace by name: active ones unless status says otherwise."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    client_id = await resolve_id(args.client, toggl.clients(workspace), toggl.name_index)
    filters = (workspace, args.name, args.status, client_id)
    page = await toggl.projects(workspace).page(
        name=args.name,
        status=args.status,
        client_id=client_id,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    projects, page = trim_page(page, ProjectOut.of)
    return ProjectList(
        projects=projects,
        **await page_fields(page, filters, toggl, workspace),
    )


async def edit_project(args: EditProject, toggl: "Toggl") -> ProjectResult:
    """Change a project's name, client, colour or state. What is left out stays as it is."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    projects = toggl.projects(workspace)
    project = await projects.edit(args.project_id, await _with_client(args, args.client, workspace, toggl))
    project_out = ProjectOut.of(require_found(project, args.project_id, projects))
    return ProjectResult(project=project_out, **await workspace_fields(toggl, workspace))


async def delete_project(args: DeleteProject, toggl: "Toggl") -> ProjectDeleted:
    """Delete a project for good. Its time entries stay, without a project. To keep it, edit_project(active: false)."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    fields = await delete_by_id(args.project_id, toggl.projects(workspace), toggl)
    return ProjectDeleted(deleted_project_id=args.project_id, **fields)


async def _confirmation_text(args: DeleteProject, toggl: "Toggl") -> str:
    workspace = await toggl.resolve_workspace(args.workspace_id)
    project = await get_or_raise(args.project_id, toggl.projects(workspace))
    return (
        f"Delete the project “{project.name}” ({project.id}) from workspace {workspace} for good? "
        "Its time entries stay, without a project."
    )


TOOLS = (
    ToolSpec(create_project, "Create project", ADDITIVE, CreateProject, ProjectResult, requires="projects"),
    ToolSpec(get_project, "Get project", READ_ONLY, GetProject, CachedProjectResult),
    ToolSpec(list_projects, "List projects", READ_ONLY, ListProjects, ProjectList),
    ToolSpec(
        edit_project, "Edit project", DESTRUCTIVE, EditProject, ProjectResult, restricted_input=EditProjectRestricted
    ),
    ToolSpec(delete_project, "Delete project", DESTRUCTIVE, DeleteProject, ProjectDeleted, confirm=_confirmation_text),
)


async def _with_client(body: ProjectBody, ref: str | None, workspace: int, toggl: "Toggl") -> ProjectBody:
    """Return the body with the id of the client that is meant."""
    return body.model_copy(
        update={"client_id": await resolve_id(ref, toggl.clients(workspace).reserved, toggl.name_index)}
    )
