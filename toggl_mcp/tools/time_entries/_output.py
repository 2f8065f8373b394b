"""Time entries as results show them: with the names of what they refer to by id."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self, TypeVar

import anyio

from toggl_mcp.errors import TogglError
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import REF_NONE, Absent, NamedResource, ResourceKind
from toggl_mcp.models.clients import Client
from toggl_mcp.models.period import Calendar
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tasks import Task
from toggl_mcp.models.text import fold
from toggl_mcp.models.time_entries import TimeEntry, to_rfc3339
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import OBJECTS, Freshness, OutputModel, WithChange, WithQuota, declared_by

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
    from toggl_mcp.tools.time_entries._filters import Selection


ResourceT = TypeVar("ResourceT", bound=NamedResource)

MAX_USUAL_SECONDS = 24 * 3600
"""The length of the longest entry that is probably meant."""

_log = logging.getLogger(__name__)

MAX_LOOKUP_SECONDS = 5.0
"""Seconds that the look-up of names may take: a result comes without names rather than too late."""
KINDS_WITH_IDS: frozenset[ResourceKind] = frozenset(("client", "project", "task"))
"""The kinds that an entry refers to by id, so that names have to be looked up."""


class EntryRef(NamedTuple):
    """What an entry refers to: an id and a name, or neither. `is_visible` is false if its name cannot be read."""

    item_id: int | None
    name: str | None
    is_visible: bool = True

    def matches(self, ref: str) -> bool:
        """Tell whether an id, a name (case ignored), or `REF_NONE` means this."""
        if ref == REF_NONE:
            return self == EntryRef(None, None)
        by_id = self.item_id is not None and ref == str(self.item_id)
        return by_id or (self.name is not None and fold(ref) == fold(self.name))

    def is_exactly(self, ref: str) -> bool:
        """Return whether an id or a name as it is spelled means this."""
        return ref in (str(self.item_id), self.name)

    def is_unresolvable(self, ref: str) -> bool:
        """Tell whether the reference may match, as the name cannot be read."""
        by_id = self.item_id is not None and ref.isdecimal()
        return not self.is_visible and not by_id


class EntryNames(NamedTuple):
    """The projects, clients and tasks of some entries, by id; `warnings` say which could not be looked up, and why."""

    projects: dict[int, Project]
    clients: dict[int, Client]
    tasks: dict[int, Task]
    warnings: list[str]

    def name_of(self, kind: Literal["client", "project", "task"], entry: TimeEntry) -> str | None:
        """Return the name of an entry's project or task, or of its project's client."""
        match kind:
            case "project":
                return _display_name(self.projects, entry.project_id, "project")
            case "task":
                return _display_name(self.tasks, entry.task_id, "task")
            case "client":
                project = self.projects.get(entry.project_id or 0)
                if project is None:
                    return None if entry.project_id is None else "(client unknown)"
                return _display_name(self.clients, project.client_id, "client")

    def filter_entries(self, ref: str, kind: ResourceKind, entries: Iterable[TimeEntry]) -> list[TimeEntry]:
        """Return the entries that a name or an id of a kind matches."""
        return [entry for entry in entries if any(entry_ref.matches(ref) for entry_ref in self.refs_of(kind, entry))]

    def refs_of(self, kind: ResourceKind, entry: TimeEntry) -> list[EntryRef]:
        """Return what an entry refers to of a kind: one, or one for each of its tags."""
        match kind:
            case "tag":
                return [EntryRef(None, tag) for tag in entry.tags] or [EntryRef(None, None)]
            case "project":
                return [_to_ref(self.projects, entry.project_id)]
            case "task":
                return [_to_ref(self.tasks, entry.task_id)]
            case "client":
                project = self.projects.get(entry.project_id or 0)
                if project is None:
                    return [EntryRef(None, None, is_visible=entry.project_id is None)]
                return [_to_ref(self.clients, project.client_id)]


async def look_up_names(
    entries: Iterable[TimeEntry], call: CallContext, kinds: AbstractSet[ResourceKind] = KINDS_WITH_IDS
) -> EntryNames:
    """Return the names of these kinds that these entries refer to, at the lowest cost in requests.

    A failed look-up is a warning: the result of a change that happened is never lost for a name.
    """
    names = EntryNames({}, {}, {}, [])
    for workspace_id, group in group_by_workspace(entries if KINDS_WITH_IDS & kinds else ()).items():
        projects = {entry.project_id or 0 for entry in group} if {"client", "project"} & kinds else set[int]()
        names.projects.update(await _fetch_names(call.toggl.projects(workspace_id), projects, call, names.warnings))
        client_ids = {names.projects[key].client_id or 0 for key in projects & names.projects.keys()}
        if "client" in kinds:
            names.clients.update(await _fetch_names(call.toggl.clients(workspace_id), client_ids, call, names.warnings))
        tasks = {entry.task_id or 0 for entry in group} - {0}
        if "task" in kinds and tasks and await call.has_tasks(workspace_id):
            names.tasks.update(await _fetch_names(call.toggl.tasks(workspace_id), tasks, call, names.warnings))
    return names


def group_by_workspace(entries: Iterable[TimeEntry]) -> dict[int, list[TimeEntry]]:
    """Return the entries of each workspace."""
    groups: dict[int, list[TimeEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.workspace_id, []).append(entry)
    return groups


async def _fetch_names(
    endpoint: "ReadEndpoint[ResourceT]", ids: set[int], call: CallContext, warnings: list[str]
) -> dict[int, ResourceT]:
    try:
        with anyio.fail_after(MAX_LOOKUP_SECONDS):
            return await call.name_index.find_by_id(endpoint, ids)
    except (TogglError, TimeoutError) as error:
        _log.warning("The names of some %s could not be looked up.", endpoint.PATH, exc_info=True)
        warnings.append(f"The names of some {endpoint.PATH} could not be looked up. {error}".strip())
        return {}


def _to_ref(names_by_id: Mapping[int, NamedResource], item_id: int | None) -> EntryRef:
    item = names_by_id.get(item_id or 0)
    return EntryRef(item_id or None, None if item is None else item.name, is_visible=item is not None or not item_id)


def _display_name(names_by_id: Mapping[int, NamedResource], item_id: int | None, kind: str) -> str | None:
    """Return a name, with the id if several have that name; the id alone if the name cannot be read."""
    if item_id is None:
        return None
    if item_id not in names_by_id:
        return f"({kind} {item_id})"
    name = names_by_id[item_id].name
    return f"{name} ({item_id})" if [item.name for item in names_by_id.values()].count(name) > 1 else name


class PeriodResult(WithQuota, Freshness):
    """A result about the time entries of some days."""

    timezone: str
    first_day: str
    last_day: str
    starts_at: str
    ends_before: str
    complete: bool
    incomplete_reason: str | Absent = None

    @classmethod
    def of_selection(
        cls,
        selection: "Selection",
        call: CallContext,
        reasons: Iterable[str] = (),
        /,
        **fields: Any,  # noqa: ANN401 - the fields of a subclass
    ) -> Self:
        """Return the result about a selection of entries, with the fields that a subclass adds.

        `reasons` are those for which it is incomplete, besides the selection's.
        """
        date_range = selection.date_range
        reason = " ".join([*selection.warnings, *reasons]) or None
        return cls.of(
            selection.result,
            call.toggl.timestamp(),
            call.record,
            timezone=date_range.calendar.zone.key,
            first_day=date_range.first.isoformat(),
            last_day=date_range.last.isoformat(),
            starts_at=to_rfc3339(date_range.start),
            ends_before=to_rfc3339(date_range.end),
            complete=reason is None,
            incomplete_reason=reason,
            quota=call.quota(),
            **fields,
        )


class TimeEntryOut(OutputModel):
    """A time entry, as a result about one shows it; a planned one has no id."""

    id: int | Absent = None
    workspace_id: int
    start: str
    stop: str | Absent = None
    seconds: int
    description: str | Absent = None
    project: str | Absent = None
    client: str | Absent = None
    task: str | Absent = None
    tags: list[str] | Absent = None
    billable: bool | Absent = None


# The schema of every tool would repeat the fields of a row, which that of create_time_entries has.
EntryRows = Annotated[list[TimeEntryOut], OBJECTS]


class TimeEntryResult(WithChange):
    """One time entry after a change."""

    entry: Annotated[TimeEntryOut, declared_by("get_timer")]
    warnings: list[str] | Absent = None


async def to_output(entry: TimeEntry, call: CallContext) -> tuple[TimeEntryOut, list[str] | None]:
    """Return an entry as a result shows it, and warnings of what may not be meant, if there are any."""
    ((output, warnings),) = await to_outputs([entry], call)
    return output, warnings or None


async def to_outputs(entries: Sequence[TimeEntry], call: CallContext) -> list[tuple[TimeEntryOut, list[str]]]:
    """Return entries as a result shows them, each with warnings of what may not be meant."""
    names, now, calendar = await look_up_names(entries, call), call.now, await call.calendar()
    workspaces = await call.workspaces()
    return [
        (
            _to_output(entry, names, now, calendar),
            [*_warnings(entry, names, workspaces.get(entry.workspace_id), now)],
        )
        for entry in entries
    ]


def _to_output(entry: TimeEntry, names: EntryNames, now: "datetime", calendar: Calendar) -> TimeEntryOut:
    return TimeEntryOut(
        id=entry.id or None,
        workspace_id=entry.workspace_id,
        start=entry.start.astimezone(calendar.zone).isoformat(timespec="seconds"),
        stop=None if entry.running else entry.end_at(now).astimezone(calendar.zone).isoformat(timespec="seconds"),
        seconds=entry.count_seconds(now),
        description=entry.description or None,
        project=names.name_of("project", entry),
        client=names.name_of("client", entry),
        task=names.name_of("task", entry),
        tags=entry.tags or None,
        billable=entry.billable or None,
    )


def _warnings(entry: TimeEntry, names: EntryNames, workspace: Workspace | None, now: "datetime") -> Iterator[str]:
    """Yield what is unusual about an entry, each with what to do about it."""
    project, task = names.projects.get(entry.project_id or 0), names.tasks.get(entry.task_id or 0)
    if entry.start > now:
        yield "The entry begins in the future. If that is not meant, edit_time_entries takes another start."
    if not entry.running and not 0 < entry.duration <= MAX_USUAL_SECONDS:
        hours = f"{entry.duration / 3600:g} h"
        yield f"The entry lasts {hours}. If that is not meant, edit_time_entries takes another stop."
    if project is not None and project.archived:
        yield f"Project “{project.name}” is archived. Ask the person whether the time belongs to another."
    if task is not None and not task.active:
        yield f"Task “{task.name}” is completed. Ask the person whether the time belongs to another."
    if project is not None and project.billable and not entry.billable and workspace and workspace.allows("paid"):
        yield f"Project “{project.name}” is billable, this entry is not. edit_time_entries(billable: true) makes it so."
