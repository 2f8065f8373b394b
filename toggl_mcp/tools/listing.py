"""What an answer with one page of a list says beside its rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from pydantic import BaseModel

from toggl_mcp.models.base import Absent, Entity, Position
from toggl_mcp.models.text import fold
from toggl_mcp.tools.answers import Answer, Known, KnownFields, fitting
from toggl_mcp.tools.cursor import Filters, cursor
from toggl_mcp.tools.finding import Context, context

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Page
    from toggl_mcp.endpoints.toggl import Toggl

E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound=BaseModel)


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


def fitted(page: "Page[E]", show: Callable[[E], S]) -> "tuple[list[S], Page[E]]":
    """Return what is shown of as many of a page as an answer can hold, and the page that these make."""
    shown = fitting(map(show, page.items))
    cut = len(page.items) - len(shown)
    if not cut:
        return shown, page
    last = page.items[len(shown) - 1]
    return shown, page._replace(left=page.left + cut, end=Position(fold(last.name), last.id))


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
