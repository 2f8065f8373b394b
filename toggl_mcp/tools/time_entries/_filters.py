"""The entries that a filter selects: by days, by workspaces, and by what they are about."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from toggl_mcp.errors import Ambiguous, Candidate, InvalidArguments, PlanRequired, TogglError
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import REF_NONE, RESOURCE_KINDS, NamedResource, ResourceKind
from toggl_mcp.models.duration_grammar import parse_duration
from toggl_mcp.models.period import LAST_DAY, Calendar, Comparison, DateRange, compare_with_previous
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.review import is_missing
from toggl_mcp.models.text import filter_by_part, fold
from toggl_mcp.models.time_entries import MAX_DURATION, TimeEntry
from toggl_mcp.models.time_grammar import parse_whole_day
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.lookup import (
    MAX_CANDIDATES,
    WORDS_OF_NONE,
    describe_other_kind,
    not_found_error,
    require_one_meaning,
    resolve_workspace,
)
from toggl_mcp.tools.support.results import list_unreadable
from toggl_mcp.tools.support.silence import describe_silence, find_last_end
from toggl_mcp.tools.time_entries._args import EntryFilter
from toggl_mcp.tools.time_entries._output import KINDS_WITH_IDS, EntryNames, look_up_names

EVERYBODY = "all"
"""The user whose entries are everybody's."""
_LABEL_OF_NONE = re.compile(r"\(?(?:no|without(?: an?)?) (client|project|task|tag)\)?")
_LABEL_WITH_ID = re.compile(r"(?P<name>.+) \((?P<id>[0-9]{1,18})\)")
MAX_READ_SECONDS = 13.0
"""Seconds that the read of entries may take: after it names are looked up, also of those that were read in time."""

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
    from toggl_mcp.endpoints.time_entry_query import EntryQuery, EntryResult


class Selection(NamedTuple):
    """The entries that a filter selects, their names, where they were read from, and what may be missing.

    With a comparison, the entries are those of the days before as well.
    """

    entries: list[TimeEntry]
    names: EntryNames
    date_range: DateRange
    workspaces: Mapping[int, str]
    result: "EntryResult"
    warnings: list[str]
    comparison: Comparison | None = None


async def select_entries(
    args: EntryFilter,
    call: CallContext,
    *,
    from_reports: bool = False,
    kinds: AbstractSet[ResourceKind] = KINDS_WITH_IDS,
    with_previous: bool = False,
    with_fresh_entries: bool = False,
    subject: Mapping[ResourceKind, Sequence[str]] | None = None,
) -> Selection:
    """Return the entries that overlap with the days and match the filter, with the names of these kinds.

    `with_previous` adds the entries of the days before, to compare with. `with_fresh_entries` reads these from Toggl,
    and names from the cache. `subject` is what the caller filters by: reports of other workspaces are left out.

    Raises:
        NotFound: There is no such workspace, or nothing of a name; the message lists the closest names.
    """
    from toggl_mcp.endpoints.time_entry_query import EntryQuery  # noqa: PLC0415 - start-up

    if args.refresh:
        call.name_index.refreshed_at = call.toggl.timestamp()
    account = await call.account(refresh=args.refresh)
    date_range = _resolve_range(args, await call.calendar(), call.now)
    comparison = None
    if with_previous:
        with naming_argument("compare"):
            comparison = compare_with_previous(date_range, call.now)
    workspaces = await _resolve_workspaces(args.workspace, call)
    query = EntryQuery(
        date_range=date_range if comparison is None else replace(date_range, first=comparison.previous.first),
        workspace_ids=tuple(workspaces),
        user_id=account.me.id if args.user is None else None,
        from_reports=from_reports,
        refresh=args.refresh or with_fresh_entries,
        all_workspaces=args.workspace is None,
        since=account.me.created_at if args.user is None else None,
    )
    with anyio.fail_after(MAX_READ_SECONDS):
        if call.toggl.entry_source.needs_reports(query):
            subject = subject or {kind: getattr(args, kind) or () for kind in KINDS_WITH_IDS}
            workspace_ids = await _find_workspaces(subject, [*workspaces], call, is_own=args.user is None)
            query = query._replace(workspace_ids=workspace_ids)
        result = await call.toggl.entry_source.fetch(query)
    # A workspace that the user joined since the account was read has entries, and no name yet.
    for entry in result.entries:
        workspaces.setdefault(entry.workspace_id, f"(workspace {entry.workspace_id})")
    entries, filter_warnings = await _filter_entries(args, result.entries, [*workspaces], call)
    names = await look_up_names(entries, call, kinds)
    warnings = [
        *_source_warnings(result, workspaces, query.date_range, call.toggl.entry_cache.latest_start()),
        *_silence_warnings(result, query, call),
        *(_team_warnings(query.date_range, account.workspaces, query.workspace_ids, call) if args.user else ()),
        *list_unreadable(account.unreadable.get("workspaces", 0), "workspaces"),
        *filter_warnings,
        *names.warnings,
    ]
    return Selection(entries, names, date_range, workspaces, result, list(dict.fromkeys(warnings)), comparison)


