"""What must hold, each sentence the name of its violation."""

from collections.abc import Iterator, Mapping
from typing import cast

from tests.chaos.arena import Arena, same
from tests.chaos.asking import Told
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.reader import JUST_NOW
from toggl_mcp.endpoints.snapshots import Found, Reading
from toggl_mcp.errors import TogglError
from toggl_mcp.models.client import Client
from toggl_mcp.sandbox.faults import Kind

UNNAMED = "an error has no name"
TWICE = "a creation was sent again after it may have been heard"
NOT_NOTHING = "nothing was changed, it was said, and something was"
NOT_THERE = "a confirmed change is not at Toggl"
NOT_SEEN = "a confirmed change is not in every process's cache"
OUTDATED = "a cache shows what it was told is no longer so"
NOT_TOGGLS = "an answer that came from Toggl is not what Toggl has"
DENIED = "something that is there was denied"
OLD = "a creation was answered with a client that was known before"
NOT_SOUGHT = "a creation is in doubt, and was not looked for"
NOT_FOUND = "a creation is in doubt, although it was there to be seen"
DOUBTFUL = "the read after an unknown outcome differs from Toggl"
UNSETTLED = "a read after everything has settled differs from Toggl"
CLAIMED = "a caller that was cut off has left its claim behind"
OPEN = "a caller that was cut off has left a transaction open"
OFTEN = "more than 15 % of the creations have an unknown outcome"

Clients = Mapping[int, Client]


def misnamed(told: Told) -> Iterator[str]:
    """Yield the violation of a refusal that this package does not raise on purpose."""
    if told.error is not None and not isinstance(told.error, TogglError):
        yield f"{UNNAMED}: {told.error!r}"


def untrue(told: Told, there: Clients) -> Iterator[str]:
    """Yield what is not at Toggl of a change that was confirmed."""
    client = there.get(told.question.client_id)
    match told.question.verb, told.answer:
        case "restore", Client() as answer:
            true = client == answer and not answer.archived
        case "add" | "edit", Client() as answer:
            true = there.get(answer.id) == answer and told.question.name in answer.model_dump().values()
        case "archive", _:
            true = client is not None and client.archived
        case _:
            true = client is None and told.answer is None
    if not true:
        yield NOT_THERE


def undecided(told: Told, requests: list[tuple[str, Kind | None]], *, new: bool) -> Iterator[str]:
    """Yield what is wrong with the doubt about a creation, given its requests and whether it is at Toggl."""
    if not told.unknown or told.question.verb != "add":
        return
    method, kind = requests[-1]
    if method != "GET":
        yield NOT_SOUGHT
    elif new and kind is None:
        yield NOT_FOUND


async def unseen(told: Told, arena: Arena) -> list[str]:
    """Return which processes would still show otherwise what was confirmed."""
    client_id = told.answer.id if isinstance(told.answer, Client) else told.question.client_id
    views = [view for view in [await arena.cached(process) for process in arena.processes] if view is not None]
    if told.question.verb == "archive":
        return [NOT_SEEN for view in views if client_id not in view or not view[client_id].archived]
    there = arena.at_toggl()
    return [NOT_SEEN for view in views if not same(view, there, client_id)]


async def outdated(arena: Arena) -> list[str]:
    """Return which processes would show what they were told is no longer so."""
    return [OUTDATED for process in arena.processes if await arena.outdated(process)]


def misread(told: Told, there: Clients, now: float) -> Iterator[str]:
    """Yield what is wrong with an answer to a reader, when nothing happened at Toggl meanwhile."""
    answer = cast("Found[Client] | Reading[Client] | tuple[list[Client], Reading[Client]] | None", told.answer)
    match answer:
        case Found(item, source, as_of):
            if source == "toggl" and item != there.get(told.question.client_id):
                yield NOT_TOGGLS
            if item is None and told.question.client_id in there and now - as_of.timestamp() > JUST_NOW:
                yield DENIED
        case Reading() as reading:
            if (reading.source == "toggl" or told.question.refresh) and reading.collection.items != there:
                yield NOT_TOGGLS
        case (found, Reading() as reading):
            wanted = [client for client in there.values() if client.name == told.question.name]
            if reading.source == "toggl" and found != wanted:
                yield NOT_TOGGLS
        case _:
            return


async def differing(process: AsyncClientEndpoint, there: Clients, *, refresh: bool = False) -> bool:
    """Tell whether what a process reads differs from Toggl."""
    return (await process.read(refresh=refresh)).collection.items != there
