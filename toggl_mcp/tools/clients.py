"""The tools about clients."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name, Reference, Text
from toggl_mcp.models.clients import Client, ClientBody, Status
from toggl_mcp.tools.support.args import Cursor, InWorkspace, PartOfName, Refreshable
from toggl_mcp.tools.support.define import CHANGES, CREATES, READS, RESTORES, Offer
from toggl_mcp.tools.support.lookup import context, gone, one, taken, target, there
from toggl_mcp.tools.support.pagination import Listed, fitted, listed, position
from toggl_mcp.tools.support.results import Answer, Known, Moment, shortened

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


ClientId = Annotated[Id, Field(description="The client's id.")]


class CreateClient(ClientBody, InWorkspace, frozen=True):
    """The arguments of `create_client`."""

    name: Annotated[Name, Field(description="The new client's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    refuses: ClassVar = {"status": "a new client is active, and archive_client archives it"}


class EditClient(ClientBody, InWorkspace, frozen=True):
    """The arguments of `edit_client`."""

    client_id: ClientId
    notes: Annotated[Text, Field(description='New notes; "" clears them.')] | Absent = None
    external_reference: Annotated[Reference, Field(description='New id in another system; "" clears it.')] | Absent = (
        None
    )
    refuses: ClassVar = {"status": "use archive_client or restore_client"}

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.format("edit"):
            message = "give at least one of name, notes and external_reference"
            raise ValueError(message)
        return self


class ListClients(ClientBody, Refreshable, frozen=True):
    """The arguments of `list_clients`."""

    name: PartOfName | Absent = None
    status: Annotated[Status, Field(description="Which clients.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Clients in a page.")] = 50
    cursor: Cursor | Absent = None
    refuses: ClassVar = {
        "notes": "only name and status narrow the list",
        "external_reference": "only name and status narrow the list",
    }


class GetClient(Refreshable, frozen=True):
    """The arguments of `get_client`."""

    client_id: ClientId | Absent = None
    name: Annotated[Name, Field(description="Or its exact name, in any case.")] | Absent = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.client_id is None) == (self.name is None):
            message = "give exactly one of client_id and name"
            raise ValueError(message)
        return self


class OneClient(InWorkspace, frozen=True):
    """The arguments of `delete_client` and `archive_client`."""

    client_id: ClientId


class RestoreClient(OneClient, frozen=True):
    """The arguments of `restore_client`."""

    restore_projects: Annotated[bool, Field(description="Restore its archived projects too.")] = False


NOTES = 5000
"""Characters of a client's notes that an answer about one client shows."""
NOTES_IN_LISTS = 100
"""Characters of each client's notes that a list shows."""


class ShownClient(BaseModel):
    """A client, as answers show it."""

    id: int
    name: str
    archived: bool
    notes: str | Absent = None
    external_reference: str | Absent = None
    updated_at: Moment | Absent = None

    @classmethod
    def of(cls, client: Client, notes: int = NOTES) -> "ShownClient":
        """Return what is shown of a client, with so many characters of its notes at most."""
        shown = cls(**client.model_dump(exclude={"workspace_id"}))
        return shown.model_copy(update={"notes": None if shown.notes is None else shortened(shown.notes, notes)})


class ClientAnswer(Answer):
    """One client after a change."""

    client: ShownClient


class ClientFound(ClientAnswer, Known):
    """One client as it is known."""


class ClientList(Listed):
    """One page of clients."""

    clients: list[ShownClient]


class ClientDeleted(Answer):
    """A client that is gone."""

    deleted_client_id: int


class ClientArchived(Answer):
    """A client that was archived."""

    archived_client_id: int
    archived_project_ids: Annotated[list[int], Field(description="Left out: unknown.")] | Absent = None


async def create_client(new: CreateClient, toggl: "Toggl") -> ClientAnswer:
    """Create a client in Toggl Track."""
    workspace = await toggl.resolve_workspace(new.workspace_id)
    clients = toggl.clients(workspace)
    try:
        client = await clients.add(new)
    except DuplicateName as error:
        raise await taken(clients, new.name) from error
    return ClientAnswer(client=ShownClient.of(client), **await context(toggl, workspace))