def _silence_warnings(result: "EntryResult", query: "EntryQuery", call: CallContext) -> list[str]:
    """Return that the days go on after the last entry, if that was long ago: no time is no proof of no work then.

    An entry that cannot be read may be a recent one.
    """
    date_range, now = query.date_range, call.now
    if result.cached_entries is None or result.unreadable_count or date_range.start > now:
        return []
    last_end = find_last_end(query.select_in_workspaces(result.cached_entries), now)
    warning = describe_silence(last_end, now, date_range.calendar)
    return [warning] if warning and date_range.end > (last_end or call.toggl.entry_cache.earliest_start()) else []


def _resolve_range(args: EntryFilter, calendar: Calendar, now: "datetime") -> DateRange:
    """Return the days of the filter; today if it names none.

    Raises:
        InvalidArguments: A text is no day or period, has two readings, or the end is before the start.
    """
    if args.start is None or args.end is None:
        with naming_argument("period"):
            date_range = parse_period(args.period or "today", calendar.day_of(now), calendar)
    else:
        with naming_argument("start"):
            first = parse_whole_day(args.start, now, calendar, is_last=False)
        with naming_argument("end"):
            date_range = DateRange(calendar, first, parse_whole_day(args.end, now, calendar, is_last=True))
    if date_range.last < date_range.first:
        message = "end is before start. Give the earlier day as start."
        raise InvalidArguments(message)
    if date_range.last > LAST_DAY:
        message = f"The days end after {LAST_DAY}, the last day of Toggl's reports. Give an earlier end."
        raise InvalidArguments(message)
    return date_range


async def _resolve_workspaces(ref: str | None, call: CallContext) -> dict[int, str]:
    """Return the name of the requested workspace, or of each workspace, by id."""
    workspaces = (await call.workspaces()).values()
    requested: Iterable[Workspace] = workspaces if ref is None else [resolve_workspace(ref, workspaces)]
    return {workspace.id: workspace.name for workspace in requested}


async def _find_workspaces(
    subject: Mapping[ResourceKind, Sequence[str]], workspace_ids: Sequence[int], call: CallContext, *, is_own: bool
) -> Sequence[int]:
    """Return the ids of the workspaces that can have entries of these references: those of what they mean.

    An id is of one workspace. A name may be that of something else, too, which only colleagues see.

    Raises:
        NotFound: A reference means nothing; reports, which cost more than lists, are not read to say so.
    """
    for kind, refs in subject.items():
        endpoints = [call.toggl.endpoint(kind, key) for key in workspace_ids]
        ids: set[int] = set()
        for label in refs:
            ref = await _read_label(label, kind, endpoints, call)
            items = [] if ref == REF_NONE else await _resolve_everywhere(ref, endpoints, call)
            is_known = items and (is_own or all(str(item.id) == ref for item in items))
            ids |= {item.workspace_id for item in items} if is_known else {*workspace_ids}
        workspace_ids = [key for key in workspace_ids if key in ids] or workspace_ids
    return workspace_ids


def _source_warnings(
    result: "EntryResult", workspaces: Mapping[int, str], date_range: DateRange, horizon: "datetime"
) -> list[str]:
    """Return which workspaces could not be read, whether the entries are stale, and whether the days reach too far."""
    failures = [f"{workspaces[key]} ({key}): {error}" for key, error in result.errors_by_workspace.items()]
    stale = ["Toggl could not be read; what has changed since as_of is missing."] if result.source == "stale" else []
    future = [f"Entries after {horizon:%Y-%m-%d} are not read."] if date_range.end > horizon else []
    limit = result.unread_before
    imports = f"Imported entries from before {limit} are not read, as a year without any follows. Ask for them alone."
    unreadable = list_unreadable(result.unreadable_count, "time entries")
    return [*failures, *stale, *future, *([imports] if limit else []), *unreadable]


