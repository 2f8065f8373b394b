"""The account: https://engineering.toggl.com/docs/api/me."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from toggl_mcp.api import Transport
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.endpoints.core.cached_collection import Fetch, Snapshots
from toggl_mcp.endpoints.core.collection import Collection, Reading
from toggl_mcp.endpoints.core.keys import related_key, workspaces_key
from toggl_mcp.endpoints.core.parsing import parsed, rows
from toggl_mcp.models.account import Me, Related, Workspace
from toggl_mcp.models.base import Thing
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag
from toggl_mcp.models.tasks import Task

KEEP_SECONDS = 24 * 3600.0
"""Who somebody is changes rarely, and the user's own quota is 30 requests an hour on every plan."""
ALL_OF_IT = {"with_related_data": "true"}

T = TypeVar("T", Me, Workspace, Related)


class AccountEndpoint:
    """What a token's owner may know of themselves. Each question brings the answers to all of them, by one request."""

    def __init__(self, scope: str, cache: Store, transport: Transport) -> None:
        self._transport = transport
        self._cache = cache
        self._me = self._kept(Key(scope, "me", 0), Me, self._ask_me)
        self._workspaces = self._kept(workspaces_key(scope), Workspace, self._ask_workspaces)
        self._related = self._kept(related_key(scope), Related, self._ask_related)

    async def me(self, *, refresh: bool = False) -> tuple[Me, Reading[Me]]:
        """Return the token's owner, and how that came to be known; it is kept for a day."""
        reading = await self._me.read(refresh=refresh)
        return next(iter(reading.collection.items.values())), reading

    async def workspaces(self) -> Reading[Workspace]:
        """Return the workspaces that the token opens; they come with the owner, and are kept as long."""
        return await self._workspaces.read()

    async def related(self, *, ask: bool = True) -> Collection[Related] | None:
        """Return the names in use, for a day, of each workspace in which none has been changed from here since.

        Without `ask` only if they are known already.
        """
        return (await self._related.read()).collection if ask else await self._related.cached()

    def _kept(self, key: Key, model: type[T], fetch: Fetch[T]) -> Snapshots[T]:
        return Snapshots(self._cache, key, model, fetch, keep=KEEP_SECONDS, may_be_stale=True)

    async def _ask_me(self, *, urgent: bool) -> Mapping[int, Me]:
        return (await self._ask(self._me, urgent=urgent))[0]

    async def _ask_workspaces(self, *, urgent: bool) -> Mapping[int, Workspace]:
        return (await self._ask(self._workspaces, urgent=urgent))[1]

    async def _ask_related(self, *, urgent: bool) -> Mapping[int, Related]:
        return (await self._ask(self._related, urgent=urgent))[2]

    async def _ask(
        self, wanted: Snapshots[Any], *, urgent: bool
    ) -> tuple[Mapping[int, Me], Mapping[int, Workspace], Mapping[int, Related]]:
        """Return everything that one answer tells, kept but for what is wanted: whoever wants it keeps it."""
        parts: list[Snapshots[Any]] = [self._me, self._workspaces, self._related]
        marks = [await part.mark() for part in parts]
        asked_at = self._cache.clock()
        answer = await self._transport.send("GET", "me", query=ALL_OF_IT, urgent=urgent)
        told = _told(answer)
        for part, mark, items in zip(parts, marks, told, strict=True):
            if part is not wanted:
                await part.fill(items, seen=mark, asked_at=asked_at)
        return told


def _told(answer: object) -> tuple[Mapping[int, Me], Mapping[int, Workspace], Mapping[int, Related]]:
    me = parsed(Me, answer)
    fields = cast("Mapping[str, object]", answer)
    spaces = [parsed(Workspace, row) for row in rows(fields.get("workspaces"))]
    named = {model.__name__.lower(): _things(model, fields) for model in (Client, Project, Tag, Task)}
    related = {
        space.id: Related.model_validate(
            {
                "id": space.id,
                **{kind: [row for row in found if row.workspace_id == space.id] for kind, found in named.items()},
            }
        )
        for space in spaces
    }
    return {me.id: me}, {space.id: space for space in spaces}, related


def _things(model: type[BaseModel], fields: Mapping[str, object]) -> list[Thing]:
    return [cast("Thing", parsed(model, row)) for row in rows(fields.get(f"{model.__name__.lower()}s"))]
