"""The arguments that several tools take, and what several input models require of them."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, create_model, model_validator

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import REF_NONE, Absent, Name, Payload
from toggl_mcp.models.text import clean_text, require_one_line

PayloadT = TypeVar("PayloadT", bound=Payload)


Ref = Annotated[
    str,
    Field(min_length=1, max_length=255),
    BeforeValidator(clean_text),
    AfterValidator(require_one_line),
]
"""A reference to a resource: its name or its id."""


TimeText = Annotated[str, Field(max_length=40), BeforeValidator(clean_text)]
"""A time, day or period in words, read by its grammar where the account's calendar is known."""

NameOrId = Annotated[Ref, Field(description="Name or id.")]

NameContains = Annotated[Name, Field(description="Part of the name; case is ignored.")]


Cursor = Annotated[str, Field(max_length=2000), Field(description="next_cursor of the page before.")]


class WorkspaceArgs(Payload, frozen=True):
    """Arguments about one workspace: the given one, else the configured one, else the account's default."""

    workspace: NameOrId | Absent = None


class ReadArgs(WorkspaceArgs, frozen=True):
    """Arguments of a read that may bypass the cache."""

    refresh: Annotated[bool, Field(description="Read from Toggl (1 request).")] = False


class ListArgs(ReadArgs, frozen=True):
    """Arguments of a list of named resources."""

    name: NameContains | Absent = None
    limit: Annotated[int, Field(ge=1, le=200, description="Rows per page.")] = 50
    cursor: Cursor | Absent = None


EMPTY_VALUES: Mapping[str, object] = {
    "notes": "",
    "external_reference": "",
    "description": "",
    "tags": [],
    "client": REF_NONE,
    "project": REF_NONE,
    "task": REF_NONE,
    "estimated_seconds": 0,
}
"""The values with which an edit empties a field."""


class EditArgs(Payload, frozen=True):
    """Arguments of an edit: hosts fill in what is optional with empty values, so only `clear` empties a field."""

    clear: Annotated[Sequence[str], Field(description="Fields to empty.")] | Absent = None

    @model_validator(mode="after")
    def _check_clear(self) -> Self:
        optional_fields = {name for name, info in type(self).model_fields.items() if not info.is_required()}
        for field in EMPTY_VALUES.keys() & optional_fields:
            value = getattr(self, field)
            if value is not None and field in (self.clear or ()):
                message = f"{field} is given, and is in clear; leave it out of one of them"
                raise ValueError(message)
            if value == EMPTY_VALUES[field]:
                message = f'{field}: this value empties nothing; give clear: ["{field}"] to empty it'
                raise ValueError(message)
        return self

    def apply_clear(self) -> Self:
        """Return the arguments with the empty values of the fields in `clear`."""
        return self.model_copy(update={field: EMPTY_VALUES[field] for field in self.clear or ()})


def require_one_of(*fields: str, hint: str = "") -> Any:  # noqa: ANN401 - pydantic keeps the type of its validators to itself
    """Return the validator that requires exactly one of these fields; the hint ends its message."""

    def check_fields(args: PayloadT) -> PayloadT:
        if sum(getattr(args, field) is not None for field in fields) != 1:
            message = f"give exactly one of {_enumerate(fields)}{hint}"
            raise ValueError(message)
        return args

    return model_validator(mode="after")(check_fields)


def require_any_of(*fields: str) -> Any:  # noqa: ANN401 - pydantic keeps the type of its validators to itself
    """Return the validator that requires at least one of these fields."""

    def check_fields(args: PayloadT) -> PayloadT:
        if all(getattr(args, field) is None for field in fields):
            accepted = [field for field in fields if field in type(args).model_fields]
            message = f"nothing to change, as empty values count as absent; give at least one of {_enumerate(accepted)}"
            raise ValueError(message)
        return args

    return model_validator(mode="after")(check_fields)


def require_days(example: str) -> Any:  # noqa: ANN401 - as above
    """Return the validator that requires days, of which the example is a period, in place of today's by default."""

    def check_days(args: PayloadT) -> PayloadT:
        if all(getattr(args, field) is None for field in ("period", "start")):
            message = f"give period, such as {example}, or start and end"
            raise ValueError(message)
        return args

    return model_validator(mode="after")(check_days)


def omit_fields(model: type[PayloadT], *fields: str) -> type[PayloadT]:
    """Return the version of an input model without some fields."""
    # A class variable takes the place of the inherited field: pydantic leaves the field out, and refuses it as unknown.
    class_variables: dict[str, Any] = dict.fromkeys(fields, (ClassVar[None], None))
    return create_model(f"{model.__name__}Restricted", __base__=model, **class_variables)


@contextmanager
def naming_argument(field: str) -> Generator[None]:
    """Name the argument that a grammar refuses.

    Raises:
        InvalidArguments: The text is none of the grammar's, or has two readings.
    """
    try:
        yield
    except ValueError as error:
        message = f"{field}: {error}."
        raise InvalidArguments(message) from error


def _enumerate(fields: Sequence[str]) -> str:
    return f"{', '.join(fields[:-1])} or {fields[-1]}"
