"""Toggl's answers as models, or an error that says that they cannot be read."""

from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from toggl_mcp.errors import Unreachable

M = TypeVar("M", bound=BaseModel)


def rows(answer: object) -> list[object]:
    """Return the rows of a list; Toggl says null for none.

    Raises:
        Unreachable: It is no list.
    """
    if answer is None:
        return []
    if not isinstance(answer, list):
        message = "Toggl sent something else than the list it was asked for; look for a newer version of this server."
        raise Unreachable(message)
    return cast("list[object]", answer)


def parsed(model: type[M], row: object, **missing: object) -> M:
    """Return what a row means; `missing` fills the fields that it does not have.

    A field that can be done without counts as absent when it is null, or something else than it should be.

    Raises:
        Unreachable: It means nothing to this version.
    """
    try:
        fields = {name: value for name, value in dict(cast("dict[str, object]", row)).items() if value is not None}
        return _readable(model, fields, missing)
    except (ValidationError, TypeError, ValueError) as error:
        kind = model.__name__.lower()
        message = f"Toggl described a {kind} in a way that this version cannot read; look for a newer version."
        raise Unreachable(message) from error


def _readable(model: type[M], fields: dict[str, object], missing: dict[str, object]) -> M:
    try:
        return model.model_validate(missing | fields)
    except ValidationError as error:
        odd = {name for detail in error.errors() for name in detail["loc"][:1]}
        return model.model_validate(missing | {name: value for name, value in fields.items() if name not in odd})
