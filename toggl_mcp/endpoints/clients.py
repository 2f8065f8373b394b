"""Clients: https://engineering.toggl.com/docs/api/clients."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

import anyio
from pydantic import TypeAdapter, ValidationError

from toggl_mcp.endpoints.core.change import Change
from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import HasId, require_name, to_id
from toggl_mcp.endpoints.core.parsing import parse_items, parse_rows, unreadable_confirmation_error
from toggl_mcp.errors import NotFound, OutcomeUnknown
from toggl_mcp.models.base import Position, matches_status
from toggl_mcp.models.clients import Client, ClientBody, ClientDetails
from toggl_mcp.models.text import fold

_log = logging.getLogger(__name__)
_STATUS_IGNORED = "An edit does not change a client's status, so it was left out; use archive() or restore()."


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
    LIST_PARAMS = {"status": "both"}  # noqa: RUF012 - declared in the base as what it is
    INVALIDATES = dict.fromkeys(("delete", "archive", "restore"), ("project",))
    DEPENDENTS = {"project": "edit"}  # noqa: RUF012 - declared in the base as what it is

    async def add(self, body: ClientBody) -> Client:
        """Create a client, at most once.

        Raises:
            NamingError: The body has no name.
            DuplicateName: The workspace has a client of that name.
            OutcomeUnknown: Toggl never confirmed it, and it was not found.
        """
        fields = (require_name(body.name, self.KIND), body.notes or "", body.external_reference or "")
        return await self._create(
            body.format("add"),
            lambda client: (client.name, client.notes or "", client.external_reference or "") == fields,
        )

    async def edit(self, client: int | HasId, body: ClientBody) -> Client | None:
        """Change the fields that the body has; return the client, or None if Toggl has none.

        `status` is not sent: `archive` and `restore` change it.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        client_id, changes = to_id(client), body.format("edit")
        if body.status is not None:
            _log.warning(_STATUS_IGNORED)
        if not changes:
            return await self.get(client_id)
        # Toggl replaces the client: what a change leaves out is gone, so it carries what the client has now.
        async with self._edit_lock:
            current = await self.reserved._fetch_one(client_id)  # noqa: SLF001 - itself
            if current is None:
                return await self._evict(client_id)
            whole = {field: getattr(current, field) for field in ClientDetails.model_fields} | changes
            payload = {field: text for field, text in whole.items() if text is not None}
            return await self._update(client_id, payload, before=current)

    async def collect(self, body: ClientBody | None = None, *, refresh: bool = False) -> list[Client]:
        """Return the clients whose name contains the body's, and that have its status, by name.

        Case is ignored. As at Toggl, no status means active.
        """
        filters = body or ClientBody()
        if self.cache is None:
            response = await self._transport.send("GET", self._path(), query=filters.format("collect"))
            clients = filter(None, parse_items(parse_rows(response), self._parse_row).values())
            return sorted(clients, key=lambda client: (fold(client.name), client.id))
        read = await self.read(refresh=refresh)
        return read.page(filters.name, _matches_status(filters), limit=len(read.collection.items)).items

    async def page(
        self, body: ClientBody, *, limit: int, after: Position | None = None, refresh: bool = False
    ) -> Page[Client]:
        """Return at most `limit` of the clients that `collect` returns, from after a position."""
        read = await self.read(refresh=refresh)
        return read.page(body.name, _matches_status(body), limit=limit, after=after)

    async def archive(self, client: int | HasId) -> list[int] | None:
        """Archive a client and its projects; return the ids of these projects, or None if Toggl did not confirm them.

        Raises:
            NotFound: Toggl has no such client.
            PlanRequired: The workspace is not on a paid plan.
            OutcomeUnknown: Toggl never confirmed it.
        """
        client_id = to_id(client)
        async with self._change("archive", client_id) as change:
            try:
                response = await self._transport.send("POST", self._path(client_id, "archive"), change=change.pending)
                archived_project_ids = _parse_ids(response)
            except OutcomeUnknown as error:
                await self._collection.record_remaining(change)
                change.add_journal_row(client_id, await self._confirm_archived(client_id, error, archived=True))
                return None
            except NotFound:
                change.add_confirmed_row(client_id, None)
                raise
            await self._write_archived(client_id, change)
            change.archived_project_ids = archived_project_ids
            return archived_project_ids

    async def restore(self, client: int | HasId, *, restore_projects: bool = False) -> Client:
        """Restore an archived client, with `restore_projects` its projects as well.

        Raises:
            NotFound: Toggl has no such client.
            OutcomeUnknown: Toggl never confirmed it.
        """
        return await self._restore(to_id(client), {"restore_all_projects": restore_projects})

    async def _restore(self, client_id: int, body: Mapping[str, object]) -> Client:
        async with self._change("restore", client_id) as change:
            try:
                path = self._path(client_id, "restore")
                response = await self._transport.send("POST", path, body=body, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except OutcomeUnknown as error:
                item = await self._confirm_archived(client_id, error, archived=False)
                change.add_journal_row(client_id, item)
                return item
            except NotFound:
                change.add_confirmed_row(client_id, None)
                raise
            change.add_confirmed_row(client_id, item)
            return item

    async def put_back(
        self, items: Sequence[Client], fields: Mapping[str, Any], archived_project_ids: Sequence[int]
    ) -> set[int]:
        """Give clients their former values of these fields; a restored one has its projects restored with it."""
        if fields.get("archived") is False:
            for item in items:
                await self._restore(item.id, {"restore_all_projects": False, "projects": [*archived_project_ids]})
        return await super().put_back(items, fields, archived_project_ids)

    async def put_back_fields(self, item: Client, fields: Mapping[str, Any]) -> Client | None:
        """Give a client its former values of these fields, but for those that restoring it gives."""
        details = {name: fields[name] or "" for name in ClientDetails.model_fields.keys() & fields.keys()}
        body = ClientBody.model_construct(None, **details)
        result = await (self.edit(item, body) if details else self.get(item))
        if fields.get("archived"):
            await self.archive(item)
            return await self.get(item)
        return result

    async def recreate(self, item: Client) -> Client:
        """Create what a deleted client was."""
        client = await self.add(ClientBody.model_construct(**item.model_dump(include=set(ClientDetails.model_fields))))
        if item.archived:
            await self.archive(client)
        return client

    @cached_property
    def _edit_lock(self) -> anyio.Lock:
        """The lock of what an edit reads and then writes: without it, two at once would undo each other."""
        return anyio.Lock()

    async def _confirm_archived(self, client_id: int, outcome_unknown: OutcomeUnknown, *, archived: bool) -> Client:
        """Return the client if a change whose response was lost was applied; raise `outcome_unknown` if not."""
        item = (await self._refetch(outcome_unknown)).items.get(client_id)
        if item is None or item.archived is not archived:
            raise outcome_unknown
        return item

    async def _write_archived(self, client_id: int, change: Change[Client]) -> None:
        """Write an archived client through; Toggl confirms it without sending the client."""
        client = await self._collection.get_any_age(client_id)
        if client is None:
            change.add_journal_row(client_id, None)
            await self._collection.invalidate()
        else:
            change.add_confirmed_row(client_id, client.model_copy(update={"archived": True, "updated_at": None}))


def _matches_status(body: ClientBody) -> Callable[[Client], bool]:
    """Return a predicate for a body's status; without one, active, as at Toggl."""
    return lambda client: matches_status(body.status or "active", archived=client.archived)


def _parse_ids(response: object) -> list[int]:
    """Return the project ids in the response to an archiving: an array, `{"items": [...]}`, or null for none.

    Raises:
        OutcomeUnknown: It is anything else, which confirms nothing.
    """
    items = cast("dict[str, object]", response).get("items", False) if isinstance(response, dict) else response
    try:
        return TypeAdapter(list[int]).validate_python([] if items is None else items, strict=True)
    except ValidationError as error:
        raise unreadable_confirmation_error(AsyncClientEndpoint.KIND) from error
