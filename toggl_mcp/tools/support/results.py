"""Results and errors as MCP takes them: compact, without invisible characters, without nulls."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Protocol, Self, TypeVar

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationError, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import ErrorDetails, from_json, to_json

from toggl_mcp.errors import Candidate, InvalidArguments, TogglError
from toggl_mcp.models.base import Absent, Source
from toggl_mcp.models.call import CallRecord
from toggl_mcp.models.quota import Bucket
from toggl_mcp.models.text import strip_invisible
from toggl_mcp.tools.support.argument_names import suggest_arguments
from toggl_mcp.tools.support.schema import Schema

ModelT = TypeVar("ModelT", bound=BaseModel)

_PYDANTIC_SUBJECT = re.compile(r"^(?:Value error, |(?:Input|String|List|Dictionary) (?=should ))")
_CONTROL = re.compile(r"(\\\\)|\\(?:[bf]|u00[01][0-9a-f])")
MAX_RESULT_BYTES = 60_000
"""Bytes of the rows of one result: some 15,000 tokens, of the 25,000 that hosts take."""


def _to_the_second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


Timestamp = Annotated[datetime, PlainSerializer(_to_the_second)]


OBJECT = WithJsonSchema({"type": "object"})
"""Declares a part of a result without its fields: all tools together may take 11,000 tokens."""
OBJECTS = WithJsonSchema({"type": "array", "items": {"type": "object"}})


def describe_object(fields: str) -> WithJsonSchema:
    """Return the schema of an object that only names its fields."""
    return WithJsonSchema({"type": "object", "description": fields})


def describe_objects(fields: str) -> WithJsonSchema:
    """Return the schema of a list of objects that only names their fields."""
    return WithJsonSchema({"type": "array", "items": {"type": "object"}, "description": fields})


def declared_by(tool: str) -> WithJsonSchema:
    """Return the schema of a part whose fields another tool declares."""
    return describe_object(f"As {tool} has it.")


class OutputModel(BaseModel):
    """The base of everything in a result."""

    # A host waits for the list of tools: a validator is built when its first result is.
    model_config = ConfigDict(defer_build=True)


class QuotaRemaining(OutputModel):
    """What remains of a quota."""

    bucket: str
    remaining: int
    resets_in_seconds: int

    @classmethod
    def of(cls, bucket: Bucket, now: float) -> "QuotaRemaining":
        """Return what remains of a bucket as of now."""
        resets_in_seconds = max(0, round(bucket.resets_at - now))
        return cls(bucket=bucket.name, remaining=bucket.remaining, resets_in_seconds=resets_in_seconds)


class CandidateOut(OutputModel):
    """What a name or an id may have meant, as an error lists it."""

    id: int
    name: str
    client: str | None
    workspace: str | None
    workspace_id: int
    archived: bool

    @classmethod
    def of(cls, candidate: Candidate, clients: Mapping[int, str], workspaces: Mapping[int, str]) -> "CandidateOut":
        """Return a candidate with the names of its client and workspace, if they are among these."""
        return cls(
            id=candidate.id,
            name=candidate.name,
            client=clients.get(candidate.client_id or 0),
            workspace=workspaces.get(candidate.workspace_id),
            workspace_id=candidate.workspace_id,
            archived=candidate.archived,
        )


class HasFreshness(Protocol):
    """What was read, from the cache or from Toggl."""

    @property
    def source(self) -> Source:
        """Where it was read from."""
        ...

    @property
    def as_of(self) -> datetime:
        """When Toggl sent it, in UTC."""
        ...


class Freshness(OutputModel):
    """Where the data of a result is from, and how old it is."""

    source: Annotated[Source, WithJsonSchema({"type": "string"})]
    as_of: Timestamp
    age_seconds: SkipJsonSchema[int]  # The schema of every read would repeat what as_of says already.
    requests: int

    @classmethod
    def of(cls, read: HasFreshness, timestamp: float, call_record: CallRecord, /, **fields: Any) -> Self:  # noqa: ANN401 - the fields of a subclass
        """Return the result of a read as of a UNIX time, with the fields that a subclass adds."""
        as_of, requests = read.as_of, call_record.requests
        return cls(
            source="mixed" if read.source == "cache" and requests else read.source,
            as_of=as_of,
            age_seconds=max(0, round(timestamp - as_of.timestamp())),
            requests=requests,
            **fields,
        )


class WithQuota(OutputModel):
    """A result with what remains of the quota, if the call sent a request to Toggl."""

    # The schema of every tool would repeat its fields, which every result shows.
    quota: Annotated[QuotaRemaining, OBJECT] | Absent = None


class WithChange(WithQuota):
    """The result of a change, with its id in the journal, if it changed anything."""

    change_id: str | Absent = None


def list_unreadable(count: int, kind: str) -> list[str]:
    """Return the warning that so many rows of a kind were left out of a result, if any were."""
    warning = f"{kind.capitalize()} that cannot be read, and are left out: {count}. Look at them in Toggl's web app."
    return [warning] if count else []


def truncate(text: str, length: int) -> str:
    """Return the text, cut to a length, with an ellipsis if something was cut."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def count_bytes(item: BaseModel) -> int:
    """Return the bytes that a model takes in a result."""
    return len(item.model_dump_json(exclude_none=True).encode())


