"""Projects: what the work is on. https://engineering.toggl.com/docs/api/projects."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from toggl_mcp.models.base import MAX_ID, Absent, Name, NamedResource, Payload

Verb = Literal["add", "edit"]
ClientOrNone = Annotated[int, Field(ge=0, le=MAX_ID)]


def _parse_color(text: str) -> str:
    """Return a color as Toggl takes it, in lower case."""
    color = text.strip().lower()
    if not re.fullmatch("#[0-9a-f]{6}", color):
        message = "should be a # and six hexadecimal digits, such as #0b83d9"
        raise ValueError(message)
    return color


Color = Annotated[str, AfterValidator(_parse_color)]


class Project(NamedResource, frozen=True):
    """A project of a workspace. `client_id` is None for a project without a client."""

    client_id: int | Absent = None
    active: bool = True
    color: str | Absent = None
    billable: bool | Absent = None
    is_private: bool | Absent = None

    @property
    def archived(self) -> bool:
        """Whether it is archived: Toggl calls that inactive."""
        return not self.active


class ProjectBody(Payload, frozen=True):
    """The fields of a project that a request can send. `client_id=0` removes its client."""

    name: Annotated[Name, Field(description="The project's name.")] | Absent = None
    client_id: Annotated[ClientOrNone, Field(description="Its client's id; 0: none.")] | Absent = None
    color: Annotated[Color, Field(description="#rrggbb, lower case.")] | Absent = None
    billable: Annotated[bool, Field(description="Paid plans only.")] | Absent = None
    is_private: Annotated[bool, Field(description="Only members see it.")] | Absent = None
    active: Annotated[bool, Field(description="false archives it.")] | Absent = None

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON that an endpoint takes: the fields that are set, and `body`.

        `add` always sends `active`: Toggl creates an archived project otherwise.
        """
        values = self.model_dump(include=set(ProjectBody.model_fields), exclude_none=True)
        if values.get("client_id") == 0:
            values["client_id"] = None
        return ({"active": True} if endpoint == "add" else {}) | body | values


class ProjectDetails(ProjectBody, frozen=True):
    """The version of the body without `client_id`, for what takes a client by its name or id."""

    # A class variable takes the place of the inherited field: pydantic leaves the field out, and refuses it as unknown.
    client_id: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - leaves it out
