"""What the tools of every named resource share: rows, results, pages, and the cursors that lead to the next."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel, Field, TypeAdapter
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import from_json, to_json

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Absent, NamedResource, Position
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import (
    Freshness,
    HasFreshness,
    WithChange,
    WithQuota,
    list_unreadable,
    take_within_budget,
)

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Page


Filters = Sequence[int | str | None]
_START_OVER = "Omit it to get the first page."

ResourceT = TypeVar("ResourceT", bound=NamedResource)
RowT = TypeVar("RowT", bound=BaseModel)
PositionT = TypeVar("PositionT", bound=tuple[Any, ...])


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


class ChangeResult(WorkspaceResult, WithChange):
    """The result of a change in one workspace."""


class NamedChangeResult(ChangeResult):
    """The result of a change in one workspace that may name something."""

    # The schema of every such tool would repeat it.
    warnings: SkipJsonSchema[list[str] | None] = None


class ReadResult(WorkspaceResult, Freshness):
    """What was read of one workspace, and how fresh it is."""

    workspace: str | Absent = None
    """Its name, if it is not the default one."""

    @classmethod
    async def of_read(cls, read: HasFreshness, workspace_id: int, call: CallContext, **fields: Any) -> Self:  # noqa: ANN401 - a subclass's
        """Return the result of a read, with the fields that a subclass adds."""
        return cls.of(
            read,
            call.toggl.timestamp(),
            call.record,
            workspace_id=workspace_id,
            workspace=await call.name_other_workspace(workspace_id),
            quota=call.quota(),
            **fields,
        )


class PageResult(ReadResult):
    """One page of a list."""

    total: int
    remaining: int
    next_cursor: str | Absent = None
    warnings: list[str] | Absent = None

    @classmethod
    async def of_page(
        cls,
        page: "Page[Any]",
        filters: Filters,
        call: CallContext,
        workspace_id: int,
        **rows: Any,  # noqa: ANN401 - the field of a subclass
    ) -> Self:
        """Return the result of a page, with the rows that a subclass adds."""
        return await cls.of_read(
            page.read,
            workspace_id,
            call,
            total=page.total,
            remaining=page.remaining,
            next_cursor=None if page.end is None else encode_cursor(page.end, filters),
            warnings=list_unreadable(len(page.read.collection.unreadable_ids), "rows") or None,
            **rows,
        )


def trim_page(page: "Page[ResourceT]", to_row: Callable[[ResourceT], RowT]) -> "tuple[list[RowT], Page[ResourceT]]":
    """Return the rows of as many items of a page as a result can hold, and the page of these."""
    rows = take_within_budget(map(to_row, page.items))
    dropped_count = len(page.items) - len(rows)
    if not dropped_count:
        return rows, page
    last = page.items[len(rows) - 1]
    return rows, page._replace(remaining=page.remaining + dropped_count, end=Position(fold(last.name), last.id))


def encode_cursor(position: tuple[Any, ...], filters: Filters) -> str:
    """Return the cursor of the page after a position."""
    return base64.urlsafe_b64encode(to_json([_digest(filters), *position])).decode()


def decode_cursor(text: str | None, filters: Filters, kind: type[PositionT] = Position) -> PositionT | None:
    """Return the position that a cursor holds.

    Raises:
        InvalidArguments: It is no cursor of this tool, or one of other filters.
    """
    if text is None:
        return None
    try:
        digest, *values = from_json(base64.urlsafe_b64decode(text))
        position = TypeAdapter(kind).validate_python(values)
    except (ValueError, TypeError) as error:
        message = f"cursor: is no next_cursor of this tool. {_START_OVER}"
        raise InvalidArguments(message) from error
    if digest != _digest(filters):
        message = f"cursor: belongs to other filters. Repeat the other arguments of that call. {_START_OVER}"
        raise InvalidArguments(message)
    return position


def _digest(filters: Filters) -> str:
    return hashlib.blake2b(to_json(list(filters)), digest_size=6).hexdigest()
