"""What an answer with one page of a list says beside its rows."""

from typing import TYPE_CHECKING, Any, TypedDict

from toggl_mcp.models.base import Absent
from toggl_mcp.tools.answers import Answer, Known, KnownFields
from toggl_mcp.tools.cursor import Filters, cursor
from toggl_mcp.tools.finding import Context, context

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.pages import Page
    from toggl_mcp.endpoints.toggl import Toggl


class Listed(Answer, Known):
    """One page of a list."""

    total: int
    left: int
    next_cursor: str | Absent = None


class _Paging(TypedDict):
    total: int
    left: int
    next_cursor: str | None


class ListedFields(Context, KnownFields, _Paging):
    """The fields of `Listed`."""


async def listed(page: "Page[Any]", filters: Filters, toggl: "Toggl", workspace: int) -> ListedFields:
    """Return where a page stands in its list, and how that came to be known."""
    source = page.reading.source
    return {
        "total": page.total,
        "left": page.left,
        "next_cursor": cursor(page.end, filters),
        **Known.of(source, page.reading.as_of, toggl.now()),
        **await context(toggl, workspace, source),
    }
