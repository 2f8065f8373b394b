"""Tasks: parts of a project, on paid plans. https://engineering.toggl.com/docs/api/tasks."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from toggl_mcp.models.base import Absent, Name, NamedResource, Payload

MAX_ESTIMATE = 10**9
Estimate = Annotated[int, Field(ge=0, le=MAX_ESTIMATE, description="Seconds; 0: none.")]
BoolOrTrue = Annotated[bool, BeforeValidator(lambda value: True if value is None else value)]


class Task(NamedResource, frozen=True):
    """A task of a project. `estimated_seconds` is None without an estimate; Toggl sends the tracked time in ms."""

    FIELDS_OF_TOGGL = NamedResource.FIELDS_OF_TOGGL | {"project_id", "tracked_ms"}

    project_id: int
    active: BoolOrTrue = True
    estimated_seconds: int | Absent = None
    tracked_ms: int | None = Field(default=None, validation_alias=AliasChoices("tracked_ms", "tracked_seconds"))


class TaskBody(Payload, frozen=True):
    """The fields of a task that a request can send."""

    name: Annotated[Name, Field(description="The task's name.")] | Absent = None
    active: Annotated[bool, Field(description="false: completed.")] | Absent = None
    estimated_seconds: Estimate | Absent = None

    def format(self, endpoint: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - the JSON edge; one form
        """Return the JSON that an endpoint takes: the fields that are set, and `body`."""
        return body | self.model_dump(include=set(TaskBody.model_fields), exclude_none=True)
