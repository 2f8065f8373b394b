"""The tool that tells how projects stand against their budgets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from toggl_mcp.errors import TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.budget import PACE_DAYS, count_budget, forecast_day, measure_pace
from toggl_mcp.models.period import DateRange
from toggl_mcp.models.projects import Project
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.args import NameOrId, ReadArgs
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import exactly_one, get_by_ref, resolve_filter
from toggl_mcp.tools.support.resources import ReadResult
from toggl_mcp.tools.support.results import HasFreshness, OutputModel, describe_objects

MAX_PROJECTS = 200
MAX_TASKS = 200


class ProjectStatusArgs(ReadArgs, frozen=True):
    """The arguments of `project_status`."""

    project: NameOrId | Absent = None
    client: Annotated[NameOrId, Field(description="All its projects; no pace.")] | Absent = None

    @model_validator(mode="after")
    def _reject_both(self) -> Self:
        if self.project is not None and self.client is not None:
            message = "give project or client, not both"
            raise ValueError(message)
        return self


class TaskStatus(OutputModel):
    """A task with an estimate."""

    id: int
    name: str
    active: bool
    estimated_seconds: int
    tracked_seconds: int


class ProjectBudget(OutputModel):
    """How a project stands."""

    id: int
    name: str
    archived: bool
    estimated_seconds: int | Absent = None
    tracked_seconds: Annotated[int, Field(description="By all users.")]
    remaining_seconds: int | Absent = None
    rate: float | Absent = None
    earned: float | Absent = None
    fixed_fee: float | Absent = None
    currency: str | Absent = None
    start_date: str | Absent = None
    end_date: str | Absent = None
    recurring_period: str | Absent = None

    @classmethod
    def of(cls, project: Project) -> "ProjectBudget":
        """Return how a project stands, from what Toggl tells with it."""
        budget = count_budget(project)
        shared_fields = {"id", "name", "rate", "fixed_fee", "currency", "start_date", "end_date", "recurring_period"}
        return cls(
            **project.model_dump(include=shared_fields),
            archived=project.archived,
            estimated_seconds=project.estimated_seconds or None,
            tracked_seconds=project.actual_seconds or 0,
            remaining_seconds=budget.remaining_seconds,
            earned=budget.earned,
        )


class ProjectStatus(ReadResult):
    """How projects stand."""

    projects: list[ProjectBudget]
    remaining: int
    pace_seconds_per_week: int | Absent = None
    forecast_date: str | Absent = None
    tasks: Annotated[list[TaskStatus], describe_objects("As list_tasks has them.")] | Absent = None
    warnings: list[str] | Absent = None


class _Part(NamedTuple):
    """Fields of a result, and the reads that they are from."""

    fields: Mapping[str, object] = MappingProxyType({})
    reads: Sequence[HasFreshness] = ()


async def project_status(args: ProjectStatusArgs, call: CallContext) -> ProjectStatus:
    """Get how a project, each of a client or each active one stands: estimate, tracked and remaining time, rate, dates.

    earned: tracked time times rate. For one active project also the pace of the last four weeks, none under two weeks
    of data, and forecast_date: the day on which that pace uses up the estimate.
    """
    if args.project is not None:
        project, read = await _find_project(args.project, args, call)
        if await _is_outdated(read, call):
            fresh_args = args.model_copy(update={"refresh": True})
            project, read = await get_by_ref(args.project, call.toggl.projects, fresh_args, call)
        warnings = [*_list_recurring([project]), *await _list_unfinished([project], call)]
        fields: dict[str, object] = {"projects": [ProjectBudget.of(project)], "remaining": 0}
        reads = [read]
        for describe in (_describe_tasks, _describe_pace):
            try:
                part = await describe(project, args, call)
            except TogglError as error:
                # What the project's own row tells is not lost for what does not come.
                warnings.append(f"Tasks or pace are missing. {error}")
            else:
                fields |= part.fields
                reads += part.reads
        oldest = min(reads, key=lambda read: read.as_of)
        return await ProjectStatus.of_read(oldest, project.workspace_id, call, warnings=warnings or None, **fields)
    workspace_id, client_id = await resolve_filter(args.client, call.toggl.clients, args, call)
    status = "active" if args.client is None else "both"
    read_page = partial(call.toggl.projects(workspace_id).page, status=status, client_id=client_id, limit=MAX_PROJECTS)
    page = await read_page(refresh=args.refresh)
    if await _is_outdated(page.read, call):
        page = await read_page(refresh=True)
    return await ProjectStatus.of_read(
        page.read,
        workspace_id,
        call,
        projects=[ProjectBudget.of(project) for project in page.items],
        remaining=page.remaining,
        warnings=[*_list_recurring(page.items), *await _list_unfinished(page.items, call)] or None,
    )


async def _find_project(ref: str, args: ProjectStatusArgs, call: CallContext) -> tuple[Project, HasFreshness]:
    """Return the project, and the read that it is from: Toggl sends budgets with the account, too."""
    endpoint = call.toggl.projects(await call.workspace_id(args.workspace))
    read = None if args.refresh else await call.name_index.read_account(endpoint)
    matches = [] if read is None else read.collection.find_by_ref(ref)
    if read is None or not matches:
        return await get_by_ref(ref, call.toggl.projects, args, call)
    return exactly_one(matches, ref, read.collection, endpoint), read


def _list_recurring(projects: Iterable[Project]) -> Iterator[str]:
    """Yield of each project whose estimate is of each period that the tracked time may not be."""
    for project in projects:
        if project.recurring_period and project.estimated_seconds:
            yield (
                f"The estimate of “{project.name}” is for each period ({project.recurring_period}); tracked_seconds "
                "may be of all time. summarize_time(project, period, user: all) has the period's."
            )


async def _list_unfinished(projects: Iterable[Project], call: CallContext) -> Iterator[str]:
    """Return on which projects the user's timer runs, which Toggl counts when it stops, and what is planned there."""
    cached = await call.toggl.entry_cache.fresh_or_none()
    entries: Iterable[TimeEntry] = () if cached is None else cached.items.values()
    return chain.from_iterable(_describe_unfinished(project, entries, call.now) for project in projects)


