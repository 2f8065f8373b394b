"""Projects: what the work is on. https://engineering.toggl.com/docs/api/projects."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AliasChoices, Field, StringConstraints, model_validator

from toggl_mcp.models.base import (
    LARGEST_ID,
    Absent,
    Body,
    Cursor,
    Entity,
    Id,
    InWorkspace,
    Name,
    PartOfName,
    Ref,
    Refreshable,
)
from toggl_mcp.models.clients import Status

Verb = Literal["add", "edit"]
ProjectId = Annotated[Id, Field(description="The project's id.")]
ClientOrNone = Annotated[int, Field(ge=0, le=LARGEST_ID)]
BY_REF: dict[str, str] = {"client_id": "client takes a name or an id"}
Color = Annotated[str, StringConstraints(pattern="^#[0-9a-f]{6}$", max_length=7)]


class Project(Entity, frozen=True):
    """A project of a workspace.

    `client_id` is None for a project without a client. `updated_at` is when Toggl last changed it.
    """

    client_id: int | None = None
    active: bool = True
    color: str | None = None
    billable: bool | None = None
    is_private: bool | None = None
    updated_at: datetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))

    @property
    def archived(self) -> bool:
        """Whether it is archived: Toggl calls that inactive."""
        return not self.active


class ProjectBody(Body, frozen=True):
    """What can be said of a project. `client_id=0` takes its client away."""

    name: Annotated[Name, Field(description="The project's name.")] | Absent = None
    client_id: Annotated[ClientOrNone, Field(description="Its client's id; 0: none.")] | Absent = None
    color: Annotated[Color, Field(description="#rrggbb, lower case.")] | Absent = None
    billable: Annotated[bool, Field(description="Paid plans only.")] | Absent = None
    is_private: Annotated[bool, Field(description="Only its members see it.")] | Absent = None
    active: Annotated[bool, Field(description="false archives it.")] | Absent = None

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON that an endpoint takes: what was given, and `body`.

        `add` always says whether the project is active: Toggl creates it archived otherwise.
        """
        fields = ("name", "client_id", "color", "billable", "is_private", "active")
        given = {field: getattr(self, field) for field in fields if getattr(self, field) is not None}
        if given.get("client_id") == 0:
            given["client_id"] = None
        return ({"active": True} if endpoint == "add" else {}) | body | given


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
