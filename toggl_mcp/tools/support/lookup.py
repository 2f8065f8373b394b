"""Finding what a name or an id means, and the errors that say what to do where it means nothing, or several."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from toggl_mcp.errors import Ambiguous, Candidate, DuplicateName, InvalidArguments, NotFound
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import REF_NONE, NamedResource
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.results import HasFreshness

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Collection
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.name_index import NameIndex

ResourceT = TypeVar("ResourceT", bound=NamedResource)

MAX_CANDIDATES = 10
"""Candidates that an error lists."""
HINT_REFRESH = "refresh: true reads Toggl again."


async def resolve(ref: str, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex") -> ResourceT:
    """Return the only match of a name or an id.

    Raises:
        NotFound: There is no match; its candidates have the nearest names.
        Ambiguous: There are several, which are its candidates.
    """
    matches, collection = await name_index.resolve(endpoint, ref)
    return exactly_one(matches, ref, collection, endpoint)


async def resolve_id(ref: str | None, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex") -> int | None:
    """Return the id of the only match of a name or an id, 0 for `REF_NONE`, and None if there is no reference."""
    if ref is None or ref == REF_NONE:
        return None if ref is None else 0
    return (await resolve(ref, endpoint, name_index)).id


def resolve_workspace(ref: str, workspaces: Iterable[Workspace]) -> Workspace:
    """Return the only workspace of a name or an id.

    Raises:
        NotFound: There is none; its candidates are all workspaces.
        Ambiguous: There are several, which are its candidates.
    """
    matches = [item for item in workspaces if ref == str(item.id) or fold(ref) == fold(item.name)]
    exact_matches = [item for item in matches if ref in (str(item.id), item.name)]
    if len(exact_matches or matches) == 1:
        return (exact_matches or matches)[0]
    candidates = [Candidate(item.id, item.name, item.id) for item in list(matches or workspaces)[:MAX_CANDIDATES]]
    if matches:
        message = f"{len(matches)} workspaces have “{ref}” as name or id. Give the id of one, or its exact name."
        raise Ambiguous(message, candidates)
    message = f"This token opens no workspace “{ref}”. Give one of the candidates."
    raise NotFound(message, candidates)


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
        NotFound: There is none; its candidates have the nearest names.
        Ambiguous: Several have the name, and are its candidates.
    """
    if item_id is not None:
        lookup = await endpoint.find(item_id, refresh=refresh)
        return require_found(lookup.item, item_id, endpoint), lookup
    matches, read = await endpoint.find_by_name(name or "", refresh=refresh)
    return exactly_one(matches, name or "", read.collection, endpoint, hint=HINT_REFRESH), read


def exactly_one(
    matches: list[ResourceT],
    ref: str,
    collection: "Collection[ResourceT]",
    endpoint: "CachedEndpoint[ResourceT]",
    *,
    hint: str = "",
) -> ResourceT:
    """Return the only match in a collection, or the only one that is spelled like the name.

    Raises:
        NotFound: There is none; its candidates have the nearest names, and its message ends with the hint.
        Ambiguous: There are several, which are its candidates.
    """
    if not matches:
        raise not_found_error(ref, [endpoint], collection.items.values(), hint)
    require_one_meaning(ref, matches, endpoint.KIND)
    exact_matches = [item for item in matches if item.name == ref]
    if len(matches) > 1 and len(exact_matches) != 1:
        ids = ", ".join(str(item.id) for item in matches[:MAX_CANDIDATES]) + (
            ", …" if len(matches) > MAX_CANDIDATES else ""
        )
        message = f"{len(matches)} {endpoint.KIND}s are called “{ref}”: {ids}. Give the id of one."
        raise Ambiguous(message, to_candidates(matches))
    return (exact_matches or matches)[0]


def require_one_meaning(ref: str, matches: Sequence[NamedResource], kind: str) -> None:
    """Require that digits are not the id of one match and the name of others.

    Raises:
        Ambiguous: They are both; the matches are its candidates.
    """
    by_id = [item for item in matches if str(item.id) == ref]
    ids = ", ".join(str(item.id) for item in matches if item not in by_id)
    if by_id and ids:
        message = (
            f"{ref} is the id of {kind} “{by_id[0].name}”, and the name of {kind} {ids}. "
            "Give the name of the first, or the id of the other."
        )
        raise Ambiguous(message, to_candidates(matches))


def not_found_error(
    ref: str, endpoints: Sequence["CachedEndpoint[Any]"], items: Iterable[NamedResource], hint: str = ""
) -> NotFound:
    """Return the error that no item of these endpoints has a name; its message ends with the hint."""
    place = " and ".join(f"workspace {endpoint.workspace_id}" for endpoint in endpoints)
    nearest = find_nearest(ref, items)
    names = ", ".join(
        f"“{item.name}” ({item.id}{f' in workspace {item.workspace_id}' if len(endpoints) > 1 else ''})"
        for item in nearest
    )
    sentences = (
        f"There is no {endpoints[0].KIND} of exactly the name “{ref}” in {place}.",
        f"Near: {names}." if names else f"list_{endpoints[0].PATH} finds parts of a name.",
        hint,
    )
    return NotFound(" ".join(filter(None, sentences)), to_candidates(nearest))


def find_nearest(ref: str, items: Iterable[NamedResource]) -> list[NamedResource]:
    """Return the items of the names nearest to a name, the nearest first, from every workspace that has one."""
    by_name: dict[str, list[NamedResource]] = defaultdict(list)
    for item in items:
        by_name[fold(item.name)].append(item)
    nearest = [item for name in get_close_matches(fold(ref), by_name, n=3) for item in by_name[name]]
    return nearest[:MAX_CANDIDATES]


def to_candidates(items: Iterable[NamedResource]) -> list[Candidate]:
    """Return items as an error lists them."""
    return [
        Candidate(
            item.id,
            item.name,
            item.workspace_id,
            getattr(item, "client_id", None),
            archived=getattr(item, "archived", False),
        )
        for item in list(items)[:MAX_CANDIDATES]
    ]


@asynccontextmanager
async def naming_deleted(
    item_id: int | None, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex"
) -> AsyncGenerator[None]:
    """Run a request that refers to a cached item, and say so if Toggl refuses because it has deleted the item.

    Raises:
        NotFound: Toggl has no such item any more; the candidates have its name, or the nearest ones.
    """
    matches = await name_index.resolve_cached(endpoint, str(item_id)) if item_id else []
    before = [item for item in matches if item.id == item_id]
    try:
        yield
    except (InvalidArguments, NotFound) as error:
        for item in before:
            items = (await endpoint.read(refresh=True)).collection.items
            if item.id not in items:
                nearest = find_nearest(item.name, items.values())
                message = (
                    f"Toggl has deleted the {endpoint.KIND} “{item.name}” ({item.id}), so it changed nothing. "
                    f"Give one of the candidates, or look with list_{endpoint.PATH}."
                )
                raise NotFound(message, to_candidates(nearest)) from error
        raise


def duplicate_name_error(name: str, endpoint: "CachedEndpoint[ResourceT]", items: Iterable[ResourceT]) -> DuplicateName:
    """Return the error that a name is in use, with the items that have it."""
    holders = [item for item in items if fold(item.name) == fold(name)]
    holder_text = "".join(
        f" It is {'archived ' if getattr(item, 'archived', False) else ''}{endpoint.KIND} {item.id}."
        for item in holders
    )
    message = f"That name is already taken in workspace {endpoint.workspace_id}.{holder_text} Choose another."
    return DuplicateName(message, to_candidates(holders))
