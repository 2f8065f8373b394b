"""The account: who the token belongs to, and the workspaces that it opens."""

from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from toggl_mcp.models.base import LARGEST_ID

Plan = Literal["free", "starter", "premium"]


class Me(BaseModel, frozen=True):
    """The token's owner. `api_token` and the other secrets in Toggl's answer have no field to land in.

    `timezone` is an IANA name; `beginning_of_week` counts from 0, Sunday.
    """

    model_config = ConfigDict(extra="ignore", validate_by_name=True)

    id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    name: str = Field(default="", validation_alias=AliasChoices("name", "fullname"))
    timezone: str = "UTC"
    beginning_of_week: int = 1
    default_workspace_id: int | None = None


class Workspace(BaseModel, frozen=True):
    """A workspace of the account."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    name: str
    organization_id: int | None = None
    role: str | None = None
    premium: bool = False
    business_ws: bool = False

    @property
    def plan(self) -> Plan:
        """The plan as far as a workspace shows it: `free`, `starter`, or `premium` for Premium and Enterprise."""
        return "premium" if self.business_ws else "starter" if self.premium else "free"
