"""The tools about projects."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.errors import DuplicateName, InvalidArguments, PlanRequired
from toggl_mcp.models.base import Absent, Name, Status
from toggl_mcp.models.day_grammar import parse_day
from toggl_mcp.models.projects import PAID_FIELDS, Project, ProjectBody, ProjectDetails
from toggl_mcp.tools.support.args import (
    EditArgs,
    ListArgs,
    NameOrId,
    ReadArgs,
    Ref,
    TimeText,
    WorkspaceArgs,
    naming_argument,
    omit_fields,
    require_any_of,
)
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_ref,
    deletion_question,
    duplicate_name_error,
    get_by_ref,
    naming_deleted,
    require_found,
    resolve,
    resolve_filter,
    resolve_id,
    warn_of_namesakes,
)
from toggl_mcp.tools.support.resources import (
    ChangeResult,
    NamedChangeResult,
    PageResult,
    ReadResult,
    ResourceOut,
    decode_cursor,
    trim_page,
)
from toggl_mcp.tools.support.results import declared_by

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.projects import AsyncProjectEndpoint


class ProjectFields(ProjectDetails, frozen=True):
    """The fields of a project, with days in words."""

    start_date: Annotated[TimeText, Field(description="2026-11-24.")] | Absent = None
    end_date: Annotated[TimeText, Field(description="2026-11-24.")] | Absent = None

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        """Return the fields: which day comes first is known when they are read."""
        return self


class CreateProject(ProjectFields, WorkspaceArgs, frozen=True):
    """The arguments of `create_project`."""

    name: Annotated[Name, Field(description="The new project's name, unique for its client.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    client: NameOrId | Absent = None
    active: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - a new project is active


class EditProject(EditArgs, ProjectFields, WorkspaceArgs, frozen=True):
    """The arguments of `edit_project`."""

    project: NameOrId
    client: NameOrId | Absent = None
    clear: Annotated[list[Literal["client"]], Field(max_length=1, description="Fields to empty.")] | Absent = None

    _change = require_any_of(*ProjectDetails.model_fields, "client", "clear")


EditProjectRestricted = omit_fields(EditProject, "active")
"""The arguments of `edit_project` where nothing may be archived."""


class ListProjects(ListArgs, frozen=True):
    """The arguments of `list_projects`."""

    client: Annotated[Ref, Field(description="Client's name or id; 0: without one.")] | Absent = None
    status: Annotated[Status, Field(description="Projects to list.")] = "active"


class GetProject(ReadArgs, frozen=True):
    """The arguments of `get_project`."""

    project: NameOrId


class DeleteProject(WorkspaceArgs, frozen=True):
    """The arguments of `delete_project`."""

    project: NameOrId


class ProjectOut(ResourceOut, Project, frozen=True):
    """A project, as results show it."""

    estimated_seconds: SkipJsonSchema[int | None] = Field(default=None, exclude=True)
    actual_seconds: SkipJsonSchema[int | None] = Field(default=None, exclude=True)
    currency: SkipJsonSchema[str | None] = Field(default=None, exclude=True)


class ProjectRow(ProjectOut, frozen=True):
    """A project in a list: project_status has the rest."""

    estimated_hours: SkipJsonSchema[int | None] = Field(default=None, exclude=True)
    rate: SkipJsonSchema[float | None] = Field(default=None, exclude=True)
    fixed_fee: SkipJsonSchema[float | None] = Field(default=None, exclude=True)
    start_date: SkipJsonSchema[str | None] = Field(default=None, exclude=True)
    end_date: SkipJsonSchema[str | None] = Field(default=None, exclude=True)
    recurring_period: SkipJsonSchema[str | None] = Field(default=None, exclude=True)


class ProjectResult(NamedChangeResult):
    """One project after a change."""

    project: Annotated[ProjectOut, declared_by("get_project")]


class ProjectRead(ReadResult):
    """One project, and how fresh it is."""

    project: ProjectOut


class ProjectList(PageResult):
    """One page of projects."""

    projects: list[ProjectRow]


class ProjectDeleted(ChangeResult):
    """The result of `delete_project`."""

    deleted_project_id: int
    deleted: SkipJsonSchema[ProjectOut]  # The schema of get_project has its fields.


async def create_project(args: CreateProject, call: CallContext) -> ProjectResult:
    """Create an active project, for a client if one is given, with its estimate, rate, fee and dates."""
    projects = call.toggl.projects(await call.workspace_id(args.workspace))
    body = await _to_body(args, projects.workspace_id, call)
    try:
        async with _naming_refused(body, projects.workspace_id, call):
            project = await projects.add(body)
    except DuplicateName as error:
        raise await _duplicate_error(args.name, body.client_id, projects) from error
    warnings = await _warn_of_namesakes(project, projects)
    return await ProjectResult.of_change(projects.workspace_id, call, project=ProjectOut.of(project), warnings=warnings)


async def get_project(args: GetProject, call: CallContext) -> ProjectRead:
    """Get one project by its id or its whole name, archived projects included."""
    project, read = await get_by_ref(args.project, call.toggl.projects, args, call)
    return await ProjectRead.of_read(read, project.workspace_id, call, project=ProjectOut.of(project))


async def list_projects(args: ListProjects, call: CallContext) -> ProjectList:
    """List the projects of a workspace by name, by default active ones."""
    workspace_id, client_id = await resolve_filter(args.client, call.toggl.clients, args, call)
    filters = (workspace_id, args.name, args.status, client_id)
    page = await call.toggl.projects(workspace_id).page(
        name=args.name,
        status=args.status,
        client_id=client_id,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    rows, page = trim_page(page, ProjectRow.of)
    return await ProjectList.of_page(page, filters, call, workspace_id, projects=rows)


async def edit_project(args: EditProject, call: CallContext) -> ProjectResult:
    """Edit a project: its name, client, color, state, estimate, rate, fee, dates; omitted fields keep their values."""
    projects = call.toggl.projects(await call.workspace_id(args.workspace))
    former = await resolve(args.project, projects.reserved, call.name_index)
    project_id = former.id
    body = await _to_body(args.apply_clear(), projects.workspace_id, call, former)
    try:
        async with _naming_refused(body, projects.workspace_id, call):
            project = require_found(await projects.edit(project_id, body), project_id, projects)
    except DuplicateName as error:
        client_id = former.client_id if body.client_id is None else body.client_id
        raise await _duplicate_error(body.name or former.name, client_id, projects) from error
    warnings = None if args.name is None else await _warn_of_namesakes(project, projects)
    return await ProjectResult.of_change(projects.workspace_id, call, project=ProjectOut.of(project), warnings=warnings)


async def delete_project(args: DeleteProject, call: CallContext) -> ProjectDeleted:
    """Delete a project permanently. Its time entries stay, without a project.

    To keep it, edit_project(active: false).
    """
    projects = call.toggl.projects(await call.workspace_id(args.workspace))
    project = await delete_by_ref(args.project, projects, call.name_index)
    return await ProjectDeleted.of_change(
        projects.workspace_id, call, deleted_project_id=project.id, deleted=ProjectOut.of(project)
    )


async def _confirmation_text(args: DeleteProject, call: CallContext) -> str:
    projects = call.toggl.projects(await call.workspace_id(args.workspace))
    return await deletion_question(args.project, projects, call.name_index, "Its time entries stay, without a project.")


async def _warn_of_namesakes(project: Project, projects: "AsyncProjectEndpoint") -> list[str] | None:
    """Return the warning that the same client's projects have a name but for its spelling; None if there is none."""
    # Who omits the client may mean that of any.
    client_ids = {None, project.client_id}
    return await warn_of_namesakes(
        project, projects, lambda item: project.client_id is None or item.client_id in client_ids
    )


