"""The tools about clients."""

from typing import Annotated

from pydantic import Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name, Reference, Text
from toggl_mcp.models.clients import Client, ClientDetails, ClientFilter, Status
from toggl_mcp.tools.support.args import Cursor, InWorkspace, NameContains, Refreshable, at_least_one, exactly_one
from toggl_mcp.tools.support.define import ADDITIVE, ADDITIVE_IDEMPOTENT, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_id,
    duplicate_name_error,
    get_by_id_or_name,
    get_or_raise,
    require_found,
)
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, trim_page
from toggl_mcp.tools.support.results import Freshness, OutputModel, Timestamp, WorkspaceResult, truncate

ClientId = Annotated[Id, Field(description="The client's id.")]


class CreateClient(ClientDetails, InWorkspace, frozen=True):
    """The arguments of `create_client`."""

    name: Annotated[Name, Field(description="The new client's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditClient(ClientDetails, InWorkspace, frozen=True):
    """The arguments of `edit_client`."""

    client_id: ClientId
    notes: Annotated[Text, Field(description='New notes; "" clears them.')] | Absent = None
    external_reference: Annotated[Reference, Field(description='New id in another system; "" clears it.')] | Absent = (
        None
    )

    _change = at_least_one(*ClientDetails.model_fields)


class ListClients(ClientFilter, Refreshable, frozen=True):
    """The arguments of `list_clients`."""

    name: NameContains | Absent = None
    status: Annotated[Status, Field(description="Clients to list.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Clients per page.")] = 50
    cursor: Cursor | Absent = None


class GetClient(Refreshable, frozen=True):
    """The arguments of `get_client`."""

    client_id: ClientId | Absent = None
    name: Annotated[Name, Field(description="Exact name, in any case.")] | Absent = None

    _reference = exactly_one("client_id", "name")


class DeleteClient(InWorkspace, frozen=True):
    """The arguments of `delete_client`."""

    client_id: ClientId


class ArchiveClient(InWorkspace, frozen=True):
    """The arguments of `archive_client`."""

    client_id: ClientId


class RestoreClient(InWorkspace, frozen=True):
    """The arguments of `restore_client`."""

    client_id: ClientId
    restore_projects: Annotated[bool, Field(description="Restore its archived projects too.")] = False


MAX_NOTES = 5000
"""Characters of a client's notes in a result about one client."""
MAX_NOTES_IN_LISTS = 100
"""Characters of each client's notes in a list."""


class ClientOut(OutputModel):
    """A client, as results show it."""

    id: int
    name: str
    archived: bool
    notes: str | Absent = None
    external_reference: str | Absent = None
    updated_at: Timestamp | Absent = None

    @classmethod
    def of(cls, client: Client, notes: int = MAX_NOTES) -> "ClientOut":
        """Return a client as results show it, with at most so many characters of its notes."""
        client_out = cls(**client.model_dump(exclude={"workspace_id"}))
        return client_out.model_copy(
            update={"notes": None if client_out.notes is None else truncate(client_out.notes, notes)}
        )


class ClientResult(WorkspaceResult):
    """One client after a change."""

    client: ClientOut


class CachedClientResult(ClientResult, Freshness):
    """One client, and how fresh it is."""


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
    workspace_id = await call.workspace_id(args.workspace_id)
    clients = call.toggl.clients(workspace_id)
    try:
        client = await clients.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, clients, await clients.load_cache()) from error
    return ClientResult(client=ClientOut.of(client), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def get_client(args: GetClient, call: CallContext) -> CachedClientResult:
    """Get one client by its id or its exact name (in any case), archived clients included.

    list_clients finds clients by a part of the name.
    """
    workspace_id = await call.workspace_id(args.workspace_id)
    client, read = await get_by_id_or_name(
        args.client_id, args.name, call.toggl.clients(workspace_id), refresh=args.refresh
    )
    quota = await call.quota(workspace_id, read.source)
    return CachedClientResult.of(read, call.now, client=ClientOut.of(client), workspace_id=workspace_id, quota=quota)


async def list_clients(args: ListClients, call: CallContext) -> ClientList:
    """List the clients of a workspace by name, by default active ones.

    Long notes are cut; get_client returns them whole.
    """
    workspace_id = await call.workspace_id(args.workspace_id)
    filters = (workspace_id, args.name, args.status)
    after = decode_cursor(args.cursor, filters)
    page = await call.toggl.clients(workspace_id).page(args, limit=args.limit, after=after, refresh=args.refresh)
    clients, page = trim_page(page, lambda client: ClientOut.of(client, MAX_NOTES_IN_LISTS))
    return await ClientList.of_page(page, filters, call, workspace_id, clients=clients)


async def edit_client(args: EditClient, call: CallContext) -> ClientResult:
    """Edit a client's name, notes or external reference; omitted fields keep their values."""
    workspace_id = await call.workspace_id(args.workspace_id)
    clients = call.toggl.clients(workspace_id)
    client = await clients.edit(args.client_id, args)
    client_out = ClientOut.of(require_found(client, args.client_id, clients))
    return ClientResult(client=client_out, workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def delete_client(args: DeleteClient, call: CallContext) -> ClientDeleted:
    """Delete a client permanently. Its projects and time entries stay, without a client. To keep it, archive_client."""
    workspace_id = await call.workspace_id(args.workspace_id)
    await delete_by_id(args.client_id, call.toggl.clients(workspace_id))
    quota = await call.quota(workspace_id)
    return ClientDeleted(deleted_client_id=args.client_id, workspace_id=workspace_id, quota=quota)


async def archive_client(args: ArchiveClient, call: CallContext) -> ClientArchived:
    """Archive a client and its projects. Needs a paid Toggl plan; restore_client undoes it."""
    workspace_id = await call.workspace_id(args.workspace_id)
    projects = await call.toggl.clients(workspace_id).archive(args.client_id)
    return ClientArchived(
        archived_client_id=args.client_id,
        archived_project_ids=projects,
        workspace_id=workspace_id,
        quota=await call.quota(workspace_id),
    )


async def restore_client(args: RestoreClient, call: CallContext) -> ClientResult:
    """Restore an archived client, and with restore_projects its archived projects."""
    workspace_id = await call.workspace_id(args.workspace_id)
    client = await call.toggl.clients(workspace_id).restore(args.client_id, restore_projects=args.restore_projects)
    return ClientResult(client=ClientOut.of(client), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def _confirmation_text(args: DeleteClient, call: CallContext) -> str:
    workspace_id = await call.workspace_id(args.workspace_id)
    client = await get_or_raise(args.client_id, call.toggl.clients(workspace_id))
    return (
        f"Delete the client “{client.name}” ({client.id}) from workspace {workspace_id} permanently? "
        "Its projects and time entries stay, without a client."
    )


TOOLS = (
    ToolSpec(create_client, "Create client", ADDITIVE, CreateClient, ClientResult, requires="projects"),
    ToolSpec(get_client, "Get client", READ_ONLY, GetClient, CachedClientResult),
    ToolSpec(list_clients, "List clients", READ_ONLY, ListClients, ClientList),
    ToolSpec(edit_client, "Edit client", DESTRUCTIVE, EditClient, ClientResult, requires="projects"),
    ToolSpec(
        delete_client,
        "Delete client",
        DESTRUCTIVE,
        DeleteClient,
        ClientDeleted,
        confirm=_confirmation_text,
        needs_full_access=True,
    ),
    ToolSpec(
        archive_client,
        "Archive client",
        DESTRUCTIVE,
        ArchiveClient,
        ClientArchived,
        requires="paid",
        needs_full_access=True,
    ),
    ToolSpec(restore_client, "Restore client", ADDITIVE_IDEMPOTENT, RestoreClient, ClientResult),
)
