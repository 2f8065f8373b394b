"""The tools about the users of a workspace and their work."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Calendar, DateRange
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.projects import Project
from toggl_mcp.models.users import Activity, DailySeconds, User
from toggl_mcp.tools.support.args import ListArgs, ReadArgs
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.resources import PageResult, ReadResult, ResourceOut, decode_cursor, trim_page
from toggl_mcp.tools.support.results import OutputModel, list_unreadable, take_within_budget, truncate

MAX_ACTIVITY_DESCRIPTION = 200
"""Characters of a description that a result shows."""


class ListUsers(ListArgs, frozen=True):
    """The arguments of `list_users`."""

    emails: Annotated[bool, Field(description="Add e-mail addresses.")] = False


class GetTeamActivity(ReadArgs, frozen=True):
    """The arguments of `get_team_activity`."""

    week: Annotated[Literal["this_week", "last_week"], Field(description="Seconds a day instead.")] | Absent = None


class UserOut(ResourceOut, User, frozen=True):
    """A user, as results show it."""


class UserList(PageResult):
    """One page of users."""

    users: list[UserOut]


class ActivityOut(OutputModel):
    """What a user works on now, or worked on last; or how long on each day."""

    user_id: int
    user: str
    running: bool | Absent = None
    description: str | Absent = None
    project: str | Absent = None
    seconds: Annotated[int, Field(description="So far, if running.")] | Absent = None
    stopped_at: str | Absent = None
    days: Annotated[dict[str, int], Field(description="Seconds by day.")] | Absent = None


class TeamActivity(ReadResult):
    """What the users of a workspace work on."""

    timezone: str
    running: Annotated[int, Field(description="Users whose timer runs.")] | Absent = None
    users: list[ActivityOut]
    remaining: int
    warnings: list[str] | Absent = None


async def list_users(args: ListUsers, call: CallContext) -> UserList:
    """List the users of a workspace by name."""
    workspace_id = await call.workspace_id(args.workspace)
    filters = (workspace_id, args.name)
    page = await call.toggl.users(workspace_id).page(
        args.name, limit=args.limit, after=decode_cursor(args.cursor, filters), refresh=args.refresh
    )

    def to_row(user: User) -> UserOut:
        return UserOut.of(user if args.emails else user.model_copy(update={"email": None}))

    rows, page = trim_page(page, to_row)
    return await UserList.of_page(page, filters, call, workspace_id, users=rows)


async def get_team_activity(args: GetTeamActivity, call: CallContext) -> TeamActivity:
    """Get who works on what now in a workspace, and what the others worked on last.

    It is up to two minutes old, as as_of says. With week: how long each worked on its days, without running timers. For
    totals by project, summarize_time with user: all.
    """
    workspace_id, calendar = await call.workspace_id(args.workspace), await call.calendar()
    reports = call.toggl.team_reports
    if args.week is None:
        read = await reports.read_activity(workspace_id, refresh=args.refresh)
        project_ids = {item.project_id or 0 for item in read.collection.items.values()}
        projects = await call.name_index.find_by_id(call.toggl.projects(workspace_id), project_ids)
        describe = partial(_describe_activity, read.collection.items, projects, calendar, call)
    else:
        week = parse_period(args.week, calendar.day_of(call.now), calendar)
        read = await reports.read_user_days(workspace_id, week, refresh=args.refresh)
        describe = partial(_describe_week, read.collection.items, week)
    users = (await call.toggl.users(workspace_id).read()).collection.items
    active_ids = [key for key, user in users.items() if not user.inactive]
    rows = [
        ActivityOut(user_id=key, user=users[key].name if key in users else f"(user {key})", **describe(key))
        for key in dict.fromkeys([*active_ids, *read.collection.items])
    ]
    rows.sort(key=lambda row: (not row.running, row.stopped_at is None, row.user))
    rows_shown = take_within_budget(rows)
    return await TeamActivity.of_read(
        read,
        workspace_id,
        call,
        timezone=calendar.zone.key,
        running=sum(row.running or False for row in rows) if args.week is None else None,
        users=rows_shown,
        remaining=len(rows) - len(rows_shown),
        warnings=[
            *list_unreadable(len(read.collection.unreadable_ids), "rows"),
            *await _role_warnings(workspace_id, call),
        ]
        or None,
    )


def _describe_activity(
    items: Mapping[int, Activity], projects: Mapping[int, Project], calendar: Calendar, call: CallContext, user_id: int
) -> dict[str, Any]:
    """Return the fields of a result that say what a user works on."""
    item = items.get(user_id)
    if item is None:
        return {"running": False}
    project = projects.get(item.project_id or 0)
    return {
        "running": item.running,
        "description": truncate(item.description, MAX_ACTIVITY_DESCRIPTION) or None,
        "project": project.name if project else item.project_id and f"(project {item.project_id})",
        "seconds": item.count_seconds(call.now),
        "stopped_at": calendar.to_local_text(item.stop) if item.stop else None,
    }


def _describe_week(items: Mapping[int, DailySeconds], week: DateRange, user_id: int) -> dict[str, Any]:
    """Return the field of a result that has a user's seconds of each day that has any."""
    seconds = items[user_id].seconds if user_id in items else ()
    days = ((week.first + timedelta(days=number), length) for number, length in enumerate(seconds))
    return {"days": {f"{day:%Y-%m-%d %A}": length for day, length in days if length}}


async def _role_warnings(workspace_id: int, call: CallContext) -> list[str]:
    """Return that the user's role may hide some of the team."""
    workspace = (await call.workspaces()).get(workspace_id)
    if workspace is None or workspace.admin:
        return []
    return ["You are not an admin of this workspace: Toggl may leave out colleagues, and work on private projects."]


TOOLS = (ToolSpec(list_users, READ_ONLY), ToolSpec(get_team_activity, READ_ONLY))
