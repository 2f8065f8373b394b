"""The account: the token's owner, and the workspaces that the token opens."""

from collections.abc import Mapping
from typing import Annotated, Literal, cast

from pydantic import AliasChoices, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from toggl_mcp.models.base import MAX_ID
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag
from toggl_mcp.models.tasks import Task

ENTRY_FIELDS = ("description", "project", "task", "tag")
"""What a workspace may require of a completed entry."""
Plan = Literal["free", "starter", "premium"]
Access = Literal["read", "time-tracking", "full"]
"""What a server may change: nothing; anything, but delete and archive only time entries; everything."""


class Me(BaseModel, frozen=True):
    """The token's owner, without `api_token` and the other secrets that Toggl sends.

    `timezone` is an IANA name, empty where Toggl sends none; `beginning_of_week` counts from 0, Sunday.
    """

    model_config = ConfigDict(extra="ignore", validate_by_name=True, defer_build=True)

    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    name: str = Field(default="", validation_alias=AliasChoices("name", "fullname"))
    timezone: str = ""
    beginning_of_week: int = 1
    default_workspace_id: int | None = None
    created_at: AwareDatetime | None = None


def _list_constraints(value: object) -> object:
    """Return the names of the constraints that are on, whatever else Toggl may send; a list of names as it is."""
    if isinstance(value, Mapping):
        return [name for name, is_on in cast("Mapping[str, object]", value).items() if is_on is True]
    return value or []


class Workspace(BaseModel, frozen=True):
    """A workspace of the account."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    name: str
    organization_id: int | None = None
    role: str | None = None
    premium: bool = False
    business_ws: bool = False
    admin: bool = True
    only_admins_may_create_projects: bool = False
    only_admins_may_create_tags: bool = False
    te_constraints: Annotated[frozenset[str], BeforeValidator(_list_constraints)] = frozenset()

    @property
    def required_entry_fields(self) -> list[str]:
        """What the workspace requires of a completed entry: some of description, project, task and tag."""
        names = [name for name in ENTRY_FIELDS if f"{name}_present" in self.te_constraints]
        return names if "time_entry_constraints_enabled" in self.te_constraints else []

    def allows(self, requirement: str) -> bool:
        """Tell whether the plan and the user's role allow what a tool requires."""
        match requirement:
            case "paid":
                return self.plan != "free"
            case "projects":
                return self.admin or not self.only_admins_may_create_projects
            case _:
                return self.admin or not self.only_admins_may_create_tags

    @property
    def plan(self) -> Plan:
        """The plan as far as a workspace shows it: `free`, `starter`, or `premium` for Premium and Enterprise."""
        return "premium" if self.business_ws else "starter" if self.premium else "free"


class AccountSnapshot(BaseModel, frozen=True):
    """The token's owner and the workspaces that the token opens, as one response describes them.

    `unreadable` counts the rows of each kind that could not be read.
    """

    model_config = ConfigDict(extra="ignore")

    me: Me
    workspaces: list[Workspace]
    has_recent_entries: bool = False
    """Whether the response had entries: Toggl sends those of some days."""
    unreadable: dict[str, int] = Field(default_factory=dict[str, int])


class WorkspaceNames(BaseModel, frozen=True):
    """The names in use in a workspace (`id`), without completed tasks: they cannot show that a name is unused."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    client: list[Client] = Field(default_factory=list[Client])
    project: list[Project] = Field(default_factory=list[Project])
    tag: list[Tag] = Field(default_factory=list[Tag])
    task: list[Task] = Field(default_factory=list[Task])
