"""Which entries are meant: the days, the workspaces, and what their work is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from toggl_mcp.errors import NotFound, PlanRequired
from toggl_mcp.models.base import NONE
from toggl_mcp.models.period import Days, named_days
from toggl_mcp.models.time_entry import TimeEntry
from toggl_mcp.models.tracking import Chosen
from toggl_mcp.tools.answers import Left
from toggl_mcp.tools.finding import left, meant
from toggl_mcp.tools.names import NAMED, About, Kind, Names, about_tags, names_of

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.base import CachedEndpoint
    from toggl_mcp.endpoints.timesheet import Gathered
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar


class Choice(NamedTuple):
    """The entries that were asked for, what they are called, and how they came to be known."""

    entries: list[TimeEntry]
    names: Names
    days: Days
    workspaces: dict[int, str]
    gathered: "Gathered"

    async def quota(self, toggl: "Toggl") -> Left | None:
        """Return what is left of the scarcest quota that this drew on, if Toggl was asked."""
        source = self.gathered.source
        found = [await left(toggl, space, source) for space in (None, *self.gathered.reported)]
        return min(filter(None, found), key=lambda one: one.remaining, default=None)

    def gaps(self) -> list[str]:
        """Return what may be missing, and why."""
        missing = [f"{self.workspaces[key]} ({key}): {error}" for key, error in self.gathered.missing.items()]
        stale = ["Toggl could not be asked what has changed since as_of."] if self.gathered.source == "stale" else []
        return [*missing, *stale, *self.names.gaps]


async def choose(
    asked: Chosen, toggl: "Toggl", *, team: bool = False, reported: bool = False, named: AbstractSet[Kind] = NAMED
) -> Choice:
    """Return the entries that overlap with the days and fit what is asked, with the names of what is to be `named`.

    Raises:
        NotFound: A workspace or a name is nobody's; the message says what comes near.
    """
    from toggl_mcp.endpoints.timesheet import Wanted  # noqa: PLC0415 - start-up

    me, _ = await toggl.account.me(refresh=asked.refresh)
    days = days_asked_for(asked, await toggl.calendar(), toggl)
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
    names = await names_of(gathered.entries, toggl, named | _kinds(asked))
    entries = await _chosen(asked, gathered.entries, names, spaces, toggl)
    for entry in gathered.entries:
        spaces.setdefault(entry.workspace_id, f"(workspace {entry.workspace_id})")
    return Choice(entries, names, days, spaces, gathered)


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


def _kinds(asked: Chosen) -> AbstractSet[Kind]:
    """Return the kinds by which entries are chosen."""
    return {kind for kind in NAMED if getattr(asked, kind) is not None}


async def _chosen(
    asked: Chosen, entries: list[TimeEntry], names: Names, spaces: Iterable[int], toggl: "Toggl"
) -> list[TimeEntry]:
    """Return the entries that fit everything that is asked of them."""
    chosen = [entry for entry in entries if _fits(entry, asked)]
    kinds: Mapping[str, tuple[About, Callable[[int], CachedEndpoint[Any]]]] = {
        "client": (names.about_client, toggl.clients),
        "project": (names.about_project, toggl.projects),
        "task": (names.about_task, toggl.tasks),
        "tag": (about_tags, toggl.tags),
    }
    for kind, (about, endpoint) in kinds.items():
        if (ref := getattr(asked, kind)) is not None:
            chosen = await _of(ref, about, chosen, [endpoint(space) for space in spaces], toggl)
    return chosen


def _fits(entry: TimeEntry, asked: Chosen) -> bool:
    """Tell whether an entry fits by what it says itself."""
    as_billable = asked.billable is None or entry.billable is asked.billable
    return as_billable and (asked.description or "").casefold() in entry.description.casefold()


async def _of(
    ref: str, about: About, entries: list[TimeEntry], endpoints: Sequence["CachedEndpoint[Any]"], toggl: "Toggl"
) -> list[TimeEntry]:
    """Return the entries about what a name or an id means: everything of that name, in any workspace.

    Raises:
        NotFound: It means nothing in any of the workspaces.
    """
    found = [entry for entry in entries if any(said.meant(ref) for said in about(entry))]
    if found or ref == NONE:
        return found
    named = {item.name for item in await _known(ref, endpoints, toggl)}
    by_name_only = about is about_tags and ref.isdecimal()
    return [entry for entry in entries if by_name_only and named & set(entry.tags)]


async def _known(ref: str, endpoints: Sequence["CachedEndpoint[Any]"], toggl: "Toggl") -> list[Any]:
    """Return what a name or an id means in any workspace, at first by what is known already.

    Raises:
        NotFound: It means nothing in any of them.
    """
    for look in (toggl.directory.glance, toggl.directory.meant):
        found: list[Any] = []
        for endpoint in endpoints:
            with suppress(PlanRequired):
                found += await look(endpoint, ref)
        if found:
            return found
    return [await meant(ref, endpoints[0], toggl)]