async def _duplicate_error(name: str, client_id: int | None, projects: "AsyncProjectEndpoint") -> DuplicateName:
    """Return the error that a name is in use, with the projects that have it: it is unique for its client."""
    rivals = [item for item in await projects.load_cache() if (item.client_id or 0) == (client_id or 0)]
    return duplicate_name_error(name, projects, rivals)


@asynccontextmanager
async def _naming_refused(body: ProjectBody, workspace_id: int, call: CallContext) -> AsyncGenerator[None]:
    """Run a request, and name the client that Toggl has deleted, or the fields that the plan does not have.

    Raises:
        NotFound: Toggl has no such client any more.
        PlanRequired: The plan lacks one of the fields.
    """
    try:
        async with naming_deleted(body.client_id, call.toggl.clients(workspace_id).reserved, call.name_index):
            yield
    except PlanRequired as error:
        fields = ", ".join(field for field in PAID_FIELDS if getattr(body, field))
        if not fields:
            raise
        message = (
            f"{fields}: the plan of workspace {workspace_id} does not include this, so nothing was changed. "
            "Leave it out, or upgrade the plan."
        )
        raise PlanRequired(message) from error


async def _to_body(
    args: CreateProject | EditProject, workspace_id: int, call: CallContext, former: Project | None = None
) -> ProjectBody:
    """Return what the endpoint takes: the client's id in place of its name or id, and days in figures.

    `former` is the project that is edited.
    """
    dates = await _parse_dates(args, call, former)
    client_id = await resolve_id(args.client, call.toggl.clients(workspace_id).reserved, call.name_index)
    fields = args.model_dump(include=ProjectBody.model_fields.keys() - dates.keys())
    return ProjectBody.model_validate({**fields, **dates, "client_id": client_id})


async def _parse_dates(
    args: CreateProject | EditProject, call: CallContext, former: Project | None
) -> Mapping[str, str | None]:
    """Return the first and the last day of a project; nothing is requested for days in figures.

    Raises:
        InvalidArguments: A text is no day or has two readings, or the last day is before the first.
    """
    texts = {"start_date": args.start_date, "end_date": args.end_date}
    days = {field: _from_iso(text) for field, text in texts.items()}
    former_start = None if former is None else _from_iso(former.start_date)
    for field, text in texts.items():
        if text is None or days[field] is not None:
            continue
        calendar = await call.calendar()
        today = calendar.day_of(call.now)
        # Toggl lets a new project start today.
        earliest = date.min if field == "start_date" else days["start_date"] or former_start or today
        with naming_argument(field):
            days[field] = parse_day(text, today, calendar, earliest=earliest)
    start, end = days.values()
    if start is not None and end is not None and end < start:
        message = "end_date: is before start_date. Give the earlier day as start_date."
        raise InvalidArguments(message)
    return {field: None if day is None else day.isoformat() for field, day in days.items()}


def _from_iso(text: str | None) -> date | None:
    """Return the day of a text in figures, of any year; None if it is another text, or none."""
    with suppress(ValueError):
        return None if text is None else date.fromisoformat(text)
    return None


TOOLS = (
    ToolSpec(create_project, ADDITIVE, requires=["projects"]),
    ToolSpec(get_project, READ_ONLY),
    ToolSpec(list_projects, READ_ONLY),
    ToolSpec(edit_project, DESTRUCTIVE, requires=["projects"], restricted_input=EditProjectRestricted),
    ToolSpec(delete_project, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["projects"]),
)