def take_within_budget(items: Iterable[ModelT]) -> list[ModelT]:
    """Return as many of the first items as a result can hold; one at least, if there is one."""
    within_budget: list[ModelT] = []
    remaining_bytes = MAX_RESULT_BYTES
    for item in items:
        remaining_bytes -= count_bytes(item)
        if remaining_bytes < 0 and within_budget:
            break
        within_budget.append(item)
    return within_budget


def to_result(result: BaseModel) -> CallToolResult:
    """Return the same data twice: structured, and as compact JSON text."""
    text = to_text(result)
    return CallToolResult(content=[TextContent(text=text)], structured_content=from_json(text))


def to_text(result: BaseModel) -> str:
    """Return a result as JSON, without nulls and invisible characters."""
    text = result.model_dump_json(exclude_none=True)
    if "\\" in text:  # A control character is written as an escape; an escaped backslash begins none.
        text = _CONTROL.sub(lambda match: match[1] or "", text)
    return strip_invisible(text)


def to_error_result(error: TogglError, candidates: Sequence[CandidateOut] = ()) -> CallToolResult:
    """Return an error as text only: clients of the first TypeScript generation choke on structured ones."""
    return CallToolResult(is_error=True, content=[TextContent(text=to_json(to_error_data(error, candidates)).decode())])


def to_error_data(error: TogglError, candidates: Sequence[CandidateOut] = ()) -> dict[str, Any]:
    """Return the fields of an error, without nulls and invisible characters."""
    fields = {
        "code": error.code,
        "message": strip_invisible(str(error)),
        "retry": error.retry,
        "candidates": [from_json(to_text(item)) for item in candidates] or None,
        "resets_in_seconds": error.resets_in_seconds,
        "retry_after_seconds": error.retry_after_seconds,
    }
    return {key: value for key, value in fields.items() if value is not None}


def validate_args(model: type[ModelT], values: Mapping[str, object]) -> ModelT:
    """Return the arguments of a model that is filled in from a prompt or an address.

    Raises:
        InvalidArguments: One is missing or invalid.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        schema: Schema = {"properties": {name: {} for name in model.model_fields}}
        raise InvalidArguments(describe_validation_error(error, schema)) from error


def describe_validation_error(error: ValidationError, schema: Schema) -> str:
    """Return one sentence for each argument that is wrong."""
    details = [
        detail for detail in error.errors(include_url=False, include_input=False) if not _is_null_alternative(detail)
    ]
    return "; ".join(dict.fromkeys(_sentence(detail, schema) for detail in details)) + "."


def _sentence(detail: ErrorDetails, schema: Schema) -> str:
    field, siblings = _locate(detail, schema)
    match detail["type"]:
        case "missing":
            problem = "is required"
        case "extra_forbidden":
            problem = f"is not an argument of this tool{suggest_arguments(field.rpartition('.')[2], siblings)}"
        case _:
            problem = _PYDANTIC_SUBJECT.sub("", detail["msg"])
    return f"{field}: {problem}" if field else problem


def _locate(detail: ErrorDetails, schema: Schema) -> tuple[str, list[str]]:
    """Return the path of an argument, such as `entries[0].start`, and the names of those beside it."""
    path = ""
    siblings: list[str] = [*schema["properties"]]
    for position, step in enumerate(detail["loc"], start=1):
        is_unknown = detail["type"] == "extra_forbidden" and position == len(detail["loc"])
        if isinstance(step, int) and "properties" in schema.get("items", {}):
            path, schema = f"{path}[{step}]", schema["items"]
        elif isinstance(step, str) and (is_unknown or step in schema.get("properties", {})):  # Not a name of a type.
            siblings = [*schema.get("properties", {})]
            path = f"{path}.{strip_invisible(step)[:60]}".removeprefix(".")
            schema = schema["properties"].get(step, {})
    return path, siblings


def _is_null_alternative(detail: ErrorDetails) -> bool:
    """Tell whether a detail is only that an optional argument may be null."""
    return detail["type"] == "none_required"
