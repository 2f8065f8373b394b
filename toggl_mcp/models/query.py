"""Queries on cached models: one field, one comparison, one value."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime
from enum import Enum
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple, TypeGuard

from pydantic import BaseModel

from toggl_mcp.errors import InvalidArguments


class Comparison(Enum):
    """How a field is compared with the value."""

    EQUAL = "=="
    LESS_THAN = "<"
    LESS_THAN_OR_EQUAL = "<="
    GREATER_THAN = ">"
    GREATER_THAN_OR_EQUAL = ">="


_OPERATORS: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUAL: eq,
    Comparison.LESS_THAN: lt,
    Comparison.LESS_THAN_OR_EQUAL: le,
    Comparison.GREATER_THAN: gt,
    Comparison.GREATER_THAN_OR_EQUAL: ge,
}


class Query(NamedTuple):
    """Matches the models whose field compares so with the value.

    A list, tuple or set is matched by its members. A `date` is compared with the day, in UTC, of a time.
    A field without a value matches `Query(key, None)` alone.
    """

    key: str
    value: object
    comparison: Comparison = Comparison.EQUAL

    def matches(self, model: BaseModel) -> bool:
        """Tell whether a model matches.

        Raises:
            InvalidArguments: The model has no such field, or its values cannot be compared so.
        """
        if self.key not in type(model).model_fields:
            message = f"{type(model).__name__} has no field {self.key!r}; use one of {_list_fields(type(model))}."
            raise InvalidArguments(message)
        value = getattr(model, self.key)
        if _is_collection(self.value) and self.comparison is Comparison.EQUAL:
            return value in self.value
        if value is None or self.value is None:
            return self.comparison is Comparison.EQUAL and value is self.value
        return self._compare(_day(value) if _is_day(self.value) else value)

    def _compare(self, value: Any) -> bool:  # noqa: ANN401 - a field's value, whatever its type
        try:
            return bool(_OPERATORS[self.comparison](value, self.value))
        except TypeError as error:
            message = f"{self.key!r} cannot be compared with a {type(self.value).__name__}."
            raise InvalidArguments(message) from error


def _is_collection(value: object) -> TypeGuard[Collection[object]]:
    return isinstance(value, list | tuple | set | frozenset)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _day(value: object) -> object:
    return value.astimezone(UTC).date() if isinstance(value, datetime) else value


def _list_fields(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields)
