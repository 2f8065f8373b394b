"""Projects: what the work is on. https://engineering.toggl.com/docs/api/projects."""

import re
from datetime import date
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, model_validator

from toggl_mcp.models.base import MAX_ID, Absent, Name, NamedResource, Payload

Verb = Literal["add", "edit"]
ClientOrNone = Annotated[int, Field(ge=0, le=MAX_ID)]


def _parse_color(text: str) -> str:
    """Return a color as Toggl takes it, in lower case."""
    color = text.strip().lower()
    if not re.fullmatch("#[0-9a-f]{6}", color):
        message = "should be a # and six hexadecimal digits, such as #0b83d9"
        raise ValueError(message)
    return color


def _to_period(parameters: object) -> object:
    """Return the period of what Toggl sends of a recurring project: a list of its parameters, one for each change."""
    if isinstance(parameters, list):
        parameters = cast("list[object]", parameters)[-1] if parameters else None
    return cast("dict[str, object]", parameters).get("period") if isinstance(parameters, dict) else parameters


def _to_whole(hours: object) -> object:
    """Return hours as Toggl takes them: whole."""
    return round(hours) if isinstance(hours, float) else hours


def _require_day(text: str) -> str:
    """Return a day as Toggl takes it."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        message = "should be a day, such as 2026-11-24"
        raise ValueError(message) from None


Color = Annotated[str, AfterValidator(_parse_color)]
Day = Annotated[str, AfterValidator(_require_day)]
RecurringPeriod = Literal["weekly", "monthly", "quarterly", "yearly"]
PAID_FIELDS = ("billable", "estimated_hours", "rate", "fixed_fee", "recurring_period")
"""The fields of a body that a free plan refuses."""


class Project(NamedResource, frozen=True):
    """A project of a workspace. `client_id` is None for a project without a client."""

    FIELDS_OF_TOGGL = NamedResource.FIELDS_OF_TOGGL | {"estimated_seconds", "actual_seconds"}

    client_id: int | Absent = None
    active: bool = True
    color: str | Absent = None
    billable: bool | Absent = None
    is_private: bool | Absent = None
    estimated_hours: Annotated[int | Absent, BeforeValidator(_to_whole)] = None
    rate: float | Absent = None
    fixed_fee: float | Absent = None
    currency: str | Absent = None
    start_date: str | Absent = None
    end_date: str | Absent = None
    recurring_period: Annotated[str | Absent, BeforeValidator(_to_period)] = Field(
        default=None, validation_alias=AliasChoices("recurring_period", "recurring_parameters")
    )
    estimated_seconds: int | None = None
    actual_seconds: int | None = None

    @property
    def archived(self) -> bool:
        """Whether it is archived: Toggl calls that inactive."""
        return not self.active


class ProjectBody(Payload, frozen=True):
    """The fields of a project that a request can send. `client_id=0` removes its client."""

    name: Annotated[Name, Field(description="The project's name.")] | Absent = None
    client_id: Annotated[ClientOrNone, Field(description="Its client's id; 0: none.")] | Absent = None
    color: Annotated[Color, Field(description="#rrggbb, lower case.")] | Absent = None
    billable: Annotated[bool, Field(description="Paid plans only.")] | Absent = None
    is_private: Annotated[bool, Field(description="Only members see it.")] | Absent = None
    active: Annotated[bool, Field(description="false archives it.")] | Absent = None
    estimated_hours: Annotated[int, Field(ge=0, description="Paid plans only.")] | Absent = None
    rate: Annotated[float, Field(ge=0, description="An hour.")] | Absent = None
    fixed_fee: Annotated[float, Field(ge=0, description="Total.")] | Absent = None
    recurring_period: Annotated[RecurringPeriod, Field(description="Of the estimate.")] | Absent = None
    start_date: Annotated[Day, Field(description="2026-11-24.")] | Absent = None
    end_date: Annotated[Day, Field(description="2026-11-24.")] | Absent = None

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if self.start_date and self.end_date and self.end_date < self.start_date:
            message = "end_date: is before start_date"
            raise ValueError(message)
        return self

    def to_fields(self) -> dict[str, object]:
        """Return the fields that are set, as the project has them after the request."""
        values: dict[str, object] = self.model_dump(include=set(ProjectBody.model_fields), exclude_none=True)
        return values | ({"client_id": None} if self.client_id == 0 else {})

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON that an endpoint takes: the fields that are set, and `body`.

        `add` always sends `active`: Toggl creates an archived project otherwise.
        """
        values = self.to_fields()
        if period := values.pop("recurring_period", None):
            values |= {"recurring": True, "recurring_parameters": {"period": period}}
        return ({"active": True} if endpoint == "add" else {}) | body | values


class ProjectDetails(ProjectBody, frozen=True):
    """The version of the body without `client_id`, for what takes a client by its name or id."""

    # A class variable takes the place of the inherited field: pydantic leaves the field out, and refuses it as unknown.
    client_id: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - leaves it out
