"""The tools about clients."""

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name, NamedResource, Status
from toggl_mcp.models.clients import Client, ClientDetails, ClientFilter
from toggl_mcp.tools.support.args import EditArgs, ListArgs, ReadArgs, WorkspaceArgs, require_any_of, require_one_of
from toggl_mcp.tools.support.define import ADDITIVE, ADDITIVE_IDEMPOTENT, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_id,
    deletion_question,
    duplicate_name_error,
    get_by_id_or_name,
    require_found,
)
from toggl_mcp.tools.support.resources import (
    PageResult,
    ReadResult,
    ResourceOut,
    WorkspaceResult,
    decode_cursor,
    trim_page,
)
from toggl_mcp.tools.support.results import Timestamp, truncate

ClearableField = Literal["notes", "external_reference"]
ClientId = Annotated[Id, Field(description="The client's id.")]


class CreateClient(ClientDetails, WorkspaceArgs, frozen=True):
    """The arguments of `create_client`."""

    name: Annotated[Name, Field(description="The new client's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditClient(EditArgs, ClientDetails, WorkspaceArgs, frozen=True):
    """The arguments of `edit_client`."""

    client_id: ClientId
    clear: Annotated[list[ClearableField], Field(max_length=2, description="Fields to empty.")] | Absent = None

    _change = require_any_of(*ClientDetails.model_fields, "clear")


class ListClients(ListArgs, ClientFilter, frozen=True):
    """The arguments of `list_clients`."""

    status: Annotated[Status, Field(description="Clients to list.")] = "active"


class GetClient(ReadArgs, frozen=True):
    """The arguments of `get_client`."""

    client_id: ClientId | Absent = None
    name: Annotated[Name, Field(description="Exact name; case is ignored.")] | Absent = None

    _id_or_name = require_one_of("client_id", "name")


class ClientIdArgs(WorkspaceArgs, frozen=True):
    """The arguments of `delete_client` and `archive_client`."""

    client_id: ClientId


class RestoreClient(ClientIdArgs, frozen=True):
    """The arguments of `restore_client`."""

    restore_projects: Annotated[bool, Field(description="Restore its archived projects too.")] = False


MAX_NOTES = 5000
"""Characters of a client's notes in a result about one client."""
MAX_NOTES_IN_LISTS = 100
"""Characters of each client's notes in a list."""


class ClientOut(ResourceOut, Client, frozen=True):
    """A client, as results show it."""

    updated_at: Timestamp | Absent = None

    @classmethod
    def of(cls, resource: NamedResource, max_notes: int = MAX_NOTES) -> Self:
        """Return a client as results show it, with at most so many characters of its notes."""
        client = super().of(resource)
        return client.model_copy(update={"notes": client.notes and truncate(client.notes, max_notes)})


class ClientResult(WorkspaceResult):
    """One client after a change."""

    client: ClientOut


class ClientRead(ReadResult):
    """One client, and how fresh it is."""

    client: ClientOut


class ClientList(PageResult):
    """One page of clients."""

    clients: list[ClientOut]


class ClientDeleted(WorkspaceResult):
    """The result of `delete_client`."""

    deleted_client_id: int


class ClientArchived(WorkspaceResult):
    """The result of `archive_client`."""

    archived_client_id: int
    archived_project_ids: Annotated[list[int], Field(description="Omitted: unknown.")] | Absent = None


async def create_client(args: CreateClient, call: CallContext) -> ClientResult:
    """Create a client."""
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    try:
        client = await clients.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, clients, await clients.load_cache()) from error
    return await ClientResult.of_change(clients.workspace_id, call, client=ClientOut.of(client))


async def get_client(args: GetClient, call: CallContext) -> ClientRead:
    """Get one client by its id or its exact name (case ignored), archived clients included.

    list_clients finds clients by a part of the name.
    """
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    client, read = await get_by_id_or_name(args.client_id, args.name, clients, refresh=args.refresh)
    return await ClientRead.of_read(read, clients.workspace_id, call, client=ClientOut.of(client))


async def list_clients(args: ListClients, call: CallContext) -> ClientList:
    """List the clients of a workspace by name, by default active ones.

    Long notes are cut; get_client returns them whole.
    """
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    filters = (clients.workspace_id, args.name, args.status)
    after = decode_cursor(args.cursor, filters)
    page = await clients.page(args, limit=args.limit, after=after, refresh=args.refresh)
    rows, page = trim_page(page, partial(ClientOut.of, max_notes=MAX_NOTES_IN_LISTS))
    return await ClientList.of_page(page, filters, call, clients.workspace_id, clients=rows)


async def edit_client(args: EditClient, call: CallContext) -> ClientResult:
    """Edit a client's name, notes or external reference; omitted fields keep their values."""
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    client = require_found(await clients.edit(args.client_id, args.apply_clear()), args.client_id, clients)
    return await ClientResult.of_change(clients.workspace_id, call, client=ClientOut.of(client))


async def delete_client(args: ClientIdArgs, call: CallContext) -> ClientDeleted:
    """Delete a client permanently. Its projects and time entries stay, without a client. To keep it, archive_client."""
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    await delete_by_id(args.client_id, clients)
    return await ClientDeleted.of_change(clients.workspace_id, call, deleted_client_id=args.client_id)


async def archive_client(args: ClientIdArgs, call: CallContext) -> ClientArchived:
    """Archive a client and its projects. Needs a paid Toggl plan; restore_client undoes it."""
    workspace_id = await call.workspace_id(args.workspace)
    project_ids = await call.toggl.clients(workspace_id).archive(args.client_id)
    return await ClientArchived.of_change(
        workspace_id, call, archived_client_id=args.client_id, archived_project_ids=project_ids
    )


async def restore_client(args: RestoreClient, call: CallContext) -> ClientResult:
    """Restore an archived client, and with restore_projects its archived projects."""
    workspace_id = await call.workspace_id(args.workspace)
    client = await call.toggl.clients(workspace_id).restore(args.client_id, restore_projects=args.restore_projects)
    return await ClientResult.of_change(workspace_id, call, client=ClientOut.of(client))


async def _confirmation_text(args: ClientIdArgs, call: CallContext) -> str:
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    return await deletion_question(args.client_id, clients, "Its projects and time entries stay, without a client.")


TOOLS = (
    ToolSpec(create_client, ADDITIVE, requires=["projects"]),
    ToolSpec(get_client, READ_ONLY),
    ToolSpec(list_clients, READ_ONLY),
    ToolSpec(edit_client, DESTRUCTIVE, requires=["projects"]),
    ToolSpec(delete_client, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["projects"]),
    ToolSpec(archive_client, DESTRUCTIVE, requires=["paid", "projects"], needs_full_access=True),
    ToolSpec(restore_client, ADDITIVE_IDEMPOTENT, requires=["projects"]),
)
