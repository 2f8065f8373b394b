"""What is called what: from whatever is known already, and from a whole list only where that does not tell."""

from collections.abc import Iterable
from typing import TypeVar, cast

from toggl_mcp.cache.store import Mark
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.base import CachedEndpoint
from toggl_mcp.endpoints.collection import Collection
from toggl_mcp.endpoints.pages import named
from toggl_mcp.models.base import Entity

E = TypeVar("E", bound=Entity)


class Directory:
    """Finds names and ids at the lowest cost in requests: one for all workspaces, and one for what is archived."""

    def __init__(self, account: AccountEndpoint) -> None:
        self._account = account

    async def by_id(self, endpoint: CachedEndpoint[E], ids: Iterable[int]) -> dict[int, E]:
        """Return those of these ids that exist, each with what it is; 0 is nobody's."""
        wanted = set(ids) - {0}
        if not wanted:
            return {}
        known = (await self._known(endpoint)).items
        if not wanted <= known.keys():
            known = (await endpoint.sure(lambda all_of_them: wanted <= all_of_them.items.keys())).collection.items
        return {key: known[key] for key in wanted & known.keys()}

    async def by_name(self, endpoint: CachedEndpoint[E], name: str) -> tuple[list[E], Collection[E]]:
        """Return every one of exactly that name, in any case, and everything that was looked through."""
        known = await self._known(endpoint)
        if found := named(known, name):
            return found, known
        reading = await endpoint.sure(lambda all_of_them: bool(named(all_of_them, name)))
        return named(reading.collection, name), reading.collection

    async def _known(self, endpoint: CachedEndpoint[E]) -> Collection[E]:
        """Return the whole list if it is cached and fresh, else what came along with the account."""
        listed = await endpoint.cached()
        if listed is not None:
            return listed
        related = (await self._account.related()).collection.items.get(endpoint.workspace_id)
        found = cast("list[E]", getattr(related, endpoint.KIND, []))
        return Collection({item.id: item for item in found}, Mark(0, None))
