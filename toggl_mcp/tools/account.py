"""The tool about the account."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, Field

from toggl_mcp.models.account import Plan, Workspace
from toggl_mcp.models.base import Absent, Body
from toggl_mcp.models.quota import Bucket
from toggl_mcp.tools.answers import Known, Left
from toggl_mcp.tools.offer import READS, Offer

if TYPE_CHECKING:
    from toggl_mcp.endpoints.toggl import Toggl

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class GetAccount(Body, frozen=True):
    """The arguments of `get_account`."""

    refresh: Annotated[bool, Field(description="Ask Toggl even if cached (1 request).")] = False


class ShownWorkspace(BaseModel):
    """A workspace, as answers show it."""

    id: int
    name: str
    organization_id: int | Absent = None
    plan: Plan
    role: str | Absent = None
    default: bool


class QuotaLeft(Left):
    """What is left of one quota."""

    bucket: str


class Account(Known):
    """The account that the token belongs to, and how this server stands to it."""

    name: str
    timezone: str
    week_begins_on: str
    default_workspace_id: int | Absent = None
    workspaces: list[ShownWorkspace]
    quotas: Annotated[list[QuotaLeft], Field(description="As last seen; unlisted: unknown.")]
    access: Literal["read_only", "full"]


def offers(*, read_only: bool) -> tuple[Offer[GetAccount, Account], ...]:
    """Return the tools about the account; `read_only` is what they say of the server."""

    async def get_account(asked: GetAccount, toggl: "Toggl") -> Account:
        """Tell who the token belongs to: workspaces and plans, default workspace, time zone, requests left.

        Costs one Toggl request, and none for a day after that.
        """
        me, known = await toggl.account.me(refresh=asked.refresh)
        reading = await toggl.account.workspaces()
        oldest = min(known, reading, key=lambda told: told.as_of)
        default = toggl.configured_workspace or me.default_workspace_id
        return Account(
            name=me.name,
            timezone=me.timezone,
            week_begins_on=WEEKDAYS[me.beginning_of_week % 7],
            default_workspace_id=default,
            workspaces=[_shown(item, default) for item in reading.collection.items.values()],
            quotas=[_left(bucket, toggl.now()) for bucket in await toggl.quotas()],
            access="read_only" if read_only else "full",
            **Known.of(oldest.source, oldest.as_of, toggl.now()),
        )

    return (Offer(get_account, "Get account", READS, GetAccount, Account),)


def _shown(workspace: Workspace, default: int | None) -> ShownWorkspace:
    return ShownWorkspace(
        id=workspace.id,
        name=workspace.name,
        organization_id=workspace.organization_id,
        plan=workspace.plan,
        role=workspace.role,
        default=workspace.id == default,
    )


def _left(bucket: Bucket, now: float) -> QuotaLeft:
    return QuotaLeft(bucket=bucket.name, **Left.of(bucket, now).model_dump())
