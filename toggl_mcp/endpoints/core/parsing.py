"""Toggl's responses as models, or an error that says that they cannot be read."""

import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from toggl_mcp.endpoints.core.keys import HasId
from toggl_mcp.errors import OutcomeUnknown, Unreachable
from toggl_mcp.models.base import MAX_ID
from toggl_mcp.models.time_entries import EARLIEST_START, MAX_SECONDS, TimeEntry

M = TypeVar("M", bound=BaseModel)
ItemT = TypeVar("ItemT", bound=HasId)

_NO_LIST = "Toggl sent something else than the list it was asked for; look for a newer version of this server."
DELETED = {"start": EARLIEST_START, "duration": 0, "workspace_id": 0, "deleted_at": EARLIEST_START}
"""What a deleted entry may lack: of such a row it counts only that it is gone."""
MAX_UNREADABLE_ROWS = 1000
"""Rows that a list may leave out; each costs as much as some ten others."""

_log = logging.getLogger(__name__)


def parse_rows(response: object) -> list[object]:
    """Return the rows of a list; null is an empty one.

    Raises:
        Unreachable: The response is no list.
    """
    if response is None:
        return []
    if not isinstance(response, list):
        raise Unreachable(_NO_LIST)
    return cast("list[object]", response)


def to_fields(row: object) -> dict[str, Any]:
    """Return the fields of a row; none if it is no object."""
    return dict(cast("dict[str, Any]", row)) if isinstance(row, dict) else {}


def parse_items(rows: list[object], parse: Callable[[object], ItemT]) -> dict[int, ItemT | None]:
    """Return the models of rows by id, and None for each row that cannot be read; the list is empty then.

    Such a row is under its id or, without one, under a negative number that the same row has again.

    Raises:
        Unreachable: No row has an id, or too many cannot be read: they are rows of something else.
    """
    items: dict[int, ItemT | None] = {}
    unreadable_count = 0
    rows.reverse()
    while rows:
        row = rows.pop()  # It takes as much memory as its model, so never are there all of both.
        try:
            item = parse(row)
        except Unreachable:
            unreadable_count += 1
            if unreadable_count > MAX_UNREADABLE_ROWS:
                break
            items[_parse_id(row) or -1 - zlib.crc32(repr(row).encode(errors="replace"))] = None
        else:
            items[item.id] = item
    if unreadable_count > MAX_UNREADABLE_ROWS or (items and max(items) < 0):
        raise Unreachable(_NO_LIST)
    if unreadable_count:  # Without the errors, which quote the rows.
        _log.warning("Rows that cannot be read, and are left out: %d.", unreadable_count)
    return items


def _parse_id(row: object) -> int | None:
    """Return the id of a row; None if it has none."""
    row_id = to_fields(row).get("id")
    return row_id if isinstance(row_id, int) and 0 < row_id <= MAX_ID else None


def parse_model(model: type[M], row: object, **defaults: object) -> M:
    """Return a row as a model; `defaults` are the values of fields that it lacks.

    An optional field counts as absent when it is null or of another type.

    Raises:
        Unreachable: A required field is missing or of another type, or the row is no object.
    """
    try:
        fields = {name: value for name, value in dict(cast("dict[str, object]", row)).items() if value is not None}
        try:
            return model.model_validate(defaults | fields)
        except ValidationError as error:
            for detail in error.errors():
                fields.pop(str(detail["loc"][0]), None)
        return model.model_validate(defaults | fields)
    except (ValidationError, TypeError, ValueError) as error:
        kind = model.__name__.lower()
        message = f"Toggl described a {kind} in a way that this version cannot read; look for a newer version."
        raise Unreachable(message) from error


def unreadable_confirmation_error(kind: str) -> OutcomeUnknown:
    """Return the error for a response that does not show whether a change of a resource was made."""
    name = kind.replace("_", " ")
    return OutcomeUnknown(
        f"Toggl's response about the {name} cannot be read, so the change may have been made or not. "
        f"Read the {name} with refresh before you repeat the change."
    )


def parse_entry(row: object, **defaults: object) -> TimeEntry:
    """Return a row as a time entry.

    Its `stop` counts where its duration cannot: without one, or with that of a timer that runs. Where both can, the
    duration counts, as in Toggl's own totals.

    Raises:
        Unreachable: It does not say when it began or how long it took, or the row is no object.
    """
    fields = to_fields(row)
    duration, stop = fields.get("duration"), fields.get("stop")
    if stop is not None and not (isinstance(duration, int) and 0 <= duration <= MAX_SECONDS):
        fields["duration"] = seconds_between(fields.get("start"), stop)
    if fields.get("server_deleted_at"):
        defaults |= DELETED
    return parse_model(TimeEntry, fields, **defaults)


def seconds_between(start: object, stop: object) -> int | None:
    """Return the seconds from a start to a stop; None if one of them is no moment, or the stop is before the start."""
    try:
        length = datetime.fromisoformat(str(stop)) - datetime.fromisoformat(str(start))
    except (TypeError, ValueError):
        return None
    return None if length < timedelta() else round(length.total_seconds())
