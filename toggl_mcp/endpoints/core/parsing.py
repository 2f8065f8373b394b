"""Toggl's answers as models, or an error that says that they cannot be read."""

from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from toggl_mcp.errors import Unreachable

M = TypeVar("M", bound=BaseModel)


def parse_rows(response: object) -> list[object]:
    """Return the rows of a list; Toggl says null for none.

    Raises:
        Unreachable: It is no list.
    """
    if response is None:
        return []
    if not isinstance(response, list):
        message = "Toggl sent something else than the list it was asked for; look for a newer version of this server."
        raise Unreachable(message)
    return cast("list[object]", response)


def parse_model(model: type[M], row: object, **defaults: object) -> M:
    """Return what a row means; `defaults` fill the fields that it does not have.

    A field that can be done without counts as absent when it is null, or something else than it should be.

    Raises:
        Unreachable: It means nothing to this version.
    """
    try:
        fields = {name: value for name, value in dict(cast("dict[str, object]", row)).items() if value is not None}
        return _validate_leniently(model, fields, defaults)
    except (ValidationError, TypeError, ValueError) as error:
        kind = model.__name__.lower()
        message = f"Toggl described a {kind} in a way that this version cannot read; look for a newer version."
        raise Unreachable(message) from error


def _validate_leniently(model: type[M], fields: dict[str, object], defaults: dict[str, object]) -> M:
    try:
        return model.model_validate(defaults | fields)
    except ValidationError as error:
        unreadable = {name for detail in error.errors() for name in detail["loc"][:1]}
        return model.model_validate(
            defaults | {name: value for name, value in fields.items() if name not in unreadable}
        )
