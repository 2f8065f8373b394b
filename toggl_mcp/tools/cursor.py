"""Where a list goes on: a place in its order, bound to the filters that it was made for."""

import base64
import hashlib
from collections.abc import Sequence

from pydantic_core import from_json, to_json

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Position

Filters = Sequence[int | str | None]
_FROM_THE_START = "Leave it out to begin with the first page."


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
