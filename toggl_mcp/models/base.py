"""What Toggl's entities have in common, and the bodies that ask for them."""

from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.models.text import require_one_line, require_visible

MAX_ID = 2**53 - 1
"""The largest number that every JSON reader keeps exact."""

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(require_one_line)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(require_visible)]
Reference = Annotated[str, Field(max_length=255), AfterValidator(require_one_line)]
REF_NONE = "0"
"""What a `Ref` says where none is meant."""
ResourceKind = Literal["client", "project", "task", "tag"]
RESOURCE_KINDS: tuple[ResourceKind, ...] = ("client", "project", "task", "tag")
"""What an entry can be about."""
Source = Literal["toggl", "cache", "stale"]
"""How something came to be known; stale: from a snapshot that stands in because Toggl could not be asked."""
Absent = SkipJsonSchema[None]
"""Optional means absent: null is accepted as absent, and is not in the schema."""


class Position(NamedTuple):
    """A place in an order: of names (folded), or of starts; an id tells equal ones apart."""

    name: str
    item_id: int


class WorkspaceResource(BaseModel, frozen=True):
    """A thing in a workspace, with the fields that are named here and no others: Toggl sends secrets in some."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True, defer_build=True)

    id: Annotated[int, Field(ge=0, le=MAX_ID)]
    workspace_id: int = Field(ge=0, le=MAX_ID, validation_alias=AliasChoices("workspace_id", "wid"))


class NamedResource(WorkspaceResource, frozen=True):
    """A thing that has a name."""

    name: str


class Payload(BaseModel, frozen=True):
    """What somebody asks for: trimmed, bounded, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, defer_build=True)
