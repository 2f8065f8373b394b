"""Tags: what kind of work it is. https://engineering.toggl.com/docs/api/tags."""

from typing import Annotated, Any

from pydantic import Field

from toggl_mcp.models.base import Absent, Name, NamedResource, Payload


class Tag(NamedResource, frozen=True):
    """A tag of a workspace."""


class TagBody(Payload, frozen=True):
    """The fields of a tag that a request can send."""

    name: Annotated[Name, Field(description="The tag's name.")] | Absent = None

    def format(self, endpoint: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - the JSON edge; one form
        """Return the JSON that an endpoint takes: the fields that are set, and `body`."""
        return body | self.model_dump(include=set(TagBody.model_fields), exclude_none=True)
