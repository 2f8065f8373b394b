"""What an answer with one page of a list says beside its rows."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Absent, NamedResource, Position
from toggl_mcp.models.text import fold
from toggl_mcp.tools.support.lookup import Context, context
from toggl_mcp.tools.support.results import Answer, Known, KnownFields, fitting

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import Page
    from toggl_mcp.endpoints.toggl import Toggl


Filters = Sequence[int | str | None]
_FROM_THE_START = "Leave it out to begin with the first page."

E = TypeVar("E", bound=NamedResource)
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
    return shown, page._replace(remaining=page.remaining + cut, end=Position(fold(last.name), last.id))


async def listed(page: "Page[Any]", filters: Filters, toggl: "Toggl", workspace: int) -> ListedFields:
    """Return where a page stands in its list, and how that came to be known."""
    source = page.reading.source
    return {
        "total": page.total,
        "left": page.remaining,
        "next_cursor": cursor(page.end, filters),
        **Known.of(source, page.reading.as_of, toggl.timestamp()),
        **await context(toggl, workspace, source),
    }


def cursor(end: Position | None, filters: Filters) -> str | None:
    """Return the cursor of the page after a position; None after the last page."""
    return None if end is None else base64.urlsafe_b64encode(to_json([_digest(filters), *end])).decode()


def position(given: str | None, filters: Filters) -> Position | None:
    """Return the position that a cursor stands for.

    Raises:
        InvalidArguments: It is no cursor, or one from other filters.
    """
    if given is None:
        return None
    try:
        made_for, name, item_id = from_json(base64.urlsafe_b64decode(given))
        found = Position(str(name), int(item_id))
    except (ValueError, TypeError, OverflowError) as error:
        message = f"cursor: is not one that this tool gave. {_FROM_THE_START}"
        raise InvalidArguments(message) from error
    if made_for != _digest(filters):
        message = f"cursor: belongs to other filters. {_FROM_THE_START}"
        raise InvalidArguments(message)
    return found


def _digest(filters: Filters) -> str:
    return hashlib.blake2b(to_json(list(filters)), digest_size=6).hexdigest()
