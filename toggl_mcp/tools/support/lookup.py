"""What every resource's tools do: name the workspace, find the one that is meant, say what is left."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from toggl_mcp.errors import Ambiguous, DuplicateName, NotFound
from toggl_mcp.models.base import REF_NONE, NamedResource, Source
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.results import QuotaRemaining

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from datetime import datetime

    from toggl_mcp.endpoints.core.collection import Collection
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.name_index import NameIndex
    from toggl_mcp.endpoints.toggl import Toggl

E = TypeVar("E", bound=NamedResource)

MAX_IDS_IN_MESSAGE = 10
"""Ids that a message lists."""


class WorkspaceFields(TypedDict):
    """What every answer about a workspace says."""

    workspace_id: int
    quota: QuotaRemaining | None


async def workspace_fields(toggl: "Toggl", workspace: int, source: Source = "toggl") -> WorkspaceFields:
    """Return the workspace, and what is left of its quota if Toggl was asked."""
    return {"workspace_id": workspace, "quota": await quota_remaining(toggl, workspace, source)}


async def quota_remaining(toggl: "Toggl", workspace: int | None, source: Source = "toggl") -> QuotaRemaining | None:
    """Return what is left of a workspace's quota, or of the user's own, if Toggl was asked."""
    bucket = await toggl.get_quota(workspace) if source == "toggl" else None
    return None if bucket is None else QuotaRemaining.of(bucket, toggl.timestamp())


async def resolve(ref: str, endpoint: "CachedEndpoint[E]", directory: "NameIndex") -> E:
    """Return the one that a name or an id means; digits that are nobody's id are a name.

    Raises:
        NotFound: None is meant; the message names those that come near.
        Ambiguous: Several are; the message lists their ids.
    """
    matches, collection = await directory.resolve(endpoint, ref)
    return exactly_one(matches, ref, collection, endpoint)


async def resolve_id(ref: str | None, endpoint: "CachedEndpoint[E]", directory: "NameIndex") -> int | None:
    """Return the id that a name or an id means, 0 for none; None if nothing is said."""
    if ref is None or ref == REF_NONE:
        return None if ref is None else 0
    return (await resolve(ref, endpoint, directory)).id


def require_found(item: E | None, item_id: int, endpoint: "CachedEndpoint[E]") -> E:
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


async def get_or_raise(item_id: int, endpoint: "CachedEndpoint[E]") -> E:
    """Return the one of an id, before something is done to it.

    Raises:
        NotFound: There is none.
    """
    return require_found((await endpoint.reserved.find(item_id)).item, item_id, endpoint)


async def delete_by_id(item_id: int, endpoint: "CachedEndpoint[E]", toggl: "Toggl") -> WorkspaceFields:
    """Delete the one of an id, and return what the answer says of its workspace.

    Raises:
        NotFound: There is none.
    """
    await get_or_raise(item_id, endpoint)
    await endpoint.delete(item_id)
    return await workspace_fields(toggl, endpoint.workspace_id)


async def get_by_id_or_name(
    item_id: int | None, name: str | None, endpoint: "CachedEndpoint[E]", *, refresh: bool
) -> tuple[E, Source, "datetime"]:
    """Return the one of an id, or of a name if there is no id, and how and when it came to be known.

    Raises:
        NotFound: There is none; the message names those that come near.
        Ambiguous: Several have the name; the message lists their ids.
    """
    if item_id is not None:
        lookup = await endpoint.find(item_id, refresh=refresh)
        return require_found(lookup.item, item_id, endpoint), lookup.source, lookup.as_of
    matches, reading = await endpoint.find_by_name(name or "", refresh=refresh)
    item = exactly_one(matches, name or "", reading.collection, endpoint, refreshable=True)
    return item, reading.source, reading.as_of


def exactly_one(
    matches: list[E],
    name: str,
    candidates: "Collection[E]",
    endpoint: "CachedEndpoint[E]",
    *,
    refreshable: bool = False,
) -> E:
    """Return the one that has a name; `refreshable` is whether the tool that asks can ask Toggl once more.

    Raises:
        NotFound: None has it; the message names those that come near.
        Ambiguous: Several have it; the message lists their ids.
    """
    if not matches:
        place = f"workspace {endpoint.workspace_id}"
        raise not_found_error(name, endpoint, place, candidates.items.values(), refreshable=refreshable)
    if len(matches) > 1:
        ids = ", ".join(str(item.id) for item in matches[:MAX_IDS_IN_MESSAGE]) + (
            ", …" if len(matches) > MAX_IDS_IN_MESSAGE else ""
        )
        message = f"{len(matches)} {endpoint.KIND}s are called “{name}”: {ids}. Say which by its id."
        raise Ambiguous(message)
    return matches[0]


def not_found_error(
    name: str,
    endpoint: "CachedEndpoint[Any]",
    place: str,
    candidates: Iterable[NamedResource],
    *,
    refreshable: bool = False,
) -> NotFound:
    """Return the error that says which names come near one that nothing has."""
    ids = {item.name: item.id for item in candidates}
    closest = ", ".join(f"“{close}” ({ids[close]})" for close in get_close_matches(name, ids, n=3))
    return NotFound(
        f"There is no {endpoint.KIND} of exactly the name “{name}” in {place}. "
        + (f"Near: {closest}." if closest else f"list_{endpoint.PATH} finds parts of a name.")
        + (" refresh: true asks Toggl once more." if refreshable else "")
    )


async def duplicate_name_error(
    endpoint: "CachedEndpoint[E]", name: str, is_rival: Callable[[E], bool] = lambda _: True
) -> DuplicateName:
    """Return the error that also says which of the `rivals` has a name, as far as the cache knows."""
    holders = [item for item in await endpoint.load_cache() if fold(item.name) == fold(name) and is_rival(item)]
    holder_text = "".join(
        f" It is {'archived ' if getattr(item, 'archived', False) else ''}{endpoint.KIND} {item.id}."
        for item in holders
    )
    return DuplicateName(
        f"That name is already taken in workspace {endpoint.workspace_id}.{holder_text} Choose another."
    )
