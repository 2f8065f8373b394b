"""The account: https://engineering.toggl.com/docs/api/me."""

from collections.abc import Mapping
from typing import TypeVar

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.answers import parsed, rows
from toggl_mcp.endpoints.collection import Reading
from toggl_mcp.endpoints.identity import workspaces_key
from toggl_mcp.endpoints.snapshots import Fetch, Snapshots
from toggl_mcp.models.account import Me, Workspace

KEEP_SECONDS = 24 * 3600.0
"""Who somebody is changes rarely, and the user's own quota is 30 requests an hour on every plan."""

T = TypeVar("T", Me, Workspace)


class AccountEndpoint:
    """What a token's owner may know of themselves. Each question costs one request a day."""

    def __init__(self, scope: str, cache: Store, transport: Transport) -> None:
        self._transport = transport
        self._me = self._kept(cache, Key(scope, "me", 0), Me, self._ask_me)
        self._workspaces = self._kept(cache, workspaces_key(scope), Workspace, self._ask_workspaces)

    async def me(self, *, refresh: bool = False) -> tuple[Me, Reading[Me]]:
        """Return the token's owner, and how that came to be known."""
        reading = await self._me.read(refresh=refresh)
        return next(iter(reading.collection.items.values())), reading

    async def workspaces(self, *, refresh: bool = False) -> Reading[Workspace]:
        """Return the workspaces that the token opens."""
        return await self._workspaces.read(refresh=refresh)

    def _kept(self, cache: Store, key: Key, model: type[T], fetch: Fetch[T]) -> Snapshots[T]:
        return Snapshots(cache, key, model, fetch, keep=KEEP_SECONDS, may_be_stale=True)

    async def _ask_me(self, *, urgent: bool) -> Mapping[int, Me]:
        me = parsed(Me, await self._transport.send("GET", "me", urgent=urgent))
        return {me.id: me}

    async def _ask_workspaces(self, *, urgent: bool) -> Mapping[int, Workspace]:
        answer = await self._transport.send("GET", "me/workspaces", urgent=urgent)
        return {item.id: item for item in (parsed(Workspace, row) for row in rows(answer))}
