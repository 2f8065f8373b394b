"""The account: https://engineering.toggl.com/docs/api/me."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.core.cached_collection import CachedCollection, Fetch
from toggl_mcp.endpoints.core.collection import CacheRead, Collection
from toggl_mcp.endpoints.core.keys import related_key, workspaces_key
from toggl_mcp.endpoints.core.parsing import parse_model, parse_rows
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.models.account import Me, Related, Workspace
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag
from toggl_mcp.models.tasks import Task

ACCOUNT_TTL_SECONDS = 24 * 3600.0
"""Who somebody is changes rarely, and the user's own quota is 30 requests an hour on every plan."""
ACCOUNT_PARAMS = {"with_related_data": "true"}

T = TypeVar("T", Me, Workspace, Related)


class AccountEndpoint:
    """What a token's owner may know of themselves. Each question brings the answers to all of them, by one request."""

    def __init__(self, session: Session) -> None:
        self._transport = session.transport
        self._cache = session.store
        scope = session.scope
        self._me = self._open_collection(Key(scope, "me", 0), Me, self._fetch_me)
        self._workspaces = self._open_collection(workspaces_key(scope), Workspace, self._fetch_workspaces)
        self._related = self._open_collection(related_key(scope), Related, self._fetch_related)

    async def me(self, *, refresh: bool = False) -> tuple[Me, CacheRead[Me]]:
        """Return the token's owner, and how that came to be known; it is kept for a day."""
        reading = await self._me.read(refresh=refresh)
        return next(iter(reading.collection.items.values())), reading

    async def workspaces(self) -> CacheRead[Workspace]:
        """Return the workspaces that the token opens; they come with the owner, and are kept as long."""
        return await self._workspaces.read()

    async def related(self, *, may_request: bool = True) -> Collection[Related] | None:
        """Return the names in use, for a day, of each workspace in which none has been changed from here since.

        Without `ask` only if they are known already.
        """
        return (await self._related.read()).collection if may_request else await self._related.fresh_or_none()

    def _open_collection(self, key: Key, model: type[T], fetch: Fetch[T]) -> CachedCollection[T]:
        return CachedCollection(
            self._cache, key, model, self._transport, fetch, ttl_seconds=ACCOUNT_TTL_SECONDS, may_be_stale=True
        )

    async def _fetch_me(self, transport: Transport) -> Mapping[int, Me]:
        return (await self._fetch_account(self._me, transport))[0]

    async def _fetch_workspaces(self, transport: Transport) -> Mapping[int, Workspace]:
        return (await self._fetch_account(self._workspaces, transport))[1]

    async def _fetch_related(self, transport: Transport) -> Mapping[int, Related]:
        return (await self._fetch_account(self._related, transport))[2]

    async def _fetch_account(
        self, requested: CachedCollection[Any], transport: Transport
    ) -> tuple[Mapping[int, Me], Mapping[int, Workspace], Mapping[int, Related]]:
        """Return everything that one answer tells, kept but for what is wanted: whoever wants it keeps it."""
        parts: list[CachedCollection[Any]] = [self._me, self._workspaces, self._related]
        versions = [await part.get_version() for part in parts]
        requested_at = self._cache.clock()
        response = await transport.send("GET", "me", query=ACCOUNT_PARAMS)
        parsed = _parse_account(response)
        for part, version, items in zip(parts, versions, parsed, strict=True):
            if part is not requested:
                await part.store_if_unchanged(items, expected=version, requested_at=requested_at)
        return parsed


def _parse_account(response: object) -> tuple[Mapping[int, Me], Mapping[int, Workspace], Mapping[int, Related]]:
    me = parse_model(Me, response)
    fields = cast("Mapping[str, object]", response)
    spaces = [parse_model(Workspace, row) for row in parse_rows(fields.get("workspaces"))]
    named = {model.__name__.lower(): _parse_items(model, fields) for model in (Client, Project, Tag, Task)}
    related = {
        space.id: Related.model_validate(
            {
                "id": space.id,
                **{kind: [row for row in rows if row.workspace_id == space.id] for kind, rows in named.items()},
            }
        )
        for space in spaces
    }
    return {me.id: me}, {space.id: space for space in spaces}, related


def _parse_items(model: type[BaseModel], fields: Mapping[str, object]) -> list[WorkspaceResource]:
    rows = parse_rows(fields.get(f"{model.__name__.lower()}s"))
    return [cast("WorkspaceResource", parse_model(model, row)) for row in rows]
