"""The invariants, each sentence the name of its violation."""

from collections.abc import Iterator
from typing import Any, cast

from tests.chaos.arena import Arena
from tests.chaos.operations import Items, Outcome, Process
from tests.chaos.resource import Resource, differing_ids, is_same
from toggl_mcp.endpoints.core.cached_collection import CacheRead, Lookup
from toggl_mcp.endpoints.core.read_endpoint import ITEM_NEGATIVE_TTL_SECONDS
from toggl_mcp.errors import QuotaSpent, TogglError
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.time_entries import TimeEntry, TimerStart
from toggl_mcp.sandbox.faults import Kind

UNNAMED = "an error has no name"
DUPLICATED = "a create was sent again after Toggl may have received it"
CHANGED_AFTER_ALL = "an error says that nothing was changed, and something was"
NOT_AT_TOGGL = "a confirmed change is not at Toggl"
NOT_CACHED = "a confirmed change is not in every process's cache"
OUTDATED = "a cache shows what a confirmed change or a read has replaced"
MISSING = "a read lacks an item that existed all the while"
IMPOSSIBLE = "a cache shows what cannot be, such as two timers that run"
TOO_OLD = "what passes for fresh is too old"
DIFFERS_FROM_TOGGL = "a result with source toggl differs from Toggl"
DIFFERS_FROM_CACHE = "a result differs from the cache"
DENIED = "an existing item was reported as not found"
KNOWN_BEFORE = "a create returned an item that was cached before"
LATER_TIMER_STOPPED = "a start or a stop has stopped a timer that the person started after it"
NOT_STOPPED_BY_START = "a start names a timer as stopped by it that it has not stopped"
RESTORED = "a deleted item was restored"
NOT_RECONCILED = "a create of unknown outcome was not reconciled by a read"
NOT_FOUND = "a create has an unknown outcome, although a read showed its item"
OUTDATED_AFTER_UNKNOWN = "the read after an unknown outcome differs from Toggl"
UNSETTLED = "a read after everything has settled differs from Toggl"
LEASE_LEFT = "a cancelled caller left its lease"
TRANSACTION_LEFT = "a cancelled caller left a transaction open"
TOO_MANY_UNKNOWN = "more than 15 % of the creations have an unknown outcome"


def check_error_type(outcome: Outcome) -> Iterator[str]:
    """Yield the violation of an error that is not a TogglError."""
    if outcome.error is not None and not isinstance(outcome.error, TogglError):
        yield f"{UNNAMED}: {outcome.error!r}"


def check_confirmed(resource: Resource, outcome: Outcome, items: Items) -> Iterator[str]:
    """Yield what a confirmed change lacks at Toggl."""
    if any(not is_same(resource, item, items.get(key)) for key, item in outcome.confirmed_items.items()):
        yield NOT_AT_TOGGL
    if any(not _has_expected_fields(resource, items.get(key), outcome) for key in outcome.reached_ids):
        yield NOT_AT_TOGGL
    match outcome.answer:
        case TimerStart(_, TimeEntry(id=former)) if former in items and cast("TimeEntry", items[former]).running:
            yield NOT_AT_TOGGL
        case _:
            return


def _has_expected_fields(resource: Resource, item: WorkspaceResource | None, outcome: Outcome) -> bool:
    """Return whether an item exists and has the fields of the operation."""
    expected_fields = outcome.operation.expected_fields.items()
    return item is not None and all(
        getattr(resource.normalize(item), field) == value for field, value in expected_fields
    )


def check_unknown_creation(
    outcome: Outcome, requests: list[tuple[str, Kind | None]], *, is_present: bool
) -> Iterator[str]:
    """Yield the violations of a creation of unknown outcome, by its requests and whether its item is at Toggl."""
    if not outcome.is_unknown or not outcome.is_creation:
        return
    method, kind = requests[-1]
    if method != "GET" and not isinstance(outcome.error and outcome.error.__cause__, QuotaSpent):
        yield NOT_RECONCILED
    elif is_present and kind is None:
        yield NOT_FOUND


async def check_caches(outcome: Outcome, arena: Arena) -> list[str]:
    """Return which processes would still read otherwise than was confirmed."""
    views = [view for view in [await arena.cached(process) for process in arena.processes] if view is not None]
    resource, items = arena.resource, arena.at_toggl()
    return [
        NOT_CACHED
        for view in views
        if outcome.confirmed_items.keys() & differing_ids(resource, view, items)
        or any(not _has_expected_fields(resource, view.get(key), outcome) for key in outcome.reached_ids)
    ]


async def check_outdated(arena: Arena) -> list[str]:
    """Return the violations of what the processes would read."""
    violations: list[str] = []
    for process in arena.processes:
        violations += [OUTDATED] if await arena.outdated(process) else []
        violations += [IMPOSSIBLE] if arena.resource.is_impossible(await arena.cached(process) or {}) else []
    return violations


def check_read(resource: Resource, outcome: Outcome, items: Items, now: float) -> Iterator[str]:
    """Yield the violations of a read during which nothing changed at Toggl."""
    operation = outcome.operation
    answer = cast(
        "Lookup[Any] | CacheRead[Any] | tuple[list[WorkspaceResource], CacheRead[WorkspaceResource]] | None",
        outcome.answer,
    )
    match answer:
        case Lookup(item, source, as_of):
            if source == "toggl" and not is_same(resource, item, items.get(operation.target_id)):
                yield DIFFERS_FROM_TOGGL
            if item is None and operation.target_id in items and now - as_of.timestamp() > ITEM_NEGATIVE_TTL_SECONDS:
                yield DENIED
        case CacheRead() as read:
            if read.source == "toggl" or operation.refresh:
                yield from [DIFFERS_FROM_TOGGL] if differing_ids(resource, read.collection.items, items) else []
            if read.source == "cache" and now - read.as_of.timestamp() > resource.FRESH_SECONDS + 1:
                yield TOO_OLD
        case (list() as matches, CacheRead() as read):
            expected = {key: item for key, item in items.items() if resource.label(item) == operation.name}
            if read.source == "toggl" and differing_ids(resource, {item.id: item for item in matches}, expected):
                yield DIFFERS_FROM_TOGGL
        case _:
            return


async def check_expected_items(outcome: Outcome, arena: Arena, process: Process) -> list[str]:
    """Return the violations of a read whose expected items are partly known."""
    expected = outcome.operation.expected
    if expected is None or outcome.error is not None:
        return []
    view = arena.at_toggl() if outcome.operation.refresh else await arena.cached(process)
    answer = cast(
        "list[WorkspaceResource]",
        [outcome.answer] if isinstance(outcome.answer, WorkspaceResource) else outcome.answer or [],
    )
    differs = view is not None and differing_ids(arena.resource, {item.id: item for item in answer}, expected(view))
    return [DIFFERS_FROM_TOGGL if outcome.operation.refresh else DIFFERS_FROM_CACHE] if differs else []


def check_restored(before: Items, items: Items, past_ids: set[int]) -> Iterator[str]:
    """Yield the violation of an item that was deleted and has come back."""
    if past_ids & (items.keys() - before.keys()):
        yield RESTORED


async def differs_from_toggl(resource: Resource, process: Process, items: Items, *, refresh: bool = False) -> bool:
    """Return whether a process reads other items than Toggl has."""
    read = await resource.endpoint(process).read(refresh=refresh)
    return bool(differing_ids(resource, read.collection.items, items))
