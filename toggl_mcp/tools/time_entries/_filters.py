"""Which entries are meant: the days, the workspaces, and what their work is."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, NamedTuple

from toggl_mcp.errors import NotFound, PlanRequired, TogglError
from toggl_mcp.models.base import REF_NONE, RESOURCE_KINDS, NamedResource, ResourceKind
from toggl_mcp.models.period import DateRange, resolve_period
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.lookup import not_found_error
from toggl_mcp.tools.support.results import QuotaRemaining
from toggl_mcp.tools.time_entries._args import EntryFilter
from toggl_mcp.tools.time_entries._output import KINDS_WITH_IDS, EntryNames, look_up_names

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.time_entry_query import EntryResult
    from toggl_mcp.models.period import Calendar


class Selection(NamedTuple):
    """The entries that were asked for, what they are called, and how they came to be known."""

    entries: list[TimeEntry]
    names: EntryNames
    date_range: DateRange
    workspaces: dict[int, str]
    result: "EntryResult"
    notes: list[str]

    async def quota(self, call: CallContext) -> QuotaRemaining | None:
        """Return what is left of the scarcest quota that this drew on, if Toggl was asked."""
        source = self.result.source
        quotas = [await call.quota(space, source) for space in (None, *self.result.reported_workspace_ids)]
        return min(filter(None, quotas), key=lambda one: one.remaining, default=None)

    def warnings(self) -> list[str]:
        """Return what may be missing, and why."""
        failures = [
            f"{self.workspaces[key]} ({key}): {error}" for key, error in self.result.errors_by_workspace.items()
        ]
        stale = ["Toggl could not be asked what has changed since as_of."] if self.result.source == "stale" else []
        return list(dict.fromkeys([*failures, *stale, *self.notes]))


async def select_entries(
    args: EntryFilter,
    call: CallContext,
    *,
    team: bool = False,
    from_reports: bool = False,
    kinds: AbstractSet[ResourceKind] = KINDS_WITH_IDS,
) -> Selection:
    """Return the entries that overlap with the days and fit what is asked, with the names of what is to be `named`.

    Raises:
        NotFound: A workspace or a name is nobody's; the message says what comes near.
    """
    from toggl_mcp.endpoints.time_entry_query import EntryQuery  # noqa: PLC0415 - start-up

    me = await call.account(refresh=args.refresh)
    date_range = _resolve_range(args, await call.calendar(), call)
    workspaces = await _resolve_workspaces(args.workspace_id, call)
    query = EntryQuery(
        days=date_range,
        workspace_ids=workspaces.keys(),
        user_id=None if team else me.id,
        from_reports=from_reports,
        refresh=args.refresh,
        all_workspaces=args.workspace_id is None,
    )
    result = await call.toggl.entry_source.fetch(query)
    for entry in result.entries:
        workspaces.setdefault(entry.workspace_id, f"(workspace {entry.workspace_id})")
    warnings = horizon_warning(date_range, call)
    entries = await _filter_entries(args, result.entries, workspaces, warnings, call)
    names = await look_up_names(entries, call, kinds)
    return Selection(entries, names, date_range, workspaces, result, [*warnings, *names.warnings])


async def _filter_entries(
    args: EntryFilter, entries: list[TimeEntry], workspaces: Iterable[int], warnings: list[str], call: CallContext
) -> list[TimeEntry]:
    """Return the entries that fit what is asked; what nobody can tell is a gap."""
    matches = [entry for entry in entries if _matches_fields(entry, args)]
    for kind in RESOURCE_KINDS:
        if (ref := getattr(args, kind)) is not None:
            matches = await filter_by_ref(ref, kind, matches, workspaces, warnings, call)
    return matches


def horizon_warning(date_range: DateRange, call: CallContext) -> list[str]:
    """Return what is not known of days that are far ahead."""
    horizon = call.toggl.entry_cache.horizon()
    return [f"What is planned for after {horizon:%Y-%m-%d} is not known."] if date_range.end > horizon else []


def _resolve_range(args: EntryFilter, calendar: "Calendar", call: CallContext) -> DateRange:
    """Return the days that are meant; today if none are named."""
    if args.start is not None and args.end is not None:
        return DateRange(calendar, args.start, args.end)
    return resolve_period(args.period or "today", calendar.day_of(call.now), calendar)


async def _resolve_workspaces(requested: int | None, call: CallContext) -> dict[int, str]:
    """Return the names of the workspaces that are meant, by id: the one given, or all."""
    workspaces = await call.workspaces()
    if requested is None:
        return {key: space.name for key, space in workspaces.items()}
    if requested not in workspaces:
        message = f"This token opens no workspace {requested}. get_account lists those that it opens."
        raise NotFound(message)
    return {requested: workspaces[requested].name}


def _matches_fields(entry: TimeEntry, args: EntryFilter) -> bool:
    """Tell whether an entry fits by what it says itself."""
    as_billable = args.billable is None or entry.billable is args.billable
    return as_billable and (args.description or "").casefold() in entry.description.casefold()


async def filter_by_ref(
    ref: str,
    kind: ResourceKind,
    entries: list[TimeEntry],
    workspaces: Iterable[int],
    warnings: list[str],
    call: CallContext,
) -> list[TimeEntry]:
    """Return the entries about what a name or an id means, everything of that name; what nobody can tell is a gap.

    Raises:
        NotFound: It means nothing in any of the workspaces.
    """
    names = await look_up_names(entries, call, {kind})
    matches = names.filter_entries(ref, kind, entries)
    if not matches and ref != REF_NONE:
        resolved = await resolve_everywhere(ref, [call.toggl.endpoint(kind, space) for space in workspaces], call)
        names = await look_up_names(entries, call, {kind})
        matches = names.filter_entries(ref, kind, entries) or [
            entry for entry in entries if kind == "tag" and _has_tag(entry, resolved)
        ]
    count = sum(any(entry_ref.is_unresolvable(ref) for entry_ref in names.refs_of(kind, entry)) for entry in entries)
    hidden = [f"{count} entries are of a {kind} that is hidden, or new (refresh: true looks)."] if count else []
    warnings += [*names.warnings, *hidden]
    return matches


def _has_tag(entry: TimeEntry, tags: Iterable[NamedResource]) -> bool:
    """Tell whether an entry has one of these tags: entries know their tags by name only."""
    return any(tag.workspace_id == entry.workspace_id and tag.name in entry.tags for tag in tags)


async def resolve_everywhere(
    ref: str, endpoints: Sequence["CachedEndpoint[Any]"], call: CallContext
) -> list[NamedResource]:
    """Return what a name or an id means in any workspace, at first by what is known already.

    Raises:
        NotFound: It means nothing in any of them; the message names what comes near.
        TogglError: It was not found, and one of them could not be asked.
    """
    items = [item for endpoint in endpoints for item in await call.toggl.name_index.resolve_cached(endpoint, ref)]
    if items:
        return items
    candidates: list[NamedResource] = []
    failures: list[TogglError] = []
    for endpoint in endpoints:
        try:
            matches, collection = await call.toggl.name_index.resolve(endpoint, ref)
        except TogglError as error:
            failures += [] if isinstance(error, PlanRequired) else [error]
        else:
            items += matches
            candidates += collection.items.values()
    if not items:
        place = " and ".join(f"workspace {endpoint.workspace_id}" for endpoint in endpoints)
        raise next(iter(failures), not_found_error(ref, endpoints[0], place, candidates))
    return items
