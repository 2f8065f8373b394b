"""Tasks: parts of a project, on paid plans. https://engineering.toggl.com/docs/api/tasks."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from toggl_mcp.models.base import Absent, Body, Cursor, Entity, Id, InWorkspace, Name, PartOfName, Ref, Refreshable
from toggl_mcp.models.clients import Status

TaskId = Annotated[Id, Field(description="The task's id.")]
Estimate = Annotated[int, Field(ge=0, le=10**9, description="Seconds; 0: none.")]
_Flag = Annotated[bool, BeforeValidator(lambda value: True if value is None else value)]


class Task(Entity, frozen=True):
    """A task of a project. `estimated_seconds` is None without an estimate; Toggl tells what was tracked in ms."""

    project_id: int
    active: _Flag = True
    estimated_seconds: int | None = None
    tracked_ms: int | None = Field(default=None, validation_alias=AliasChoices("tracked_ms", "tracked_seconds"))
    updated_at: datetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))


class TaskBody(Body, frozen=True):
    """What can be said of a task."""

    name: Annotated[Name, Field(description="The task's name.")] | Absent = None
    active: Annotated[bool, Field(description="false: done.")] | Absent = None
    estimated_seconds: Estimate | Absent = None

    def format(self, endpoint: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - the JSON edge; one form
        """Return the JSON that an endpoint takes: what was given, and `body`."""
        return body | self.model_dump(include=set(TaskBody.model_fields), exclude_none=True)


class CreateTask(TaskBody, InWorkspace, frozen=True):
    """The arguments of `create_task`."""

    name: Annotated[Name, Field(description="The new task's name, unique in its project.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    project: Annotated[Ref, Field(description="Its project's name or id.")]
    refuses: ClassVar = {"active": "a new task is active, and edit_task(active: false) ends it"}


class EditTask(TaskBody, InWorkspace, frozen=True):
    """The arguments of `edit_task`."""

    task_id: TaskId

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.format("edit"):
            message = "give at least one change"
            raise ValueError(message)
        return self


class EditKeptTask(EditTask, frozen=True):
    """The arguments of `edit_task` where nothing may be ended."""

    refuses: ClassVar = {"active": "this server's access mode ends no tasks"}


class ListTasks(Refreshable, frozen=True):
    """The arguments of `list_tasks`."""

    name: PartOfName | Absent = None
    project: Annotated[Ref, Field(description="Only this project's; name or id.")] | Absent = None
    status: Annotated[Status, Field(description="archived: those that are done.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Tasks in a page.")] = 50
    cursor: Cursor | Absent = None


class OneTask(InWorkspace, frozen=True):
    """The arguments of `delete_task`."""

    task_id: TaskId
