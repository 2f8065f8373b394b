"""The tool about the account."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from toggl_mcp.models.account import Access, Plan, Workspace
from toggl_mcp.models.base import Absent, Payload
from toggl_mcp.models.quota import Bucket
from toggl_mcp.tools.support.define import READS, Need, Offer
from toggl_mcp.tools.support.results import Known, Left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toggl_mcp.endpoints.toggl import Toggl

WHY: Mapping[Need, str] = {
    "paid": "needs a paid plan",
    "projects": "reserved to admins",
    "tags": "reserved to admins",
}
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class GetAccount(Payload, frozen=True):
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


class Unavailable(BaseModel):
    """What a workspace does not allow."""

    workspace_id: int
    tools: list[str]
    why: str


class Account(Known):
    """The account that the token belongs to, and how this server stands to it."""

    name: str
    timezone: Annotated[str, Field(description="IANA name.")]
    week_begins_on: str
    default_workspace_id: int | Absent = None
    workspaces: list[ShownWorkspace]
    quotas: Annotated[list[QuotaLeft], Field(description="As last seen; unlisted: unknown.")]
    access: Access
    unavailable: list[Unavailable] | Absent = None


def offers(access: Access, others: "Sequence[Offer[Any, Any]]") -> tuple[Offer[GetAccount, Account], ...]:
    """Return the tools about the account, which tells of the server's access mode and of its other tools."""

    async def get_account(asked: GetAccount, toggl: "Toggl") -> Account:
        """Tell who the token belongs to: workspaces and plans, default workspace, time zone, requests left.

        Costs one Toggl request, and none for a day after that.
        """
        me, known = await toggl.account.me(refresh=asked.refresh)
        reading = await toggl.account.workspaces()
        default = toggl.configured_workspace_id or me.default_workspace_id
        spaces = list(reading.collection.items.values())
        return Account(
            name=me.name,
            timezone=me.timezone,
            week_begins_on=WEEKDAYS[me.beginning_of_week % 7],
            default_workspace_id=default,
            workspaces=[_shown(item, default) for item in spaces],
            quotas=[_left(bucket, toggl.timestamp()) for bucket in await toggl.list_quotas()],
            access=access,
            unavailable=[found for space in spaces for found in _unavailable(space, others)] or None,
            **Known.of(known.source, known.as_of, toggl.timestamp()),
        )

    return (Offer(get_account, "Get account", READS, GetAccount, Account),)


def _unavailable(space: Workspace, others: "Sequence[Offer[Any, Any]]") -> Iterator[Unavailable]:
    for need, why in WHY.items():
        tools = [offer.name for offer in others if offer.needs == need]
        if tools and not space.allows(need):
            yield Unavailable(workspace_id=space.id, tools=tools, why=why)


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