async def get_client(args: GetClient, toggl: "Toggl") -> ClientFound:
    """Find one client by its id, or by its exact name in any case, archived ones included.

    list_clients finds a client by a part of its name.
    """
    workspace = await toggl.resolve_workspace(args.workspace_id)
    client, source, as_of = await one(args.client_id, args.name, toggl.clients(workspace), refresh=args.refresh)
    known = Known.of(source, as_of, toggl.timestamp())
    return ClientFound(client=ShownClient.of(client), **known, **await context(toggl, workspace, source))


async def list_clients(args: ListClients, toggl: "Toggl") -> ClientList:
    """List the clients of a workspace by name: active ones unless status says otherwise.

    Long notes are cut; get_client shows them whole.
    """
    workspace = await toggl.resolve_workspace(args.workspace_id)
    filters = (workspace, args.name, args.status)
    after = position(args.cursor, filters)
    page = await toggl.clients(workspace).page(args, limit=args.limit, after=after, refresh=args.refresh)
    clients, page = fitted(page, lambda client: ShownClient.of(client, NOTES_IN_LISTS))
    return ClientList(
        clients=clients,
        **await listed(page, filters, toggl, workspace),
    )


async def edit_client(changes: EditClient, toggl: "Toggl") -> ClientAnswer:
    """Rename a client, or change its notes or external reference. What is left out stays as it is."""
    workspace = await toggl.resolve_workspace(changes.workspace_id)
    clients = toggl.clients(workspace)
    client = await clients.edit(changes.client_id, changes)
    shown = ShownClient.of(there(client, changes.client_id, clients))
    return ClientAnswer(client=shown, **await context(toggl, workspace))


async def delete_client(args: OneClient, toggl: "Toggl") -> ClientDeleted:
    """Delete a client for good. Its projects and time entries stay, without a client. To keep it, archive_client."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    said = await gone(args.client_id, toggl.clients(workspace), toggl)
    return ClientDeleted(deleted_client_id=args.client_id, **said)


async def archive_client(args: OneClient, toggl: "Toggl") -> ClientArchived:
    """Archive a client together with its projects. Needs a paid Toggl plan; restore_client undoes it."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    projects = await toggl.clients(workspace).archive(args.client_id)
    said = await context(toggl, workspace)
    return ClientArchived(archived_client_id=args.client_id, archived_project_ids=projects, **said)


async def restore_client(args: RestoreClient, toggl: "Toggl") -> ClientAnswer:
    """Make an archived client active again, and with restore_projects its archived projects too."""
    workspace = await toggl.resolve_workspace(args.workspace_id)
    client = await toggl.clients(workspace).restore(args.client_id, restore_projects=args.restore_projects)
    return ClientAnswer(client=ShownClient.of(client), **await context(toggl, workspace))


async def _what_goes(args: OneClient, toggl: "Toggl") -> str:
    workspace = await toggl.resolve_workspace(args.workspace_id)
    client = await target(args.client_id, toggl.clients(workspace))
    return (
        f"Delete the client “{client.name}” ({client.id}) from workspace {workspace} for good? "
        "Its projects and time entries stay, without a client."
    )


OFFERS = (
    Offer(create_client, "Create client", CREATES, CreateClient, ClientAnswer, needs="projects"),
    Offer(get_client, "Get client", READS, GetClient, ClientFound),
    Offer(list_clients, "List clients", READS, ListClients, ClientList),
    Offer(edit_client, "Edit client", CHANGES, EditClient, ClientAnswer, needs="projects"),
    Offer(delete_client, "Delete client", CHANGES, OneClient, ClientDeleted, question=_what_goes),
    Offer(archive_client, "Archive client", CHANGES, OneClient, ClientArchived, needs="paid"),
    Offer(restore_client, "Restore client", RESTORES, RestoreClient, ClientAnswer),
)