def _describe_unfinished(project: Project, entries: Iterable[TimeEntry], now: datetime) -> Iterator[str]:
    """Yield for how long the user's timer has run on a project, and how much time of theirs is still to come."""
    own = [entry for entry in entries if entry.project_id == project.id and entry.end_at(now) >= now]
    for entry in own:
        if entry.running:
            minutes = entry.count_seconds(now) // 60
            yield (
                f"Your timer on “{project.name}” has run for {minutes} min so far, which is in no figure here until it "
                "stops."
            )
    to_come = [entry.end_at(now) - max(entry.start, now) for entry in own if not entry.running]
    if any(to_come):
        minutes = sum(to_come, timedelta()) // timedelta(minutes=1)
        yield f"Of your entries on “{project.name}” {minutes} min are still to come, which count as tracked already."


async def _is_outdated(read: HasFreshness, call: CallContext) -> bool:
    """Tell whether a time entry was changed from here since projects or tasks were read: Toggl counts its time."""
    changed_at = await call.toggl.journal.last_ended_at("time_entry") if read.source == "cache" else None
    return changed_at is not None and changed_at >= read.as_of


async def _describe_pace(project: Project, args: ProjectStatusArgs, call: CallContext) -> _Part:
    """Return the pace of an active project, and the day on which its estimate is used up."""
    if project.archived:
        return _Part()
    calendar = await call.calendar()
    today = calendar.day_of(call.now)
    days = DateRange(calendar, today - timedelta(days=PACE_DAYS), today)
    read = await call.toggl.team_reports.read_project_days(project.workspace_id, project.id, days, refresh=args.refresh)
    daily_seconds = read.collection.items[project.id].seconds
    has_older_time = (project.actual_seconds or 0) > sum(daily_seconds)
    # Today is not over.
    pace = measure_pace(daily_seconds[:-1], has_older_time=has_older_time)
    if pace is None:
        return _Part(reads=[read])
    day = forecast_day(count_budget(project).remaining_seconds or 0, pace, today)
    return _Part(
        {"pace_seconds_per_week": pace.seconds_per_week, "forecast_date": None if day is None else day.isoformat()},
        [read],
    )


async def _describe_tasks(project: Project, args: ProjectStatusArgs, call: CallContext) -> _Part:
    """Return the tasks of a project that have an estimate, completed ones too."""
    if not await call.has_tasks(project.workspace_id):
        return _Part()
    read_page = partial(
        call.toggl.tasks(project.workspace_id).page, status="both", project_id=project.id, limit=MAX_TASKS
    )
    tasks = await read_page(refresh=args.refresh)
    if await _is_outdated(tasks.read, call):
        tasks = await read_page(refresh=True)
    rows = [
        TaskStatus(
            id=task.id,
            name=task.name,
            active=task.active,
            estimated_seconds=task.estimated_seconds,
            tracked_seconds=(task.tracked_ms or 0) // 1000,
        )
        for task in tasks.items
        if task.estimated_seconds
    ]
    return _Part({"tasks": rows or None}, [tasks.read])


TOOLS = (ToolSpec(project_status, READ_ONLY, app="burn-down"),)
