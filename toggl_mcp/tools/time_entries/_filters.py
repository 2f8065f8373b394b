"""Which entries are meant: the days, the workspaces, and what their work is."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

from toggl_mcp.errors import NotFound, PlanRequired, TogglError
from toggl_mcp.models.base import REF_NONE, RESOURCE_KINDS, NamedResource, ResourceKind
from toggl_mcp.models.period import DateRange, resolve_period
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.lookup import left, nobody
from toggl_mcp.tools.support.results import Left
from toggl_mcp.tools.time_entries._args import Chosen
from toggl_mcp.tools.time_entries._output import NAMED, Names, names_of

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.time_entry_query import EntryResult
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.models.period import Calendar


class Choice(NamedTuple):
    """The entries that were asked for, what they are called, and how they came to be known."""

    entries: list[TimeEntry]
    names: Names
    days: DateRange
    workspaces: dict[int, str]
    gathered: "EntryResult"
    unsure: list[str]

    async def quota(self, toggl: "Toggl") -> Left | None:
        """Return what is left of the scarcest quota that this drew on, if Toggl was asked."""
        source = self.gathered.source
        found = [await left(toggl, space, source) for space in (None, *self.gathered.reported_workspace_ids)]
        return min(filter(None, found), key=lambda one: one.remaining, default=None)

    def gaps(self) -> list[str]:
        """Return what may be missing, and why."""
        missing = [
            f"{self.workspaces[key]} ({key}): {error}" for key, error in self.gathered.errors_by_workspace.items()
        ]
        stale = ["Toggl could not be asked what has changed since as_of."] if self.gathered.source == "stale" else []
        return list(dict.fromkeys([*missing, *stale, *self.unsure]))


async def choose(
    asked: Chosen,
    toggl: "Toggl",
    *,
    team: bool = False,
    reported: bool = False,
    named: AbstractSet[ResourceKind] = NAMED,
) -> Choice:
    """Return the entries that overlap with the days and fit what is asked, with the names of what is to be `named`.

    Raises:
        NotFound: A workspace or a name is nobody's; the message says what comes near.
    """
    from toggl_mcp.endpoints.time_entry_query import EntryQuery  # noqa: PLC0415 - start-up

    me, _ = await toggl.account.me(refresh=asked.refresh)
    days = _days(asked, await toggl.calendar(), toggl)
    spaces = await _workspaces(asked.workspace_id, toggl)
    wanted = EntryQuery(
        days=days,
        workspace_ids=spaces.keys(),
        user_id=None if team else me.id,
        from_reports=reported,
        refresh=asked.refresh,
        all_workspaces=asked.workspace_id is None,
    )
    gathered = await toggl.entry_source.fetch(wanted)
    for entry in gathered.entries:
        spaces.setdefault(entry.workspace_id, f"(workspace {entry.workspace_id})")
    gaps = _beyond(days, toggl)
    entries = await _chosen(asked, gathered.entries, spaces, gaps, toggl)
    names = await names_of(entries, toggl, named)
    return Choice(entries, names, days, spaces, gathered, [*gaps, *names.gaps])


async def _chosen(
    asked: Chosen, entries: list[TimeEntry], spaces: Iterable[int], gaps: list[str], toggl: "Toggl"
) -> list[TimeEntry]:
    """Return the entries that fit what is asked; what nobody can tell is a gap."""
    chosen = [entry for entry in entries if _fits(entry, asked)]
    for kind in RESOURCE_KINDS:
        if (ref := getattr(asked, kind)) is not None:
            chosen = await _of(ref, kind, chosen, spaces, gaps, toggl)
    return chosen


def _beyond(days: DateRange, toggl: "Toggl") -> list[str]:
    """Return what is not known of days that are far ahead."""
    horizon = toggl.entry_cache.horizon()
    return [f"What is planned for after {horizon:%Y-%m-%d} is not known."] if days.end > horizon else []


def _days(asked: Chosen, calendar: "Calendar", toggl: "Toggl") -> DateRange:
    """Return the days that are meant; today if none are named."""
    if asked.start is not None and asked.end is not None:
        return DateRange(calendar, asked.start, asked.end)
    return resolve_period(asked.period or "today", calendar.day_of(toggl.now_utc()), calendar)


async def _workspaces(given: int | None, toggl: "Toggl") -> dict[int, str]:
    """Return the names of the workspaces that are meant, by id: the one given, or all."""
    everything = (await toggl.account.workspaces()).collection.items
    if given is None:
        return {key: space.name for key, space in everything.items()}
    if given not in everything:
        message = f"This token opens no workspace {given}. get_account lists those that it opens."
        raise NotFound(message)
    return {given: everything[given].name}


def _fits(entry: TimeEntry, asked: Chosen) -> bool:
    """Tell whether an entry fits by what it says itself."""
    as_billable = asked.billable is None or entry.billable is asked.billable
    return as_billable and (asked.description or "").casefold() in entry.description.casefold()


async def _of(
    ref: str, kind: ResourceKind, entries: list[TimeEntry], spaces: Iterable[int], gaps: list[str], toggl: "Toggl"
) -> list[TimeEntry]:
    """Return the entries about what a name or an id means, everything of that name; what nobody can tell is a gap.

    Raises:
        NotFound: It means nothing in any of the workspaces.
    """
    names = await names_of(entries, toggl, {kind})
    found = names.of(ref, kind, entries)
    if not found and ref != REF_NONE:
        known = await _known(ref, [toggl.endpoint(kind, space) for space in spaces], toggl)
        names = await names_of(entries, toggl, {kind})
        found = names.of(ref, kind, entries) or [entry for entry in entries if kind == "tag" and _tagged(entry, known)]
    unclear = sum(any(said.unclear(ref) for said in names.about(kind, entry)) for entry in entries)
    more = [f"{unclear} entries are of a {kind} that is hidden, or new (refresh: true looks)."] if unclear else []
    gaps += [*names.gaps, *more]
    return found


def _tagged(entry: TimeEntry, tags: Iterable[NamedResource]) -> bool:
    """Tell whether an entry has one of these tags: entries know their tags by name only."""
    return any(tag.workspace_id == entry.workspace_id and tag.name in entry.tags for tag in tags)


async def _known(ref: str, endpoints: Sequence["CachedEndpoint[Any]"], toggl: "Toggl") -> list[NamedResource]:
    """Return what a name or an id means in any workspace, at first by what is known already.

    Raises:
        NotFound: It means nothing in any of them; the message names what comes near.
        TogglError: It was not found, and one of them could not be asked.
    """
    found = [item for endpoint in endpoints for item in await toggl.name_index.resolve_cached(endpoint, ref)]
    if found:
        return found
    looked_through: list[NamedResource] = []
    failures: list[TogglError] = []
    for endpoint in endpoints:
        try:
            meant, everything = await toggl.name_index.resolve(endpoint, ref)
        except TogglError as error:
            failures += [] if isinstance(error, PlanRequired) else [error]
        else:
            found += meant
            looked_through += everything.items.values()
    if not found:
        where = " and ".join(f"workspace {endpoint.workspace_id}" for endpoint in endpoints)
        raise next(iter(failures), nobody(ref, endpoints[0], where, looked_through))
    return found
