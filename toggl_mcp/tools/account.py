"""The tool about the account."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.models.account import Access, Plan, Workspace
from toggl_mcp.models.base import Absent, Payload
from toggl_mcp.models.time_grammar import describe_now
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, Requirement, ToolSpec
from toggl_mcp.tools.support.results import Freshness, OutputModel, QuotaRemaining, list_unreadable
from toggl_mcp.tools.support.silence import describe_silence, find_last_end

REASONS: Mapping[Requirement, str] = {
    "paid": "needs a paid plan",
    "projects": "reserved to admins",
    "tags": "reserved to admins",
}
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class GetAccount(Payload, frozen=True):
    """The arguments of `get_account`."""

    refresh: Annotated[bool, Field(description="Read from Toggl (1 request).")] = False


class WorkspaceOut(OutputModel):
    """A workspace, as results show it."""

    id: int
    name: str
    organization_id: int | Absent = None
    plan: Plan
    role: str | Absent = None
    default: bool


class Unavailable(OutputModel):
    """Tools that a workspace does not allow."""

    workspace_id: int
    tools: list[str]
    reason: str


class Account(Freshness):
    """The token's owner, and what this server and the workspaces allow."""

    name: str
    now: str
    timezone: str
    week_begins_on: str
    default_workspace_id: int | Absent = None
    workspaces: list[WorkspaceOut]
    quotas: Annotated[list[QuotaRemaining], Field(description="As last seen.")]
    # All tools together may take 11,000 tokens, and these explain themselves.
    session_requests: SkipJsonSchema[int]
    last_entry_at: SkipJsonSchema[str | None] = None
    access: Access
    unavailable: list[Unavailable] | Absent = None
    warnings: list[str] | Absent = None


async def get_account(args: GetAccount, call: CallContext) -> Account:
    """Get the token's owner: workspaces and plans, default workspace, time zone, requests remaining.

    Costs one Toggl request an hour, or two where there are no recent entries.
    """
    me, account_read = await call.toggl.account.me(refresh=args.refresh)
    account = await call.account()
    workspaces = await call.workspaces()
    unreadable = [text for kind, count in account.unreadable.items() for text in list_unreadable(count, kind)]
    default = call.toggl.configured_workspace_id or me.default_workspace_id
    now = call.toggl.timestamp()
    return Account.of(
        account_read,
        now,
        call.record,
        name=me.name,
        now=describe_now(call.now, await call.calendar()),
        timezone=me.timezone,
        week_begins_on=WEEKDAYS[me.beginning_of_week % 7],
        default_workspace_id=default,
        workspaces=[_to_workspace_out(item, default) for item in workspaces.values()],
        quotas=[QuotaRemaining.of(bucket, now) for bucket in await call.toggl.list_quotas()],
        session_requests=call.toggl.requests,
        last_entry_at=await _find_last_entry(call),
        access=call.access,
        unavailable=[item for workspace in workspaces.values() for item in _unavailable(workspace, call)] or None,
        warnings=[*unreadable, *await _silence_warnings(call)] or None,
    )


async def _find_last_entry(call: CallContext) -> str | None:
    """Return when the last cached entry ended, or now if the timer runs; None where none is cached."""
    entries = await call.toggl.entry_cache.any_age_or_none()
    last_end = None if entries is None else find_last_end(entries.items.values(), call.now)
    return None if last_end is None else (await call.calendar()).to_local_text(last_end)


async def _silence_warnings(call: CallContext) -> list[str]:
    """Return since when there is no entry, if that is long; the account tells whether there are recent ones."""
    if (await call.account()).has_recent_entries:
        return []
    entries = (await call.toggl.entry_cache.read()).collection.items.values()
    warning = describe_silence(find_last_end(entries, call.now), call.now, await call.calendar())
    return [] if warning is None else [warning]


def _unavailable(workspace: Workspace, call: CallContext) -> Iterator[Unavailable]:
    for requirement, reason in REASONS.items():
        names = call.tools_by_requirement.get(requirement)
        if names and not workspace.allows(requirement):
            yield Unavailable(workspace_id=workspace.id, tools=[*names], reason=reason)


def _to_workspace_out(workspace: Workspace, default: int | None) -> WorkspaceOut:
    return WorkspaceOut(
        id=workspace.id,
        name=workspace.name,
        organization_id=workspace.organization_id,
        plan=workspace.plan,
        role=workspace.role,
        default=workspace.id == default,
    )


TOOLS = (ToolSpec(get_account, READ_ONLY),)
