"""Tags: what kind of work it is. https://engineering.toggl.com/docs/api/tags."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AliasChoices, Field

from toggl_mcp.models.base import Absent, Body, Cursor, Entity, Id, InWorkspace, Name, PartOfName, Refreshable

TagId = Annotated[Id, Field(description="The tag's id.")]


class Tag(Entity, frozen=True):
    """A tag of a workspace. `updated_at` is when Toggl last changed it."""

    updated_at: datetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))


class TagBody(Body, frozen=True):
    """What can be said of a tag."""

    name: Annotated[Name, Field(description="The tag's name.")] | Absent = None

    def format(self, endpoint: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - the JSON edge; one form
        """Return the JSON that an endpoint takes: the name if there is one, and `body`."""
        return body if self.name is None else body | {"name": self.name}


class CreateTag(TagBody, InWorkspace, frozen=True):
    """The arguments of `create_tag`."""

    name: Annotated[Name, Field(description="The new tag's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditTag(TagBody, InWorkspace, frozen=True):
    """The arguments of `edit_tag`."""

    tag_id: TagId
    name: Annotated[Name, Field(description="The new name.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class ListTags(Refreshable, frozen=True):
    """The arguments of `list_tags`."""

    name: PartOfName | Absent = None
    limit: Annotated[int, Field(ge=1, le=200, description="Tags in a page.")] = 100
    cursor: Cursor | Absent = None


class OneTag(InWorkspace, frozen=True):
    """The arguments of `delete_tag`."""

    tag_id: TagId
