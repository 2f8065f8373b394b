"""Finding what a name or an id means, and the errors that say what to do where it means nothing, or several."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from toggl_mcp.errors import Ambiguous, Candidate, DuplicateName, InvalidArguments, NotFound
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import REF_NONE, NamedResource
from toggl_mcp.models.text import fold, fold_accents, fold_spelling
from toggl_mcp.tools.support.args import ReadArgs, WorkspaceArgs
from toggl_mcp.tools.support.results import HasFreshness

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from collections.abc import Callable

    from toggl_mcp.endpoints.core.collection import Collection
    from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
    from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
    from toggl_mcp.endpoints.name_index import NameIndex
    from toggl_mcp.tools.support.define import CallContext

ResourceT = TypeVar("ResourceT", bound=NamedResource)

WORDS_OF_NONE = ("none", "null")
"""What models write where they mean no reference, or nothing of a kind."""
MIN_PART = 3
"""Letters of a part of a name that finds it."""
MAX_CANDIDATES = 10
"""Candidates that an error lists."""


async def resolve(
    ref: str, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex", *, any_workspace: bool = False
) -> ResourceT:
    """Return the only match of a name or an id, with `any_workspace` also the only one of the other workspaces.

    Raises:
        NotFound: There is no match; its candidates are those of other workspaces, or have the nearest names.
        Ambiguous: There are several, which are its candidates.
    """
    matches, collection = await name_index.resolve(endpoint, ref)
    if not matches:
        matches = await _resolve_elsewhere(ref, endpoint, name_index, is_usable=any_workspace)
    hint = "" if matches else await describe_other_kind(ref, endpoint, name_index)
    if fold(ref) in WORDS_OF_NONE:
        hint = "To have none, omit it; an edit empties what it names in clear."
    return exactly_one(matches, ref, collection, endpoint, hint=hint)


async def describe_other_kind(ref: str, endpoint: "ReadEndpoint[Any]", name_index: "NameIndex") -> str:
    """Return the sentence that a name is that of something of another kind; none if it is not."""
    other = await name_index.find_other_kind(endpoint, ref)
    return "" if other is None else f"It is the name of the {other[0]} {other[1].id}; give it as {other[0]}."


async def resolve_to_delete(ref: str, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex") -> ResourceT:
    """Return the only match of an id, or of a name as Toggl has it now: it may have passed to another since.

    Raises:
        NotFound: There is no match; its candidates are those of other workspaces, or have the nearest names.
        Ambiguous: There are several, which are its candidates.
    """
    matches, read = await endpoint.reserved.find_by_ref(ref, is_name_fresh=True)
    if not matches:
        await _resolve_elsewhere(ref, endpoint, name_index, is_usable=False)
    return exactly_one(matches, ref, read.collection, endpoint)


async def _resolve_elsewhere(
    ref: str, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex", *, is_usable: bool
) -> list[ResourceT]:
    """Return the only match in the other workspaces, if it is usable there; none if there is none.

    Raises:
        NotFound: There are several, or a workspace has to be named for it; these are its candidates.
    """
    matches = _prefer_exact(await name_index.resolve_elsewhere(endpoint, ref), ref)
    if not matches or (is_usable and len(matches) == 1):
        return matches
    workspaces = ", ".join(str(key) for key in dict.fromkeys(item.workspace_id for item in matches))
    message = (
        f"There is no {endpoint.KIND} “{ref}” in workspace {endpoint.workspace_id}, but in others: {workspaces}. "
        "Name that workspace where it is meant; what exists stays in its own."
    )
    raise NotFound(message, to_candidates(matches))


async def resolve_id(ref: str | None, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex") -> int | None:
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
    from toggl_mcp.cache.store import Version  # noqa: PLC0415 - start-up
    from toggl_mcp.endpoints.core.collection import Collection  # noqa: PLC0415 - start-up

    matches = Collection({item.id: item for item in workspaces}, Version(0)).find_by_ref(ref)
    exact_matches = [item for item in matches if ref in (str(item.id), item.name)]
    if len(exact_matches or matches) == 1:
        return (exact_matches or matches)[0]
    candidates = [Candidate(item.id, item.name, item.id) for item in list(matches or workspaces)[:MAX_CANDIDATES]]
    if matches:
        message = f"{len(matches)} workspaces have “{ref}” as name or id. Give the id of one, or its exact name."
        raise Ambiguous(message, candidates)
    message = f"This token opens no workspace “{ref}”. Give one of the candidates."
    raise NotFound(message, candidates)


def require_found(item: ResourceT | None, item_id: int, endpoint: "ReadEndpoint[ResourceT]") -> ResourceT:
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


async def resolve_filter(
    ref: str | None,
    open_endpoint: "Callable[[int], ReadEndpoint[ResourceT]]",
    args: WorkspaceArgs,
    call: "CallContext",
) -> tuple[int, int | None]:
    """Return the ids of the workspace to read and of the only match in it; of `REF_NONE` 0, of no reference None.

    If no workspace is given, the default one is searched, then the others.

    Raises:
        NotFound: There is no match; its candidates have the nearest names.
        Ambiguous: There are several, which are its candidates.
    """
    workspace_id = await call.workspace_id(args.workspace)
    if ref is None or ref == REF_NONE:
        return workspace_id, None if ref is None else 0
    any_workspace = args.workspace is None
    item = await resolve(ref, open_endpoint(workspace_id), call.name_index, any_workspace=any_workspace)
    return item.workspace_id, item.id


async def deletion_question(
    ref: str, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex", consequence: str
) -> str:
    """Return the question to a person before the item of a name or an id is deleted.

    Raises:
        NotFound: There is none.
        Ambiguous: There are several.
    """
    item = await resolve_to_delete(ref, endpoint, name_index)
    place = f"workspace {endpoint.workspace_id}"
    return f"Delete the {endpoint.KIND} “{item.name}” ({item.id}) from {place} permanently? {consequence}"


async def delete_by_ref(ref: str, endpoint: "CachedEndpoint[ResourceT]", name_index: "NameIndex") -> ResourceT:
    """Delete the item of a name or an id, and return it as it was.

    Raises:
        NotFound: There is none.
        Ambiguous: There are several.
    """
    item = await resolve_to_delete(ref, endpoint, name_index)
    await endpoint.delete(item.id)
    return item


async def get_by_ref(
    ref: str,
    open_endpoint: "Callable[[int], ReadEndpoint[ResourceT]]",
    args: ReadArgs,
    call: "CallContext",
) -> tuple[ResourceT, HasFreshness]:
    """Return the item of a name or an id, and the read that it is from.

    If no workspace is given, the default one is searched, then the others.

    Raises:
        NotFound: There is none; its candidates have the nearest names.
        Ambiguous: Several have the name, and are its candidates.
    """
    endpoint = open_endpoint(await call.workspace_id(args.workspace))
    matches, read = await endpoint.find_by_ref(ref, refresh=args.refresh)
    if not matches:
        is_usable = args.workspace is None
        for item in await _resolve_elsewhere(ref, endpoint, call.name_index, is_usable=is_usable):
            endpoint = open_endpoint(item.workspace_id)
            matches, read = await endpoint.find_by_ref(ref, refresh=args.refresh)
    hint = "" if matches else await describe_other_kind(ref, endpoint, call.name_index)
    # A resource has no argument for it.
    hint = hint or f"list_{endpoint.PATH}(refresh: true) reads Toggl again."
    return exactly_one(matches, ref, read.collection, endpoint, hint=hint), read


def exactly_one(
    matches: list[ResourceT],
    ref: str,
    collection: "Collection[ResourceT]",
    endpoint: "ReadEndpoint[ResourceT]",
    *,
    hint: str = "",
) -> ResourceT:
    """Return the only match in a collection, or the only one that is spelled like the name.

    Raises:
        NotFound: There is none; its candidates have the nearest names, and its message ends with the hint.
        Ambiguous: There are several, which are its candidates.
    """
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise not_found_error(ref, [endpoint], collection.items.values(), hint)
    require_one_meaning(ref, matches, endpoint.KIND)
    preferred = _prefer_exact(matches, ref)
    if len(preferred) > 1:
        ids = ", ".join(str(item.id) for item in preferred[:MAX_CANDIDATES]) + (
            ", …" if len(preferred) > MAX_CANDIDATES else ""
        )
        message = f"{len(preferred)} {endpoint.KIND}s are called “{ref}”: {ids}. Give the id of one."
        raise Ambiguous(message, to_candidates(preferred))
    return preferred[0]


def _prefer_exact(matches: list[ResourceT], ref: str) -> list[ResourceT]:
    """Return the matches that are spelled like the name, or all of them if none is."""
    return [item for item in matches if item.name == ref] or matches


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
    ref: str, endpoints: Sequence["ReadEndpoint[Any]"], items: Iterable[NamedResource], hint: str = ""
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
        f"Near: {names}." if names else "No name is near it.",
        hint,
    )
    return NotFound(" ".join(filter(None, sentences)), to_candidates(nearest))


def find_nearest(ref: str, items: Iterable[NamedResource]) -> list[NamedResource]:
    """Return the items of the names nearest to a name, the nearest first, and of those that it is a part of, or has."""
    by_name: dict[str, list[NamedResource]] = defaultdict(list)
    for item in items:
        by_name[fold(item.name)].append(item)
    names = get_close_matches(fold(ref), by_name, n=3)
    part = fold_accents(ref)
    names += [name for name in by_name if name not in names and _is_part(part, fold_accents(name))]
    return [item for name in names for item in by_name[name]][:MAX_CANDIDATES]


def _is_part(ref: str, name: str) -> bool:
    """Tell whether a reference is a part of a name, or has it as one, such as “client / project”."""
    return (len(ref) >= MIN_PART and ref in name) or (len(name) >= MIN_PART and name in ref)


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
    item_id: int | None, endpoint: "ReadEndpoint[ResourceT]", name_index: "NameIndex"
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


async def warn_of_namesakes(
    item: ResourceT, endpoint: "ReadEndpoint[ResourceT]", is_rival: "Callable[[ResourceT], bool]" = lambda _: True
) -> list[str] | None:
    """Return the warning that cached rivals have an item's name but for its spelling; None if there is none."""
    spelling = fold_spelling(item.name)
    namesakes = [
        other
        for other in await endpoint.load_cache()
        if other.id != item.id and is_rival(other) and fold_spelling(other.name) == spelling
    ]
    if not namesakes:
        return None
    names = ", ".join(
        f"{'archived ' if getattr(other, 'archived', False) else ''}{endpoint.KIND} “{other.name}” ({other.id})"
        for other in namesakes[:MAX_CANDIDATES]
    )
    return [f"Case, accents and spaces aside, this is also the name of {names}. If that is meant, undo this change."]


def duplicate_name_error(name: str, endpoint: "ReadEndpoint[ResourceT]", items: Iterable[ResourceT]) -> DuplicateName:
    """Return the error that a name is in use, with the items that have it."""
    holders = [item for item in items if fold(item.name) == fold(name)]
    holder_text = "".join(
        f" It is {'archived ' if getattr(item, 'archived', False) else ''}{endpoint.KIND} {item.id}."
        for item in holders
    )
    message = f"That name is already taken in workspace {endpoint.workspace_id}.{holder_text} Choose another."
    return DuplicateName(message, to_candidates(holders))
