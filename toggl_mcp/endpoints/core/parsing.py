"""Toggl's responses as models, or an error that says that they cannot be read."""

from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from toggl_mcp.errors import Unreachable

M = TypeVar("M", bound=BaseModel)


def parse_rows(response: object) -> list[object]:
    """Return the rows of a list; null is an empty one.

    Raises:
        Unreachable: The response is no list.
    """
    if response is None:
        return []
    if not isinstance(response, list):
        message = "Toggl sent something else than the list it was asked for; look for a newer version of this server."
        raise Unreachable(message)
    return cast("list[object]", response)


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
