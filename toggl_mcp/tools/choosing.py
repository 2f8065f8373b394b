"""Which entries are meant: the days, the workspaces, and what their work is."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from toggl_mcp.errors import NotFound, PlanRequired
from toggl_mcp.models.period import Days, named_days
from toggl_mcp.models.time_entry import TimeEntry
from toggl_mcp.models.tracking import Chosen
from toggl_mcp.tools.finding import meant
from toggl_mcp.tools.work import NONE, Names, names_of

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.base import CachedEndpoint
    from toggl_mcp.endpoints.timesheet import Gathered
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar

Fits = Callable[[TimeEntry], bool]


class Choice(NamedTuple):
    """The entries that were asked for, what they are called, and how they came to be known."""

    entries: list[TimeEntry]
    names: Names
    days: Days
    workspaces: dict[int, str]
    gathered: "Gathered"


async def choose(
    asked: Chosen, toggl: "Toggl", *, team: bool = False, reported: bool = False, named: bool = True
) -> Choice:
    """Return the entries that overlap with the days and fit what is asked, with their names if they are `named`.

    Raises:
        NotFound: A workspace or a name is nobody's; the message says what comes near.
    """
    from toggl_mcp.endpoints.timesheet import Wanted  # noqa: PLC0415 - start-up

    days = days_asked_for(asked, await toggl.calendar(), toggl)
    me, _ = await toggl.account.me()
    spaces = await _workspaces(asked.workspace_id, toggl)
    wanted = Wanted(
        days=days,
        workspace_ids=spaces.keys(),
        user_id=None if team else me.id,
        reported=reported,
        refresh=asked.refresh,
        everywhere=asked.workspace_id is None,
    )
    gathered = await toggl.timesheet.gather(wanted)
    spaces = {entry.workspace_id: f"(workspace {entry.workspace_id})" for entry in gathered.entries} | spaces
    by_client = asked.client is not None
    names = await names_of(gathered.entries if named or by_client else (), toggl, sure=by_client)
    fits = await _all_that_fits(asked, gathered.entries, names, spaces, toggl)
    entries = [entry for entry in gathered.entries if all(fit(entry) for fit in fits)]
    return Choice(entries, names, days, spaces, gathered)


async def _all_that_fits(
    asked: Chosen, entries: list[TimeEntry], names: Names, spaces: Iterable[int], toggl: "Toggl"
) -> list[Fits]:
    """Return everything that an entry has to fit."""
    fits = [*_plain(asked), *await _by_work(asked, spaces, toggl)]
    if asked.client is not None:
        fits.append(await _of_client(asked.client, names, spaces, toggl))
    if asked.tag is not None and not any(map(_tagged(asked.tag), entries)):
        await _ids(asked.tag, [toggl.tags(space) for space in spaces], toggl)
    return fits


def days_asked_for(asked: Chosen, calendar: "Calendar", toggl: "Toggl") -> Days:
    """Return the days that are meant; today if none are named."""
    if asked.start is not None and asked.end is not None:
        return Days(calendar, asked.start, asked.end)
    return named_days(asked.period or "today", calendar.day(toggl.moment()), calendar)


async def _workspaces(given: int | None, toggl: "Toggl") -> dict[int, str]:
    """Return the names of the workspaces that are meant, by id: the one given, or all."""
    everything = (await toggl.account.workspaces()).collection.items
    if given is None:
        return {key: space.name for key, space in everything.items()}
    if given not in everything:
        message = f"This token opens no workspace {given}. get_account lists those that it opens."
        raise NotFound(message)
    return {given: everything[given].name}


def _plain(asked: Chosen) -> list[Fits]:
    """Return what tells whether an entry fits by itself."""
    part, fits = (asked.description or "").casefold(), list[Fits]()
    if asked.billable is not None:
        fits.append(lambda entry: entry.billable is asked.billable)
    if part:
        fits.append(lambda entry: part in entry.description.casefold())
    if asked.tag is not None:
        fits.append(_tagged(asked.tag))
    return fits


def _tagged(tag: str) -> Fits:
    """Return what tells whether an entry has a tag, or none where none is meant."""
    folded = tag.casefold()
    return lambda entry: folded in map(str.casefold, entry.tags) or (tag == NONE and not entry.tags)


async def _by_work(asked: Chosen, spaces: Iterable[int], toggl: "Toggl") -> list[Fits]:
    """Return what tells whether an entry is of the project and the task that are meant."""
    fits: list[Fits] = []
    if asked.project is not None:
        projects = await _ids(asked.project, [toggl.projects(space) for space in spaces], toggl)
        fits.append(lambda entry: (entry.project_id or 0) in projects)
    if asked.task is not None:
        tasks = await _ids(asked.task, [toggl.tasks(space) for space in spaces], toggl)
        fits.append(lambda entry: (entry.task_id or 0) in tasks)
    return fits


async def _of_client(ref: str, names: Names, spaces: Iterable[int], toggl: "Toggl") -> Fits:
    """Return what tells whether an entry's project is of the client that is meant."""
    clients = await _ids(ref, [toggl.clients(space) for space in spaces], toggl)

    def fits(entry: TimeEntry) -> bool:
        project = names.projects.get(entry.project_id or 0)
        return ((project.client_id if project else 0) or 0) in clients

    return fits


async def _ids(ref: str, endpoints: list["CachedEndpoint[Any]"], toggl: "Toggl") -> set[int]:
    """Return the ids of those that a name or an id means, one in each workspace at most; {0} for none.

    Raises:
        NotFound: There is none in any of the workspaces.
    """
    if ref == NONE:
        return {0}
    for known in (True, False):
        found = [await _meant(ref, endpoint, toggl, known=known) for endpoint in endpoints]
        if ids := {item.id for item in found if item is not None}:
            return ids
    return {(await meant(ref, endpoints[0], toggl)).id}


async def _meant(ref: str, endpoint: "CachedEndpoint[Any]", toggl: "Toggl", *, known: bool) -> Any:  # noqa: ANN401 - of any kind
    """Return what is meant in one workspace, if anything; with `known` without a whole list being asked for."""
    if known:
        return await toggl.directory.glance(endpoint, ref)
    try:
        return await meant(ref, endpoint, toggl)
    except (NotFound, PlanRequired):
        return None
