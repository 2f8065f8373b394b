"""Finding what a name or an id means, and the errors that say what to do where it means nothing, or several."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from toggl_mcp.errors import Ambiguous, DuplicateName, NotFound
from toggl_mcp.models.base import REF_NONE, NamedResource
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.results import HasFreshness

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Collection
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.name_index import NameIndex

ResourceT = TypeVar("ResourceT", bound=NamedResource)

MAX_IDS_IN_MESSAGE = 10
"""Ids that a message lists."""
HINT_REFRESH = "refresh: true reads Toggl again."


async def resolve(ref: str, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex") -> ResourceT:
    """Return the only match of a name or an id; digits that are no id are a name.

    Raises:
        NotFound: There is no match; the message lists the closest names.
        Ambiguous: There are several; the message lists their ids.
    """
    matches, collection = await name_index.resolve(endpoint, ref)
    return exactly_one(matches, ref, collection, endpoint)


async def resolve_id(ref: str | None, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex") -> int | None:
    """Return the id of the only match of a name or an id, 0 for `REF_NONE`, and None if there is no reference."""
    if ref is None or ref == REF_NONE:
        return None if ref is None else 0
    return (await resolve(ref, endpoint, name_index)).id


def require_found(item: ResourceT | None, item_id: int, endpoint: "CachedEndpoint[ResourceT]") -> ResourceT:
    """Return the item that has an id.

    Raises:
        NotFound: There is none.
    """
    if item is None:
        message = (
            f"There is no {endpoint.KIND} {item_id} in workspace {endpoint.workspace_id}. "
            f"list_{endpoint.PATH} has the ids, get_account the other workspaces."
        )
        raise NotFound(message)
    return item


async def get_or_raise(item_id: int, endpoint: "CachedEndpoint[ResourceT]") -> ResourceT:
    """Read the item that has an id, before it is changed.

    Raises:
        NotFound: There is none.
    """
    return require_found((await endpoint.reserved.find(item_id)).item, item_id, endpoint)


async def deletion_question(item_id: int, endpoint: "CachedEndpoint[ResourceT]", consequence: str) -> str:
    """Return the question to a person before the item that has an id is deleted.

    Raises:
        NotFound: There is none.
    """
    item = await get_or_raise(item_id, endpoint)
    place = f"workspace {endpoint.workspace_id}"
    return f"Delete the {endpoint.KIND} “{item.name}” ({item_id}) from {place} permanently? {consequence}"


async def delete_by_id(item_id: int, endpoint: "CachedEndpoint[ResourceT]") -> None:
    """Delete the item that has an id.

    Raises:
        NotFound: There is none.
    """
    await get_or_raise(item_id, endpoint)
    await endpoint.delete(item_id)


async def get_by_id_or_name(
    item_id: int | None, name: str | None, endpoint: "CachedEndpoint[ResourceT]", *, refresh: bool
) -> tuple[ResourceT, HasFreshness]:
    """Return the item that has an id, or a name if there is no id, and the read that it is from.

    Raises:
        NotFound: There is none; the message lists the closest names.
        Ambiguous: Several have the name; the message lists their ids.
    """
    if item_id is not None:
        lookup = await endpoint.find(item_id, refresh=refresh)
        return require_found(lookup.item, item_id, endpoint), lookup
    matches, read = await endpoint.find_by_name(name or "", refresh=refresh)
    return exactly_one(matches, name or "", read.collection, endpoint, hint=HINT_REFRESH), read


def exactly_one(
    matches: list[ResourceT],
    ref: str,
    candidates: "Collection[ResourceT]",
    endpoint: "CachedEndpoint[ResourceT]",
    *,
    hint: str = "",
) -> ResourceT:
    """Return the only match; the candidates are what was searched.

    Raises:
        NotFound: There is none; the message lists the closest names, and ends with the hint.
        Ambiguous: There are several; the message lists their ids.
    """
    if not matches:
        place = f"workspace {endpoint.workspace_id}"
        raise not_found_error(ref, endpoint, place, candidates.items.values(), hint)
    if len(matches) > 1:
        ids = ", ".join(str(item.id) for item in matches[:MAX_IDS_IN_MESSAGE]) + (
            ", …" if len(matches) > MAX_IDS_IN_MESSAGE else ""
        )
        message = f"{len(matches)} {endpoint.KIND}s are called “{ref}”: {ids}. Give the id of one."
        raise Ambiguous(message)
    return matches[0]


def not_found_error(
    ref: str, endpoint: "CachedEndpoint[Any]", place: str, candidates: Iterable[NamedResource], hint: str = ""
) -> NotFound:
    """Return the error that lists the closest names, and ends with the hint."""
    ids = {item.name: item.id for item in candidates}
    closest = ", ".join(f"“{name}” ({ids[name]})" for name in get_close_matches(ref, ids, n=3))
    sentences = (
        f"There is no {endpoint.KIND} of exactly the name “{ref}” in {place}.",
        f"Near: {closest}." if closest else f"list_{endpoint.PATH} finds parts of a name.",
        hint,
    )
    return NotFound(" ".join(filter(None, sentences)))


def duplicate_name_error(
    name: str, endpoint: "CachedEndpoint[ResourceT]", candidates: Iterable[ResourceT]
) -> DuplicateName:
    """Return the error that lists the candidates that have a name."""
    holders = [item for item in candidates if fold(item.name) == fold(name)]
    holder_text = "".join(
        f" It is {'archived ' if getattr(item, 'archived', False) else ''}{endpoint.KIND} {item.id}."
        for item in holders
    )
    return DuplicateName(
        f"That name is already taken in workspace {endpoint.workspace_id}.{holder_text} Choose another."
    )
