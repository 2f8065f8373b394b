"""What must hold, each sentence the name of its violation."""

from collections.abc import Iterator
from typing import Any, cast

from tests.chaos.arena import Arena
from tests.chaos.operations import Process, Things, Told
from tests.chaos.resource import Resource, alike, differing
from toggl_mcp.endpoints.core.cached_collection import CacheRead, Lookup
from toggl_mcp.endpoints.core.endpoint import NEGATIVE_TTL_SECONDS
from toggl_mcp.errors import QuotaSpent, TogglError
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.time_entries import TimeEntry, TimerStart
from toggl_mcp.sandbox.faults import Kind

UNNAMED = "an error has no name"
TWICE = "a creation was sent again after it may have been heard"
NOT_NOTHING = "nothing was changed, it was said, and something was"
NOT_THERE = "a confirmed change is not at Toggl"
NOT_SEEN = "a confirmed change is not in every process's cache"
OUTDATED = "a cache shows what it was told is no longer so"
IMPOSSIBLE = "a cache shows what cannot be, such as two timers that run"
TOO_OLD = "what passes for fresh is too old"
NOT_TOGGLS = "an answer that came from Toggl is not what Toggl has"
NOT_THE_CACHES = "an answer is neither what Toggl has nor what the cache shows"
DENIED = "something that is there was denied"
OLD = "a creation was answered with a thing that was known before"
BROUGHT_BACK = "something that was deleted has come back"
NOT_SOUGHT = "a creation is in doubt, and was not looked for"
NOT_FOUND = "a creation is in doubt, although it was there to be seen"
DOUBTFUL = "the read after an unknown outcome differs from Toggl"
UNSETTLED = "a read after everything has settled differs from Toggl"
CLAIMED = "a caller that was cut off has left its claim behind"
OPEN = "a caller that was cut off has left a transaction open"
OFTEN = "more than 15 % of the creations have an unknown outcome"


def misnamed(told: Told) -> Iterator[str]:
    """Yield the violation of a refusal that this package does not raise on purpose."""
    if told.error is not None and not isinstance(told.error, TogglError):
        yield f"{UNNAMED}: {told.error!r}"


def untrue(resource: Resource, told: Told, there: Things) -> Iterator[str]:
    """Yield what is not at Toggl of a change that was confirmed."""
    if any(not alike(resource, thing, there.get(key)) for key, thing in told.said.items()):
        yield NOT_THERE
    if any(not _has(resource, there.get(key), told) for key in told.reached):
        yield NOT_THERE
    match told.answer:
        case TimerStart(_, TimeEntry(id=former)) if former in there and cast("TimeEntry", there[former]).running:
            yield NOT_THERE
        case _:
            return


def _has(resource: Resource, thing: WorkspaceResource | None, told: Told) -> bool:
    """Tell whether a thing is there, and as it was asked to be."""
    wanted = told.question.wanted.items()
    return thing is not None and all(getattr(resource.plain(thing), field) == value for field, value in wanted)


def undecided(told: Told, requests: list[tuple[str, Kind | None]], *, new: bool) -> Iterator[str]:
    """Yield what is wrong with the doubt about a creation, given its requests and whether it is at Toggl."""
    if not told.unknown or not told.created:
        return
    method, kind = requests[-1]
    if method != "GET" and not isinstance(told.error and told.error.__cause__, QuotaSpent):
        yield NOT_SOUGHT
    elif new and kind is None:
        yield NOT_FOUND


async def unseen(told: Told, arena: Arena) -> list[str]:
    """Return which processes would still show otherwise what was confirmed."""
    views = [view for view in [await arena.cached(process) for process in arena.processes] if view is not None]
    resource, there = arena.resource, arena.at_toggl()
    return [
        NOT_SEEN
        for view in views
        if told.said.keys() & differing(resource, view, there)
        or any(not _has(resource, view.get(key), told) for key in told.reached)
    ]


async def outdated(arena: Arena) -> list[str]:
    """Return what is wrong with what the processes would show."""
    found: list[str] = []
    for process in arena.processes:
        found += [OUTDATED] if await arena.outdated(process) else []
        found += [IMPOSSIBLE] if arena.resource.impossible(await arena.cached(process) or {}) else []
    return found


def misread(resource: Resource, told: Told, there: Things, now: float) -> Iterator[str]:
    """Yield what is wrong with an answer to a reader, when nothing happened at Toggl meanwhile."""
    question = told.question
    answer = cast(
        "Lookup[Any] | CacheRead[Any] | tuple[list[WorkspaceResource], CacheRead[WorkspaceResource]] | None",
        told.answer,
    )
    match answer:
        case Lookup(item, source, as_of):
            if source == "toggl" and not alike(resource, item, there.get(question.about)):
                yield NOT_TOGGLS
            if item is None and question.about in there and now - as_of.timestamp() > NEGATIVE_TTL_SECONDS:
                yield DENIED
        case CacheRead() as reading:
            if reading.source == "toggl" or question.refresh:
                yield from [NOT_TOGGLS] if differing(resource, reading.collection.items, there) else []
            if reading.source == "cache" and now - reading.as_of.timestamp() > resource.FRESH + 1:
                yield TOO_OLD
        case (list() as found, CacheRead() as reading):
            wanted = {key: thing for key, thing in there.items() if resource.label(thing) == question.name}
            if reading.source == "toggl" and differing(resource, {thing.id: thing for thing in found}, wanted):
                yield NOT_TOGGLS
        case _:
            return


async def unexpected(told: Told, arena: Arena, asked: Process) -> list[str]:
    """Return what is wrong with an answer to a reader who was told some of what is there."""
    expected = told.question.expected
    if expected is None or told.error is not None:
        return []
    view = arena.at_toggl() if told.question.refresh else await arena.cached(asked)
    answer = cast(
        "list[WorkspaceResource]", [told.answer] if isinstance(told.answer, WorkspaceResource) else told.answer or []
    )
    differs = view is not None and differing(arena.resource, {thing.id: thing for thing in answer}, expected(view))
    return [NOT_TOGGLS if told.question.refresh else NOT_THE_CACHES] if differs else []


def revived(before: Things, there: Things, ever: set[int]) -> Iterator[str]:
    """Yield the violation of something that was there once, was not there before, and is there now."""
    if ever & (there.keys() - before.keys()):
        yield BROUGHT_BACK


async def unlike(resource: Resource, process: Process, there: Things, *, refresh: bool = False) -> bool:
    """Tell whether what a process reads differs from Toggl."""
    reading = await resource.endpoint(process).read(refresh=refresh)
    return bool(differing(resource, reading.collection.items, there))