def _team_warnings(
    date_range: DateRange, workspaces: Iterable[Workspace], workspace_ids: Iterable[int], call: CallContext
) -> Iterator[str]:
    """Yield what the reports of a team lack of these days."""
    if date_range.start <= call.now and date_range.end > call.now - MAX_DURATION:
        yield "Reports lack timers that are still running, so the team's running timers are not counted."
    names = ", ".join(item.name for item in workspaces if item.id in [*workspace_ids] and not item.admin)
    if names:
        yield f"You are not an admin of {names}: Toggl may leave out the time of colleagues."


async def _filter_entries(
    args: EntryFilter, entries: list[TimeEntry], workspace_ids: Sequence[int], call: CallContext
) -> tuple[list[TimeEntry], list[str]]:
    """Return the entries that match the filter, and warnings about those that may match."""
    with naming_argument("longer_than"):
        min_seconds = -1 if args.longer_than is None else parse_duration(args.longer_than)
    matches = [
        entry
        for entry in entries
        if args.billable in (None, entry.billable)
        and entry.count_seconds(call.now) > min_seconds
        and (args.missing is None or any(is_missing(entry, field) for field in args.missing))
    ]
    if args.description is not None:
        matches = filter_by_part(matches, args.description, lambda entry: fold(entry.description))
    warnings: list[str] = []
    if args.user not in (None, EVERYBODY):
        matches = await _filter_by_user(args.user, matches, workspace_ids, call)
    for kind in RESOURCE_KINDS:
        for refs in _group_refs(args, kind):
            matches, ref_warnings = await filter_by_refs(refs, kind, matches, workspace_ids, call)
            warnings += ref_warnings
    return matches, warnings


def _group_refs(args: EntryFilter, kind: ResourceKind) -> Iterable[Sequence[str]]:
    """Return the groups of references of a kind; an entry has to match one of each group."""
    refs: Sequence[str] = getattr(args, kind) or ()
    if kind == "tag" and args.tag_match == "all":
        return [[ref] for ref in refs]
    return [refs] if refs else []


async def filter_by_refs(
    refs: Sequence[str], kind: ResourceKind, entries: list[TimeEntry], workspace_ids: Sequence[int], call: CallContext
) -> tuple[list[TimeEntry], list[str]]:
    """Return the entries that one of these references matches, and warnings about those that may match."""
    matching_ids: set[int] = set()
    warnings: list[str] = []
    for ref in refs:
        matches, ref_warnings = await _filter_by_ref(ref, kind, entries, workspace_ids, call)
        matching_ids |= {entry.id for entry in matches}
        warnings += ref_warnings
    return [entry for entry in entries if entry.id in matching_ids], warnings


async def _filter_by_user(
    ref: str, entries: list[TimeEntry], workspace_ids: Sequence[int], call: CallContext
) -> list[TimeEntry]:
    """Return the entries of the user that a name or an id means: reports name the users of their entries.

    Raises:
        NotFound: No workspace has such a user.
        Ambiguous: Several users have the name.
    """
    matches = [entry for entry in entries if ref == str(entry.user_id) or fold(ref) == fold(entry.user_name or "")]
    with_id = _LABEL_WITH_ID.fullmatch(ref)
    if not matches and with_id is not None:
        identity = with_id["id"], fold(with_id["name"])
        matches = [entry for entry in entries if (str(entry.user_id), fold(entry.user_name or "")) == identity]
    if not matches:
        # A name may be given without its accents.
        resolved = await _resolve_everywhere(ref, [call.toggl.users(key) for key in workspace_ids], call)
        user_ids = {user.id for user in resolved}
        matches = [entry for entry in entries if entry.user_id in user_ids]
    users = {entry.user_id or 0: entry for entry in matches}
    if len(users) > 1:
        ids = ", ".join(map(str, users))
        message = f"{len(users)} users are called “{ref}”: {ids}. Give the id of one."
        candidates = [Candidate(key, entry.user_name or "", entry.workspace_id) for key, entry in users.items()]
        raise Ambiguous(message, candidates[:MAX_CANDIDATES])
    return matches


