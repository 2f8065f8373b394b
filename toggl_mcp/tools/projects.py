"""The tools about projects."""

from typing import Annotated, ClassVar

from pydantic import Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.projects import Project, ProjectBody, ProjectDetails
from toggl_mcp.tools.support.args import (
    Cursor,
    InWorkspace,
    NameContains,
    Ref,
    Refreshable,
    at_least_one,
    exactly_one,
    leave_out,
)
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_id,
    duplicate_name_error,
    get_by_id_or_name,
    get_or_raise,
    require_found,
    resolve_id,
)
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, trim_page
from toggl_mcp.tools.support.results import Freshness, OutputModel, WorkspaceResult

ProjectId = Annotated[Id, Field(description="The project's id.")]


class CreateProject(ProjectDetails, InWorkspace, frozen=True):
    """The arguments of `create_project`."""

    name: Annotated[Name, Field(description="The new project's name, unique for its client.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    client: Annotated[Ref, Field(description="Its client's name or id.")] | Absent = None
    active: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - a new project is active


class EditProject(ProjectDetails, InWorkspace, frozen=True):
    """The arguments of `edit_project`."""

    project_id: ProjectId
    client: Annotated[Ref, Field(description="Its client's name or id; 0: none.")] | Absent = None

    _change = at_least_one(*ProjectDetails.model_fields, "client")


EditProjectRestricted = leave_out(EditProject, "active")
"""The arguments of `edit_project` where nothing may be archived."""


class ListProjects(Refreshable, frozen=True):
    """The arguments of `list_projects`."""

    name: NameContains | Absent = None
    client: Annotated[Ref, Field(description="Client's name or id; 0: without one.")] | Absent = None
    status: Annotated[Status, Field(description="Projects to list.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Projects per page.")] = 50
    cursor: Cursor | Absent = None


class GetProject(Refreshable, frozen=True):
    """The arguments of `get_project`."""

    project_id: ProjectId | Absent = None
    name: Annotated[Name, Field(description="Exact name, in any case.")] | Absent = None

    _reference = exactly_one("project_id", "name")


class DeleteProject(InWorkspace, frozen=True):
    """The arguments of `delete_project`."""

    project_id: ProjectId


class ProjectOut(OutputModel):
    """A project, as results show it."""

    id: int
    name: str
    active: bool
    client_id: int | Absent = None
    color: str | Absent = None
    billable: bool | Absent = None
    is_private: bool | Absent = None

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """Return a project as results show it."""
        return cls(**project.model_dump(exclude={"workspace_id", "updated_at"}))


class ProjectResult(WorkspaceResult):
    """One project after a change."""

    project: ProjectOut


class CachedProjectResult(ProjectResult, Freshness):
    """One project, and how fresh it is."""


class ProjectList(PageResult):
    """One page of projects."""

    projects: list[ProjectOut]


class ProjectDeleted(WorkspaceResult):
    """The result of `delete_project`."""

    deleted_project_id: int


async def create_project(args: CreateProject, call: CallContext) -> ProjectResult:
    """Create an active project, for a client if one is given."""
    workspace_id = await call.workspace_id(args.workspace_id)
    projects = call.toggl.projects(workspace_id)
    body = await _to_body(args, workspace_id, call)
    try:
        project = await projects.add(body)
    except DuplicateName as error:
        # A project's name is unique for its client.
        rivals = [item for item in await projects.load_cache() if (item.client_id or 0) == (body.client_id or 0)]
        raise duplicate_name_error(args.name, projects, rivals) from error
    return ProjectResult(
        project=ProjectOut.of(project), workspace_id=workspace_id, quota=await call.quota(workspace_id)
    )


async def get_project(args: GetProject, call: CallContext) -> CachedProjectResult:
    """Get one project by its id or its exact name (in any case), archived projects included."""
    workspace_id = await call.workspace_id(args.workspace_id)
    project, read = await get_by_id_or_name(
        args.project_id, args.name, call.toggl.projects(workspace_id), refresh=args.refresh
    )
    quota = await call.quota(workspace_id, read.source)
    return CachedProjectResult.of(
        read, call.now, project=ProjectOut.of(project), workspace_id=workspace_id, quota=quota
    )


async def list_projects(args: ListProjects, call: CallContext) -> ProjectList:
    """List the projects of a workspace by name, by default active ones."""
    workspace_id = await call.workspace_id(args.workspace_id)
    client_id = await resolve_id(args.client, call.toggl.clients(workspace_id), call.toggl.name_index)
    filters = (workspace_id, args.name, args.status, client_id)
    page = await call.toggl.projects(workspace_id).page(
        name=args.name,
        status=args.status,
        client_id=client_id,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    projects, page = trim_page(page, ProjectOut.of)
    return await ProjectList.of_page(page, filters, call, workspace_id, projects=projects)


async def edit_project(args: EditProject, call: CallContext) -> ProjectResult:
    """Edit a project's name, client, color or state; omitted fields keep their values."""
    workspace_id = await call.workspace_id(args.workspace_id)
    projects = call.toggl.projects(workspace_id)
    project = await projects.edit(args.project_id, await _to_body(args, workspace_id, call))
    project_out = ProjectOut.of(require_found(project, args.project_id, projects))
    return ProjectResult(project=project_out, workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def delete_project(args: DeleteProject, call: CallContext) -> ProjectDeleted:
    """Delete a project permanently. Its time entries stay, without a project.

    To keep it, edit_project(active: false).
    """
    workspace_id = await call.workspace_id(args.workspace_id)
    await delete_by_id(args.project_id, call.toggl.projects(workspace_id))
    quota = await call.quota(workspace_id)
    return ProjectDeleted(deleted_project_id=args.project_id, workspace_id=workspace_id, quota=quota)


async def _confirmation_text(args: DeleteProject, call: CallContext) -> str:
    workspace_id = await call.workspace_id(args.workspace_id)
    project = await get_or_raise(args.project_id, call.toggl.projects(workspace_id))
    return (
        f"Delete the project “{project.name}” ({project.id}) from workspace {workspace_id} permanently? "
        "Its time entries stay, without a project."
    )


TOOLS = (
    ToolSpec(create_project, "Create project", ADDITIVE, CreateProject, ProjectResult, requires="projects"),
    ToolSpec(get_project, "Get project", READ_ONLY, GetProject, CachedProjectResult),
    ToolSpec(list_projects, "List projects", READ_ONLY, ListProjects, ProjectList),
    ToolSpec(
        edit_project, "Edit project", DESTRUCTIVE, EditProject, ProjectResult, restricted_input=EditProjectRestricted
    ),
    ToolSpec(
        delete_project,
        "Delete project",
        DESTRUCTIVE,
        DeleteProject,
        ProjectDeleted,
        confirm=_confirmation_text,
        needs_full_access=True,
    ),
)


async def _to_body(args: CreateProject | EditProject, workspace_id: int, call: CallContext) -> ProjectBody:
    """Return what the endpoint takes: the client's id in place of its name or id."""
    client_id = await resolve_id(args.client, call.toggl.clients(workspace_id).reserved, call.toggl.name_index)
    return ProjectBody(client_id=client_id, **args.model_dump(include=set(ProjectBody.model_fields)))
