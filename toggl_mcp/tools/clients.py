"""The tools about clients."""

from functools import partial
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Name, NamedResource, Status
from toggl_mcp.models.clients import Client, ClientDetails, ClientFilter
from toggl_mcp.tools.support.args import (
    EditArgs,
    ListArgs,
    NameOrId,
    ReadArgs,
    WorkspaceArgs,
    omit_fields,
    require_any_of,
)
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_ref,
    deletion_question,
    duplicate_name_error,
    get_by_ref,
    require_found,
    resolve,
    warn_of_namesakes,
)
from toggl_mcp.tools.support.resources import (
    ChangeResult,
    NamedChangeResult,
    PageResult,
    ReadResult,
    ResourceOut,
    decode_cursor,
    trim_page,
)
from toggl_mcp.tools.support.results import Timestamp, declared_by, truncate

ClearableField = Literal["notes", "external_reference"]


class CreateClient(ClientDetails, WorkspaceArgs, frozen=True):
    """The arguments of `create_client`."""

    name: Annotated[Name, Field(description="The new client's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditClient(EditArgs, ClientDetails, WorkspaceArgs, frozen=True):
    """The arguments of `edit_client`."""

    client: NameOrId
    clear: Annotated[list[ClearableField], Field(max_length=2, description="Fields to empty.")] | Absent = None

    archived: Annotated[bool, Field(description="Alone; true archives its projects too (paid plans).")] | Absent = None
    restore_projects: Annotated[bool, Field(description="With archived: false.")] = False

    _change = require_any_of(*ClientDetails.model_fields, "archived", "clear")

    @model_validator(mode="after")
    def _check_archived(self) -> Self:
        # Toggl takes it in a request of its own: of two requests, one may fail.
        if self.archived is not None and any(
            getattr(self, field) is not None for field in (*ClientDetails.model_fields, "clear")
        ):
            message = "archived: give it in a call of its own, without other changes"
            raise ValueError(message)
        if self.restore_projects and self.archived is not False:
            message = "restore_projects: needs archived: false"
            raise ValueError(message)
        return self


EditClientRestricted = omit_fields(EditClient, "archived", "restore_projects")
"""The arguments of `edit_client` where nothing may be archived."""


class ListClients(ListArgs, ClientFilter, frozen=True):
    """The arguments of `list_clients`."""

    status: Annotated[Status, Field(description="Clients to list.")] = "active"


class GetClient(ReadArgs, frozen=True):
    """The arguments of `get_client`."""

    client: NameOrId


class DeleteClient(WorkspaceArgs, frozen=True):
    """The arguments of `delete_client`."""

    client: NameOrId


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
        if client.notes is None or len(client.notes) <= max_notes:
            return client
        return client.model_copy(update={"notes": truncate(client.notes, max_notes)})


class ClientResult(NamedChangeResult):
    """One client after a change."""

    client: Annotated[ClientOut, declared_by("get_client")]
    archived_project_ids: list[int] | Absent = None


class ClientRead(ReadResult):
    """One client, and how fresh it is."""

    client: ClientOut


class ClientList(PageResult):
    """One page of clients."""

    clients: list[ClientOut]


class ClientDeleted(ChangeResult):
    """The result of `delete_client`."""

    deleted_client_id: int
    deleted: SkipJsonSchema[ClientOut]  # The schema of get_client has its fields.


async def create_client(args: CreateClient, call: CallContext) -> ClientResult:
    """Create a client."""
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    try:
        client = await clients.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, clients, await clients.load_cache()) from error
    warnings = await warn_of_namesakes(client, clients)
    return await ClientResult.of_change(clients.workspace_id, call, client=ClientOut.of(client), warnings=warnings)


async def get_client(args: GetClient, call: CallContext) -> ClientRead:
    """Get one client by its id or its whole name, archived clients included."""
    client, read = await get_by_ref(args.client, call.toggl.clients, args, call)
    return await ClientRead.of_read(read, client.workspace_id, call, client=ClientOut.of(client))


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
    """Edit a client's name, notes or external reference, or archive or restore it; omitted fields keep their values."""
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    client = await resolve(args.client, clients.reserved, call.name_index)
    archived_project_ids = None
    if args.archived is not None:  # The names that come with the account do not tell what it was, as an undo needs.
        client = require_found((await clients.reserved.find(client.id)).item, client.id, clients)
    if args.archived:
        archived_project_ids = await clients.archive(client.id)
        # Toggl confirms without the client, and what is done is not to fail for a read.
        client = client.model_copy(update={"archived": True, "updated_at": None})
    elif args.archived is False:
        client = await clients.restore(client.id, restore_projects=args.restore_projects)
    else:
        try:
            client = require_found(await clients.edit(client.id, args.apply_clear()), client.id, clients)
        except DuplicateName as error:
            raise duplicate_name_error(args.name or client.name, clients, await clients.load_cache()) from error
    return await ClientResult.of_change(
        clients.workspace_id,
        call,
        client=ClientOut.of(client),
        archived_project_ids=archived_project_ids,
        warnings=None if args.name is None else await warn_of_namesakes(client, clients),
    )


async def delete_client(args: DeleteClient, call: CallContext) -> ClientDeleted:
    """Delete a client permanently. Its projects and time entries stay, without a client.

    To keep it, edit_client(archived: true).
    """
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    client = await delete_by_ref(args.client, clients, call.name_index)
    return await ClientDeleted.of_change(
        clients.workspace_id, call, deleted_client_id=client.id, deleted=ClientOut.of(client)
    )


async def _confirmation_text(args: DeleteClient, call: CallContext) -> str:
    clients = call.toggl.clients(await call.workspace_id(args.workspace))
    return await deletion_question(
        args.client, clients, call.name_index, "Its projects and time entries stay, without a client."
    )


TOOLS = (
    ToolSpec(create_client, ADDITIVE, requires=["projects"]),
    ToolSpec(get_client, READ_ONLY),
    ToolSpec(list_clients, READ_ONLY),
    ToolSpec(edit_client, DESTRUCTIVE, requires=["projects"], restricted_input=EditClientRestricted),
    ToolSpec(delete_client, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["projects"]),
)
