"""Clients: whom the work is for. https://engineering.toggl.com/docs/api/clients."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from toggl_mcp.models.base import Absent, Name, NamedResource, Payload, Status, Text
from toggl_mcp.models.text import clean_text, require_one_line

Verb = Literal["add", "edit", "collect"]
ExternalReference = Annotated[str, Field(max_length=255), BeforeValidator(clean_text), AfterValidator(require_one_line)]


class Client(NamedResource, frozen=True):
    """A client of a workspace."""

    archived: bool = False
    notes: str | Absent = None
    external_reference: str | Absent = None


class ClientBody(Payload, frozen=True):
    """The fields of a client that a request can send. `""` clears `notes` and `external_reference`."""

    name: Annotated[Name, Field(description="The client's name.")] | Absent = None
    notes: Annotated[Text, Field(description="Free text.")] | Absent = None
    external_reference: Annotated[ExternalReference, Field(description="Its id in another system.")] | Absent = None
    status: Annotated[Status, Field(description="Clients to list.")] | Absent = None

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON that an endpoint takes: those of its fields that are set, and `body`.

        Args:
            endpoint: `add` and `edit` take name, notes and external_reference; `collect` takes name and status.
            body: Fields that the endpoint adds.
        """
        fields = ClientFilter.model_fields if endpoint == "collect" else ClientDetails.model_fields
        return body | self.model_dump(include=set(fields), exclude_none=True)


# A class variable takes the place of an inherited field: pydantic leaves the field out, and refuses it as unknown.
class ClientDetails(ClientBody, frozen=True):
    """The version of the body for one client: without `status`, which archive and restore change."""

    status: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - leaves it out


class ClientFilter(ClientBody, frozen=True):
    """The version of the body for a list: `name` and `status`."""

    notes: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - leaves it out
    external_reference: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - leaves it out
