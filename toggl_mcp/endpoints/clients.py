"""Clients: https://engineering.toggl.com/docs/api/clients."""

import logging
from collections.abc import Callable
from typing import cast

from pydantic import TypeAdapter, ValidationError

from toggl_mcp.cache.store import Row
from toggl_mcp.endpoints.core.collection import Page, page
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import HasId, id_of
from toggl_mcp.endpoints.core.parsing import rows
from toggl_mcp.errors import NamingError, NotFound, OutcomeUnknown
from toggl_mcp.models.base import Position
from toggl_mcp.models.clients import Client, ClientBody
from toggl_mcp.models.text import fold

_log = logging.getLogger(__name__)
_NOT_BY_EDIT = "An edit does not change a client's status, so it was left out; use archive() or restore()."


class AsyncClientEndpoint(CachedEndpoint[Client]):
    """The clients of a workspace, for asyncio.

    Examples:
        >>> clients = AsyncClientEndpoint(123213324, BasicAuth(token, "api_token"), SqliteStore(path))
        >>> await clients.get(214125562)
        Client(id=214125562, workspace_id=123213324, name='Simplicidentata', ...)
    """

    MODEL = Client
    KIND = "client"
    PATH = "clients"
    EVERYTHING = {"status": "both"}  # noqa: RUF012 - declared in the base as what it is
    ECHOES = dict.fromkeys(("delete", "archive", "restore"), ("project",))

    async def add(self, body: ClientBody) -> Client:
        """Create a client, at most once.

        Raises:
            NamingError: The body has no name.
            DuplicateName: The workspace has a client of that name.
            OutcomeUnknown: Toggl never confirmed it, and it is not to be found.
        """
        if body.name is None:
            message = "A client needs a name; give one."
            raise NamingError(message)
        wanted = (body.name, body.notes or "", body.external_reference or "")
        return await self._create(
            body.format("add"), lambda found: (found.name, found.notes or "", found.external_reference or "") == wanted
        )

    async def edit(self, client: int | HasId, body: ClientBody) -> Client | None:
        """Change what the body names and nothing else; return the client, or None if Toggl has no such client.

        `status` is left out: `archive` and `restore` change it.

        Raises:
            NotFound: There is none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        client_id, changes = id_of(client), body.format("edit")
        if body.status is not None:
            _log.warning(_NOT_BY_EDIT)
        try:
            return await self._update(client_id, changes)
        except NamingError:
            if "name" in changes:
                raise
        now = await self._single(client_id, urgent=True)
        return (
            await self._gone(client_id) if now is None else await self._update(client_id, {"name": now.name, **changes})
        )

    async def collect(self, body: ClientBody | None = None, *, refresh: bool = False) -> list[Client]:
        """Return the clients whose name contains the body's, in any case, and that have its status.

        As at Toggl, no status means active. Ordered by name; empty if there are none.
        """
        wanted = body or ClientBody()
        if self.cache is None:
            answer = await self._transport.send("GET", self._path(), query=wanted.format("collect"))
            return sorted(map(self._parsed, rows(answer)), key=lambda client: (fold(client.name), client.id))
        everything = await self.read(refresh=refresh)
        return page(everything, wanted.name, _fits(wanted), limit=len(everything.collection.items), after=None).items

    async def page(
        self, body: ClientBody, *, limit: int, after: Position | None = None, refresh: bool = False
    ) -> Page[Client]:
        """Return at most `limit` of the clients that `collect` would return, those that come after a position."""
        return page(await self.read(refresh=refresh), body.name, _fits(body), limit=limit, after=after)

    async def archive(self, client: int | HasId) -> list[int] | None:
        """Archive a client and its projects; return the ids of those that went with it (None: Toggl did not say).

        Raises:
            NotFound: There is no such client.
            PlanRequired: The workspace is not on a paid plan.
            OutcomeUnknown: Toggl never confirmed it.
        """
        client_id = id_of(client)
        async with self._change("archive", client_id) as seen:
            try:
                along = _ids(await self._transport.send("POST", self._path(client_id, "archive")))
            except OutcomeUnknown as doubt:
                await self._seen(client_id, doubt, archived=True)
                return None
            except NotFound:
                await self._snapshots.put(client_id, None)
                raise
            await self._mark(client_id, seen, archived=True)
            return along

    async def restore(self, client: int | HasId, *, restore_projects: bool = False) -> Client:
        """Restore an archived client, and its projects if asked to.

        Raises:
            NotFound: There is no such client.
            OutcomeUnknown: Toggl never confirmed it.
        """
        client_id = id_of(client)
        body = {"restore_all_projects": restore_projects}
        async with self._change("restore", client_id) as seen:
            try:
                item = self._answered(await self._transport.send("POST", self._path(client_id, "restore"), body=body))
            except OutcomeUnknown as doubt:
                return await self._seen(client_id, doubt, archived=False)
            except NotFound:
                await self._snapshots.put(client_id, None)
                raise
            await self._snapshots.put(client_id, item, seen)
            return item

    async def _seen(self, client_id: int, doubt: OutcomeUnknown, *, archived: bool) -> Client:
        """Return a client that turns out to be as it was asked to become."""
        item = (await self._look(doubt)).get(client_id)
        if item is None or item.archived is not archived:
            raise doubt
        return item

    async def _mark(self, client_id: int, seen: Row, *, archived: bool) -> None:
        """Write through what Toggl confirmed without sending the client."""
        known = await self._snapshots.known(client_id)
        if known is None:
            await self._snapshots.forget()
        else:
            changed = known.model_copy(update={"archived": archived, "updated_at": None})
            await self._snapshots.put(client_id, changed, seen)


def _fits(body: ClientBody) -> Callable[[Client], bool]:
    """Return what tells whether a client has the status that is asked for: active, as at Toggl, unless one is."""
    status = body.status or "active"
    return lambda client: status == "both" or client.archived is (status == "archived")


def _ids(answer: object) -> list[int]:
    """Return the ids in an archive's answer: an array, `{"items": [...]}`, or null for none.

    Raises:
        OutcomeUnknown: It is anything else, which confirms nothing.
    """
    items = cast("dict[str, object]", answer).get("items", False) if isinstance(answer, dict) else answer
    try:
        return TypeAdapter(list[int]).validate_python([] if items is None else items, strict=True)
    except ValidationError as error:
        message = "Toggl did not say what became of the client. Look at it before asking again."
        raise OutcomeUnknown(message) from error
