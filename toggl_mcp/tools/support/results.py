"""How results and failures are said to a model: compact, clean of what cannot be seen, without nulls."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypedDict, TypeVar, cast

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, PlainSerializer, ValidationError
from pydantic_core import ErrorDetails, to_json

from toggl_mcp.errors import TogglError
from toggl_mcp.models.base import Absent, Payload, Source
from toggl_mcp.models.quota import Bucket
from toggl_mcp.models.text import strip_invisible

M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 60_000
"""Bytes of the rows of one answer: some 15,000 tokens, of the 25,000 that hosts take."""


def _to_the_second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_to_the_second)]


class Left(BaseModel):
    """What is left of a quota."""

    remaining: int
    resets_in_seconds: int

    @classmethod
    def of(cls, bucket: Bucket, now: float) -> "Left":
        """Return what is left as of now."""
        return cls(remaining=bucket.remaining, resets_in_seconds=max(0, round(bucket.resets_at - now)))


class KnownFields(TypedDict):
    """The fields of `Known`."""

    source: Source
    as_of: datetime
    age_seconds: int


class Known(BaseModel):
    """How something came to be known."""

    source: Source
    as_of: Moment
    age_seconds: int

    @staticmethod
    def of(source: Source, as_of: datetime, now: float) -> KnownFields:
        """Return the fields as of now."""
        return {"source": source, "as_of": as_of, "age_seconds": max(0, round(now - as_of.timestamp()))}


class Costly(BaseModel):
    """What every answer says that may have cost a request."""

    quota: Left | Absent = None


class Answer(Costly):
    """What every answer about a workspace says."""

    workspace_id: int


def shortened(text: str, length: int) -> str:
    """Return the text, cut to a length if it is longer, which an ellipsis then shows."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def size_of(shown: BaseModel) -> int:
    """Return the bytes that something takes in an answer."""
    return len(shown.model_dump_json(exclude_none=True).encode())


def fitting(shown: Iterable[M]) -> list[M]:
    """Return as many of the first as an answer can hold; one at least, if there is one."""
    fits: list[M] = []
    room = MOST_BYTES
    for item in shown:
        room -= size_of(item)
        if room < 0 and fits:
            break
        fits.append(item)
    return fits


def success(answer: BaseModel) -> CallToolResult:
    """Return the same data twice: structured, and as compact JSON text."""
    data = cast("dict[str, Any]", _cleaned(answer.model_dump(mode="json", exclude_none=True)))
    return CallToolResult(content=[_text(data)], structured_content=data)


def failure(error: TogglError) -> CallToolResult:
    """Return an error as text only: clients of the first TypeScript generation choke on structured ones."""
    said = {
        "code": error.code,
        "message": strip_invisible(str(error)),
        "retryable": error.retryable,
        "resets_in_seconds": error.resets_in_seconds,
        "retry_after_seconds": error.retry_after_seconds,
    }
    told = {key: value for key, value in said.items() if value is not None}
    return CallToolResult(is_error=True, content=[_text(told)])


def explained(error: ValidationError, model: type[Payload]) -> str:
    """Return in one sentence each what is wrong with a tool's arguments."""
    details = [detail for detail in error.errors(include_url=False, include_input=False) if not _is_echo(detail)]
    return "; ".join(dict.fromkeys(_sentence(detail, model) for detail in details)) + "."


def _sentence(detail: ErrorDetails, model: type[Payload]) -> str:
    field = strip_invisible(str(detail["loc"][0]))[:60] if detail["loc"] else ""
    match detail["type"]:
        case "missing":
            problem = "is required"
        case "extra_forbidden":
            problem = f"is not an argument of this tool, which takes {_listed(model)}"
        case "string_too_short":
            problem = "must not be blank"
        case _:
            problem = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{field}: {problem}" if field else problem


def _is_echo(detail: ErrorDetails) -> bool:
    """Tell whether it only says that an optional value could also have been null."""
    return detail["type"] == "none_required"


def _listed(model: type[Payload]) -> str:
    fields: Iterable[str] = (name for name in model.model_fields if name not in model.refuses)
    return ", ".join(fields)


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return strip_invisible(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in cast("dict[str, object]", value).items()}
    return value


def _text(data: object) -> TextContent:
    return TextContent(text=to_json(data).decode())
