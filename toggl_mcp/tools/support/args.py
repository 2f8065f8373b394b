"""The arguments that several tools take."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from toggl_mcp.models.base import Absent, Id, Name, Payload, as_text
from toggl_mcp.models.text import require_one_line

Ref = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=255), AfterValidator(require_one_line)]
"""A name or an id; an id may also be sent as a number."""


NameContains = Annotated[Name, Field(description="Only names that contain this, in any case.")]


Cursor = Annotated[str, Field(max_length=2000, description="next_cursor of the page before.")]


class InWorkspace(Payload, frozen=True):
    """A request about one workspace: the one given, else the configured one, else the account's default."""

    workspace_id: Annotated[Id, Field(description="Left out: the default one.")] | Absent = None


class Refreshable(InWorkspace, frozen=True):
    """A request that may insist on a fresh answer."""

    refresh: Annotated[bool, Field(description="Ask Toggl (1 request).")] = False
