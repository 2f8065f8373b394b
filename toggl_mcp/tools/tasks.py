"""The tools about tasks."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from toggl_mcp.errors import DuplicateName, PlanRequired
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.tasks import Task, TaskBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, PartOfName, Ref, Refreshable
from toggl_mcp.tools.support.define import CHANGES, CREATES, READS, Offer
from toggl_mcp.tools.support.lookup import context, gone, meant, target, there
from toggl_mcp.tools.support.pagination import Listed, fitted, listed, position
from toggl_mcp.tools.support.results import Answer

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


TaskId = Annotated[Id, Field(description="The task's id.")]


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


class ShownTask(BaseModel):
    """A task, as answers show it."""

    id: int
    name: str
    project_id: int
    active: bool
    estimated_seconds: int | Absent = None
    tracked_seconds: int | Absent = None

    @classmethod
    def of(cls, task: Task) -> "ShownTask":
        """Return what is shown of a task."""
        tracked = None if task.tracked_ms is None else task.tracked_ms // 1000
        shown = task.model_dump(include={"id", "name", "project_id", "active", "estimated_seconds"})
        return cls(**shown, tracked_seconds=tracked)


class TaskAnswer(Answer):
    """One task after a change."""

    task: ShownTask


class TaskList(Listed):
    """One page of tasks."""

    tasks: list[ShownTask]


class TaskDeleted(Answer):
    """A task that is gone."""

    deleted_task_id: int


async def _workspace(given: int | None, toggl: "Toggl") -> int:
    """Return the workspace that is meant.

    Raises:
        PlanRequired: Its plan has no tasks.
    """
    workspace = await toggl.resolve_workspace(given)
    if not await toggl.has_tasks(workspace):
        message = (
            f"Tasks need a paid Toggl plan (Starter or higher), and workspace {workspace} is on the free one. "
            "Do without, or upgrade it and call get_account(refresh: true)."
        )
        raise PlanRequired(message)
    return workspace


async def create_task(new: CreateTask, toggl: "Toggl") -> TaskAnswer:
    """Create a task of a project. Tasks need a paid Toggl plan."""
    workspace = await _workspace(new.workspace_id, toggl)
    project = await meant(new.project, toggl.projects(workspace).reserved, toggl.name_index)
    try:
        task = await toggl.tasks(workspace).add(project, new)
    except DuplicateName as error:
        message = f"The project “{project.name}” ({project.id}) has a task of that name. Choose another."
        raise DuplicateName(message) from error
    return TaskAnswer(task=ShownTask.of(task), **await context(toggl, workspace))


async def list_tasks(asked: ListTasks, toggl: "Toggl") -> TaskList:
    """List the tasks of a workspace or of one project by name: active ones unless status says otherwise."""
    workspace = await _workspace(asked.workspace_id, toggl)
    project = None
    if asked.project is not None:
        project = (await meant(asked.project, toggl.projects(workspace), toggl.name_index)).id
    filters = (workspace, asked.name, asked.status, project)
    page = await toggl.tasks(workspace).page(
        name=asked.name,
        status=asked.status,
        project_id=project,
        limit=asked.limit,
        after=position(asked.cursor, filters),
        refresh=asked.refresh,
    )
    tasks, page = fitted(page, ShownTask.of)
    return TaskList(
        tasks=tasks,
        **await listed(page, filters, toggl, workspace),
    )


async def edit_task(changes: EditTask, toggl: "Toggl") -> TaskAnswer:
    """Rename a task, end it or take it up again, or change its estimate. What is left out stays as it is."""
    workspace = await _workspace(changes.workspace_id, toggl)
    tasks = toggl.tasks(workspace)
    task = there(await tasks.edit(changes.task_id, changes), changes.task_id, tasks)
    return TaskAnswer(task=ShownTask.of(task), **await context(toggl, workspace))


async def delete_task(asked: OneTask, toggl: "Toggl") -> TaskDeleted:
    """Delete a task for good. Its time entries stay, without a task. To keep it, edit_task(active: false)."""
    workspace = await _workspace(asked.workspace_id, toggl)
    said = await gone(asked.task_id, toggl.tasks(workspace), toggl)
    return TaskDeleted(deleted_task_id=asked.task_id, **said)


async def _what_goes(asked: OneTask, toggl: "Toggl") -> str:
    workspace = await _workspace(asked.workspace_id, toggl)
    task = await target(asked.task_id, toggl.tasks(workspace))
    return (
        f"Delete the task “{task.name}” ({task.id}) from workspace {workspace} for good? "
        "Its time entries stay, without a task."
    )


OFFERS = (
    Offer(create_task, "Create task", CREATES, CreateTask, TaskAnswer, needs="paid"),
    Offer(list_tasks, "List tasks", READS, ListTasks, TaskList, needs="paid"),
    Offer(edit_task, "Edit task", CHANGES, EditTask, TaskAnswer, needs="paid", sparing=EditKeptTask),
    Offer(delete_task, "Delete task", CHANGES, OneTask, TaskDeleted, question=_what_goes, needs="paid"),
)