async def _filter_by_ref(
    ref: str, kind: ResourceKind, entries: list[TimeEntry], workspace_ids: Sequence[int], call: CallContext
) -> tuple[list[TimeEntry], list[str]]:
    """Return the entries that a name or an id matches, and warnings about those that may match.

    Raises:
        NotFound: No workspace has anything of that name or id.
        Ambiguous: It is the id of one item and the name of another.
    """
    endpoints = [call.toggl.endpoint(kind, key) for key in workspace_ids]
    ref = await _read_label(ref, kind, endpoints, call)
    cached_items = await _resolve_cached(ref, endpoints, call)
    if ref.isdecimal() and ref != REF_NONE:
        require_one_meaning(ref, cached_items, kind)
    names = await look_up_names(entries, call, {kind})
    matches = names.filter_entries(ref, kind, entries)
    if any(item.name == ref for item in cached_items):  # Another one may have this name in another case.
        matches = [entry for entry in matches if any(item.is_exactly(ref) for item in names.refs_of(kind, entry))]
    if not matches and ref != REF_NONE:
        resolved = await _resolve_everywhere(ref, endpoints, call)
        names = await look_up_names(entries, call, {kind})
        # An entry names its tags, and has no ids of them; and a name may be given without its accents.
        spellings = {(item.workspace_id, item.name) for item in resolved}
        matches = names.filter_entries(ref, kind, entries) or [
            entry
            for entry in entries
            if any((entry.workspace_id, entry_ref.name) in spellings for entry_ref in names.refs_of(kind, entry))
        ]
    count = sum(any(entry_ref.is_unresolvable(ref) for entry_ref in names.refs_of(kind, entry)) for entry in entries)
    hidden = [f"{count} entries have a {kind} that is hidden, or new (refresh: true reads it)."] if count else []
    return matches, [*names.warnings, *hidden]


async def _read_label(ref: str, kind: ResourceKind, endpoints: Sequence["ReadEndpoint[Any]"], call: CallContext) -> str:
    """Return the reference that a group of a total shows as `(no project)`, or as a name with its id behind it."""
    without, with_id = _LABEL_OF_NONE.fullmatch(fold(ref)), _LABEL_WITH_ID.fullmatch(ref)
    if not (without and without[1] == kind) and with_id is None:
        return ref
    if await _resolve_cached(ref, endpoints, call):  # Something has it as its name.
        return ref
    if with_id is None:
        return REF_NONE
    items = await _resolve_cached(with_id["id"], endpoints, call)
    return with_id["id"] if any(fold(item.name) == fold(with_id["name"]) for item in items) else ref


async def _resolve_cached(ref: str, endpoints: Sequence["ReadEndpoint[Any]"], call: CallContext) -> list[NamedResource]:
    """Return everything that has a name or an id in the cache, in any workspace."""
    return [item for endpoint in endpoints for item in await call.name_index.resolve_cached(endpoint, ref)]


async def _resolve_everywhere(
    ref: str, endpoints: Sequence["ReadEndpoint[Any]"], call: CallContext
) -> list[NamedResource]:
    """Return everything that has a name or an id, in any workspace; from the cache if the cache has some.

    Raises:
        NotFound: No workspace has any; the message lists the closest names.
        TogglError: None was found, and a workspace could not be read.
    """
    name_index = call.name_index
    if items := await _resolve_cached(ref, endpoints, call):
        return items
    candidates: list[NamedResource] = []
    failures: list[TogglError] = []
    for endpoint in endpoints:
        try:
            matches, collection = await name_index.resolve(endpoint, ref)
        except PlanRequired:
            continue  # A workspace without tasks has no task of that name.
        except TogglError as error:
            failures.append(error)
        else:
            items += matches
            candidates += collection.items.values()
    if items:
        return items
    if failures:
        raise failures[0]
    hints = [await describe_other_kind(ref, endpoint, name_index) for endpoint in endpoints]
    if fold(ref) in WORDS_OF_NONE:
        hints = [f"0 selects entries without a {endpoints[0].KIND}; omit it to select all."]
    raise not_found_error(ref, endpoints, candidates, next(filter(None, hints), ""))
