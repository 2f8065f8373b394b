"""Clients: who the work is for. https://engineering.toggl.com/docs/api/clients."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from toggl_mcp.models.base import (
    Absent,
    Body,
    Cursor,
    Entity,
    Id,
    InWorkspace,
    Name,
    PartOfName,
    Reference,
    Refreshable,
    Text,
)

Status = Literal["active", "archived", "both"]
Verb = Literal["add", "edit", "collect"]
ClientId = Annotated[Id, Field(description="The client's id.")]


class Client(Entity, frozen=True):
    """A client of a workspace.

    `updated_at` is None when Toggl has not said it since the last change.
    """

    archived: bool = False
    notes: str | None = None
    external_reference: str | None = None
    updated_at: datetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))


class ClientBody(Body, frozen=True):
    """What can be said of a client. `""` clears `notes` and `external_reference`."""

    name: Annotated[Name, Field(description="The client's name.")] | Absent = None
    notes: Annotated[Text, Field(description="Free text.")] | Absent = None
    external_reference: Annotated[Reference, Field(description="Its id in another system.")] | Absent = None
    status: Annotated[Status, Field(description="Which clients.")] | Absent = None

    takes: ClassVar[dict[Verb, tuple[str, ...]]] = {
        "add": ("name", "notes", "external_reference"),
        "edit": ("name", "notes", "external_reference"),
        "collect": ("name", "status"),
    }

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON that an endpoint takes: its own fields where they were given, and `body`.

        Args:
            endpoint: `add` and `edit` take name, notes and external_reference; `collect` takes name and status.
            body: What the endpoint sends besides.
        """
        given = {field: getattr(self, field) for field in self.takes[endpoint]}
        return body | {field: value for field, value in given.items() if value is not None}


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
