"""What every resource's tools do: name the workspace, find the one that is meant, say what is left."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from toggl_mcp.errors import Ambiguous, DuplicateName, NotFound
from toggl_mcp.models.base import REF_NONE, NamedResource, Source
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.results import Left

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.core.collection import Collection
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.name_index import NameIndex
    from toggl_mcp.endpoints.toggl import Toggl

E = TypeVar("E", bound=NamedResource)

LISTED = 10
"""Ids that a message lists."""


class Context(TypedDict):
    """What every answer about a workspace says."""

    workspace_id: int
    quota: Left | None


async def context(toggl: "Toggl", workspace: int, source: Source = "toggl") -> Context:
    """Return the workspace, and what is left of its quota if Toggl was asked."""
    return {"workspace_id": workspace, "quota": await left(toggl, workspace, source)}


async def left(toggl: "Toggl", workspace: int | None, source: Source = "toggl") -> Left | None:
    """Return what is left of a workspace's quota, or of the user's own, if Toggl was asked."""
    bucket = await toggl.get_quota(workspace) if source == "toggl" else None
    return None if bucket is None else Left.of(bucket, toggl.timestamp())


async def meant(ref: str, endpoint: "CachedEndpoint[E]", directory: "NameIndex") -> E:
    """Return the one that a name or an id means; digits that are nobody's id are a name.

    Raises:
        NotFound: None is meant; the message names those that come near.
        Ambiguous: Several are; the message lists their ids.
    """
    found, known = await directory.resolve(endpoint, ref)
    return only(found, ref, known, endpoint)


async def id_meant(ref: str | None, endpoint: "CachedEndpoint[E]", directory: "NameIndex") -> int | None:
    """Return the id that a name or an id means, 0 for none; None if nothing is said."""
    if ref is None or ref == REF_NONE:
        return None if ref is None else 0
    return (await meant(ref, endpoint, directory)).id


def there(item: E | None, item_id: int, endpoint: "CachedEndpoint[E]") -> E:
    """Return what was found by its id.

    Raises:
        NotFound: There is nothing.
    """
    if item is None:
        message = (
            f"There is no {endpoint.KIND} {item_id} in workspace {endpoint.workspace_id}. "
            f"list_{endpoint.PATH} has the ids, get_account the other workspaces."
        )
        raise NotFound(message)
    return item


async def target(item_id: int, endpoint: "CachedEndpoint[E]") -> E:
    """Return the one of an id, before something is done to it.

    Raises:
        NotFound: There is none.
    """
    return there((await endpoint.reserved.find(item_id)).item, item_id, endpoint)


async def gone(item_id: int, endpoint: "CachedEndpoint[E]", toggl: "Toggl") -> Context:
    """Delete the one of an id, and return what the answer says of its workspace.

    Raises:
        NotFound: There is none.
    """
    await target(item_id, endpoint)
    await endpoint.delete(item_id)
    return await context(toggl, endpoint.workspace_id)


async def one(
    item_id: int | None, name: str | None, endpoint: "CachedEndpoint[E]", *, refresh: bool
) -> tuple[E, Source, "datetime"]:
    """Return the one of an id, or of a name if there is no id, and how and when it came to be known.

    Raises:
        NotFound: There is none; the message names those that come near.
        Ambiguous: Several have the name; the message lists their ids.
    """
    if item_id is not None:
        found = await endpoint.find(item_id, refresh=refresh)
        return there(found.item, item_id, endpoint), found.source, found.as_of
    named, reading = await endpoint.find_by_name(name or "", refresh=refresh)
    item = only(named, name or "", reading.collection, endpoint, refreshable=True)
    return item, reading.source, reading.as_of


def only(
    found: list[E], name: str, known: "Collection[E]", endpoint: "CachedEndpoint[E]", *, refreshable: bool = False
) -> E:
    """Return the one that has a name; `refreshable` is whether the tool that asks can ask Toggl once more.

    Raises:
        NotFound: None has it; the message names those that come near.
        Ambiguous: Several have it; the message lists their ids.
    """
    if not found:
        where = f"workspace {endpoint.workspace_id}"
        raise nobody(name, endpoint, where, known.items.values(), refreshable=refreshable)
    if len(found) > 1:
        ids = ", ".join(str(item.id) for item in found[:LISTED]) + (", …" if len(found) > LISTED else "")
        message = f"{len(found)} {endpoint.KIND}s are called “{name}”: {ids}. Say which by its id."
        raise Ambiguous(message)
    return found[0]


def nobody(
    name: str, endpoint: "CachedEndpoint[Any]", where: str, known: Iterable[NamedResource], *, refreshable: bool = False
) -> NotFound:
    """Return the error that says which names come near one that nothing has."""
    ids = {item.name: item.id for item in known}
    near = ", ".join(f"“{close}” ({ids[close]})" for close in get_close_matches(name, ids, n=3))
    return NotFound(
        f"There is no {endpoint.KIND} of exactly the name “{name}” in {where}. "
        + (f"Near: {near}." if near else f"list_{endpoint.PATH} finds parts of a name.")
        + (" refresh: true asks Toggl once more." if refreshable else "")
    )


async def taken(
    endpoint: "CachedEndpoint[E]", name: str, rivals: Callable[[E], bool] = lambda _: True
) -> DuplicateName:
    """Return the error that also says which of the `rivals` has a name, as far as the cache knows."""
    holders = [item for item in await endpoint.load_cache() if fold(item.name) == fold(name) and rivals(item)]
    who = "".join(
        f" It is {'archived ' if getattr(item, 'archived', False) else ''}{endpoint.KIND} {item.id}."
        for item in holders
    )
    return DuplicateName(f"That name is already taken in workspace {endpoint.workspace_id}.{who} Choose another.")
