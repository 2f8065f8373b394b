"""What the tools of every named resource have in common: their rows and their results."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.models.base import NamedResource
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import Freshness, HasFreshness, WithQuota


class ResourceOut(NamedResource, frozen=True):
    """A resource, as results show it: with the fields of its model, but for those that are excluded here."""

    id: int
    workspace_id: SkipJsonSchema[int] = Field(exclude=True)
    updated_at: SkipJsonSchema[datetime | None] = Field(default=None, exclude=True)

    @classmethod
    def of(cls, resource: NamedResource) -> Self:
        """Return a resource as results show it."""
        return cls.model_validate(resource, from_attributes=True)


class WorkspaceResult(WithQuota):
    """A result about one workspace."""

    workspace_id: int

    @classmethod
    async def of_change(cls, workspace_id: int, call: CallContext, **fields: Any) -> Self:  # noqa: ANN401 - a subclass's
        """Return the result of a change, with the fields that a subclass adds."""
        return cls(workspace_id=workspace_id, quota=call.quota(), **fields)


class ReadResult(WorkspaceResult, Freshness):
    """What was read of one workspace, and how fresh it is."""

    @classmethod
    async def of_read(cls, read: HasFreshness, workspace_id: int, call: CallContext, **fields: Any) -> Self:  # noqa: ANN401 - a subclass's
        """Return the result of a read, with the fields that a subclass adds."""
        return cls.of(
            read,
            call.toggl.timestamp(),
            call.spending,
            workspace_id=workspace_id,
            quota=call.quota(),
            **fields,
        )
