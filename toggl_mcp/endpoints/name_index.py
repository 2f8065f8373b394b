"""Names and ids: looked up in what is cached, and in the whole list only where that does not have them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, TypeVar, cast

from toggl_mcp.cache.store import Version
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.core.collection import CacheRead, Collection
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.errors import Forbidden, PlanRequired
from toggl_mcp.models.account import WorkspaceNames
from toggl_mcp.models.base import RESOURCE_KINDS, NamedResource, ResourceKind, is_id
from toggl_mcp.models.clock import Clock

E = TypeVar("E", bound=NamedResource)
EndpointOpener = Callable[[str, int], ReadEndpoint[Any]]
"""Returns the endpoint of a kind in a workspace."""

NAME_NEGATIVE_TTL_SECONDS = 600.0
"""Seconds for which a list may show that an id does not exist: an id that the user may not see is never in it."""


class NameIndex:
    """Finds names and ids at the lowest cost in requests: one for all workspaces, and one for what that does not have.

    For a change it is given an endpoint's `reserved`, whose reads may use the last requests of the hour.
    """

    def __init__(self, account: AccountEndpoint, clock: Clock, open_endpoint: EndpointOpener) -> None:
        self._account = account
        self._open_endpoint = open_endpoint
        self._clock = clock
        self._account_names: Collection[WorkspaceNames] | None = None
        self.refreshed_at = 0.0
        """When the account was read with `refresh`: older lists do not count for what the account has no names of."""

    async def find_by_id(self, endpoint: ReadEndpoint[E], ids: Iterable[int]) -> dict[int, E]:
        """Return the items of these ids that exist, by id; 0 is no id."""
        requested_ids = set(ids) - {0}
        if not requested_ids:
            return {}
        collection = await self._read_cached_items(endpoint)
        listed_at = collection.version.fetched_at or 0.0
        is_old = self._clock() - listed_at > NAME_NEGATIVE_TTL_SECONDS
        is_missing = not requested_ids <= collection.items.keys()
        is_outdated = listed_at < self.refreshed_at and not requested_ids <= self._account_items(endpoint).keys()
        if is_outdated or (is_missing and is_old):
            collection = (await endpoint.read(refresh=collection.version.fetched_at is not None)).collection
        return {key: collection.items[key] for key in requested_ids & collection.items.keys()}

    async def find_by_name(self, endpoint: ReadEndpoint[E], name: str) -> tuple[list[E], Collection[E]]:
        """Return the items of exactly a name (case ignored, then accents), and the collection that was searched."""
        collection = await self._read_cached_items(endpoint)
        if matches := collection.find_by_name(name):
            return matches, collection
        matches, read = await endpoint.find_by_name(name)
        return matches, read.collection

    async def resolve(self, endpoint: ReadEndpoint[E], ref: str) -> tuple[list[E], Collection[E]]:
        """Return the items of an id or a name, and the collection that was searched.

        Digits can be the id of one item and the name of others; for the latter nothing is requested.
        """
        by_id = await self.find_by_id(endpoint, [int(ref)]) if is_id(ref) else {}
        if not by_id:
            return await self.find_by_name(endpoint, ref)
        collection = await self._read_cached_items(endpoint)
        return list((by_id | {item.id: item for item in collection.find_by_name(ref)}).values()), collection

    async def resolve_cached(self, endpoint: ReadEndpoint[E], ref: str) -> list[E]:
        """Return the items of an id or a name in what is cached; the whole list is not requested."""
        return (await self._read_cached_items(endpoint)).find_by_ref(ref)

    async def read_account(self, endpoint: ReadEndpoint[E]) -> CacheRead[E] | None:
        """Return what came with the account of an endpoint's kind and workspace; nothing is requested.

        None if it is older than the endpoint's list may be, or if that list is cached.
        """
        ttl_seconds = None if endpoint.cache is None else endpoint.cache.expire_after
        names = await self._account.names(may_request=False)
        if names is None or await endpoint.fresh_or_none() is not None:
            return None
        if ttl_seconds is not None and self._clock() - (names.version.fetched_at or 0.0) >= ttl_seconds:
            return None
        self._account_names = names
        return CacheRead(Collection(self._account_items(endpoint), names.version), "cache")

    async def resolve_elsewhere(self, endpoint: ReadEndpoint[E], ref: str) -> list[E]:
        """Return the items of an id or a name in the other workspaces, in what is cached of these.

        The list of one in which a name was changed from here is requested: the account's names leave that one out.
        """
        workspaces = (await self._account.workspaces()).collection.items
        endpoints = [self._open_endpoint(endpoint.KIND, key) for key in workspaces if key != endpoint.workspace_id]
        collections = [await self._read_names(other_endpoint) for other_endpoint in endpoints]
        return [item for collection in collections for item in collection.find_by_ref(ref)]

    async def find_other_kind(self, endpoint: ReadEndpoint[E], name: str) -> tuple[ResourceKind, NamedResource] | None:
        """Return what of another kind has a name in the same workspace, in what is cached; None if nothing has it."""
        for kind in RESOURCE_KINDS:
            if kind == endpoint.KIND:
                continue
            other_endpoint = self._open_endpoint(kind, endpoint.workspace_id)
            collection = await self._read_cached_items(other_endpoint, may_request=False)
            for item in collection.find_by_name(name):
                return kind, item
        return None

    async def list_cached(self, kind: str) -> list[NamedResource]:
        """Return the items of a kind in all workspaces that are cached.

        The account's names are requested where neither they nor a workspace's list are fresh; where Toggl gives no
        answer, the last ones count.

        Raises:
            QuotaSpent, RateLimited, Unreachable: Toggl gave no answer, and there are no last ones.
        """
        workspaces = (await self._account.workspaces()).collection.items
        collections = [await self._read_cached_items(self._open_endpoint(kind, key)) for key in workspaces]
        return [item for collection in collections for item in collection.items.values()]

    async def _read_names(self, endpoint: ReadEndpoint[E]) -> Collection[E]:
        """Return what is cached of a list, or the list where nothing is, or nothing where the user may not read it."""
        collection = await self._read_cached_items(endpoint)
        is_listed = collection.version.fetched_at is not None
        if is_listed or self._account_names is None or endpoint.workspace_id in self._account_names.items:
            return collection
        with suppress(Forbidden, PlanRequired):
            return (await endpoint.read()).collection
        return collection

    async def _read_cached_items(self, endpoint: ReadEndpoint[E], *, may_request: bool = True) -> Collection[E]:
        """Return the cached list if it is fresh, with the account's newer names; else only the account's names."""
        collection = await endpoint.fresh_or_none()
        if self._account_names is None:
            self._account_names = await self._account.names(may_request=may_request and collection is None)
        account_names = self._account_names
        account_items = self._account_items(endpoint)
        if collection is None:
            return Collection(account_items, Version(0, None))
        if account_names is None or (account_names.version.fetched_at or 0.0) <= (collection.version.fetched_at or 0.0):
            return collection
        return Collection({**collection.items, **account_items}, collection.version)

    def _account_items(self, endpoint: ReadEndpoint[E]) -> dict[int, E]:
        """Return what the account names of an endpoint's kind and workspace."""
        names = None if self._account_names is None else self._account_names.items.get(endpoint.workspace_id)
        items = cast("list[E]", getattr(names, endpoint.KIND, []))
        return {item.id: item for item in items}
