"""What is called what: from whatever is known already, and from a whole list only where that does not tell."""

from collections.abc import Iterable
from typing import TypeVar, cast

from toggl_mcp.cache.store import Mark
from toggl_mcp.endpoints.account import AccountEndpoint
from toggl_mcp.endpoints.core.collection import Collection, named
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.account import Related
from toggl_mcp.models.base import Entity
from toggl_mcp.models.clock import Clock

E = TypeVar("E", bound=Entity)

DENIES = 600.0
"""Seconds for which a whole list may deny an id: one that somebody may not see would cost a request each time."""


class Directory:
    """Finds names and ids at the lowest cost in requests: one for all workspaces, and one for what is archived.

    What is looked up for a change is `urgent`: it may use the last requests of the hour.
    """

    def __init__(self, account: AccountEndpoint, clock: Clock, *, urgent: bool = False) -> None:
        self._account = account
        self._clock = clock
        self._urgent = urgent

    async def by_id(self, endpoint: CachedEndpoint[E], ids: Iterable[int]) -> dict[int, E]:
        """Return those of these ids that exist, each with what it is; 0 is nobody's."""
        wanted = set(ids) - {0}
        if not wanted:
            return {}
        known = await self._known(endpoint)
        if not wanted <= known.items.keys() and self._clock() - (known.mark.fetched_at or 0.0) > DENIES:
            known = (await endpoint.read(refresh=known.mark.fetched_at is not None, urgent=self._urgent)).collection
        return {key: known.items[key] for key in wanted & known.items.keys()}

    async def by_name(self, endpoint: CachedEndpoint[E], name: str) -> tuple[list[E], Collection[E]]:
        """Return every one of exactly that name, in any case, and everything that was looked through."""
        known = await self._known(endpoint)
        if found := named(known, name):
            return found, known
        found, reading = await endpoint.named(name, urgent=self._urgent)
        return found, reading.collection

    async def meant(self, endpoint: CachedEndpoint[E], ref: str) -> tuple[list[E], Collection[E]]:
        """Return those that an id or a name means, and everything that was looked through.

        Digits that are nobody's id are a name.
        """
        by_id = await self.by_id(endpoint, [int(ref)]) if ref.isdecimal() else {}
        return (list(by_id.values()), await self._known(endpoint)) if by_id else await self.by_name(endpoint, ref)

    async def glance(self, endpoint: CachedEndpoint[E], ref: str) -> list[E]:
        """Return those that an id or a name means by what is known already."""
        known = await self._known(endpoint)
        return [known.items[int(ref)]] if ref.isdecimal() and int(ref) in known.items else named(known, ref)

    async def _known(self, endpoint: CachedEndpoint[E]) -> Collection[E]:
        """Return the whole list if it is cached and fresh, with what the account told since; else only that."""
        listed = await endpoint.cached()
        related = await self._account.related(ask=listed is None)
        told = {} if related is None else self._told(related, endpoint)
        if listed is None:
            return Collection(told, Mark(0, None))
        if related is None or (related.mark.fetched_at or 0.0) <= (listed.mark.fetched_at or 0.0):
            return listed
        return Collection({**listed.items, **told}, listed.mark)

    def _told(self, related: Collection[Related], endpoint: CachedEndpoint[E]) -> dict[int, E]:
        found = cast("list[E]", getattr(related.items.get(endpoint.workspace_id), endpoint.KIND, []))
        return {item.id: item for item in found}
