"""The tools about tasks."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from toggl_mcp.errors import DuplicateName, PlanRequired
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.tasks import Task, TaskBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, NameContains, Ref, Refreshable
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, ToolSpec
from toggl_mcp.tools.support.lookup import delete_by_id, get_or_raise, require_found, resolve, workspace_fields
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, page_fields, trim_page
from toggl_mcp.tools.support.results import WorkspaceResult

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
    def _require_change(self) -> Self:
        if not self.format("edit"):
            message = "give at least one change"
            raise ValueError(message)
        return self


class EditTaskRestricted(EditTask, frozen=True):
    """The arguments of `edit_task` where nothing may be ended."""

    refuses: ClassVar = {"active": "this server's access mode ends no tasks"}


class ListTasks(Refreshable, frozen=True):
    """The arguments of `list_tasks`."""

    name: NameContains | Absent = None
    project: Annotated[Ref, Field(description="Only this project's; name or id.")] | Absent = None
    status: Annotated[Status, Field(description="archived: those that are done.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Tasks in a page.")] = 50
    cursor: Cursor | Absent = None


class DeleteTask(InWorkspace, frozen=True):
    """The arguments of `delete_task`."""

    task_id: TaskId


class TaskOut(BaseModel):
    """A task, as answers show it."""

    id: int
    name: str
    project_id: int
    active: bool
    estimated_seconds: int | Absent = None
    tracked_seconds: int | Absent = None

    @classmethod
    def of(cls, task: Task) -> "TaskOut":
        """Return what is shown of a task."""
        tracked = None if task.tracked_ms is None else task.tracked_ms // 1000
        fields = task.model_dump(include={"id", "name", "project_id", "active", "estimated_seconds"})
        return cls(**fields, tracked_seconds=tracked)


class TaskResult(WorkspaceResult):
    """One task after a change."""

    task: TaskOut


class TaskList(PageResult):
    """One page of tasks."""

    tasks: list[TaskOut]


class TaskDeleted(WorkspaceResult):
    """A task that is gone."""

    deleted_task_id: int


async def _resolve_workspace(requested: int | None, toggl: "Toggl") -> int:
    """Return the workspace that is meant.

    Raises:
        PlanRequired: Its plan has no tasks.
    """
    workspace = await toggl.resolve_workspace(requested)
    if not await toggl.has_tasks(workspace):
        message = (
            f"Tasks need a paid Toggl plan (Starter or higher), and workspace {workspace} is on the free one. "
            "Do without, or upgrade it and call get_account(refresh: true)."
        )
        raise PlanRequired(message)
    return workspace


async def create_task(args: CreateTask, toggl: "Toggl") -> TaskResult:
    """Create a task of a project. Tasks need a paid Toggl plan."""
    workspace = await _resolve_workspace(args.workspace_id, toggl)
    project = await resolve(args.project, toggl.projects(workspace).reserved, toggl.name_index)
    try:
        task = await toggl.tasks(workspace).add(project, args)
    except DuplicateName as error:
        message = f"The project “{project.name}” ({project.id}) has a task of that name. Choose another."
        raise DuplicateName(message) from error
    return TaskResult(task=TaskOut.of(task), **await workspace_fields(toggl, workspace))


async def list_tasks(args: ListTasks, toggl: "Toggl") -> TaskList:
    """List the tasks of a workspace or of one project by name: active ones unless status says otherwise."""
    workspace = await _resolve_workspace(args.workspace_id, toggl)
    project = None
    if args.project is not None:
        project = (await resolve(args.project, toggl.projects(workspace), toggl.name_index)).id
    filters = (workspace, args.name, args.status, project)
    page = await toggl.tasks(workspace).page(
        name=args.name,
        status=args.status,
        project_id=project,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    tasks, page = trim_page(page, TaskOut.of)
    return TaskList(
        tasks=tasks,
        **await page_fields(page, filters, toggl, workspace),
    )


async def edit_task(args: EditTask, toggl: "Toggl") -> TaskResult:
    """Rename a task, end it or take it up again, or change its estimate. What is left out stays as it is."""
    workspace = await _resolve_workspace(args.workspace_id, toggl)
    tasks = toggl.tasks(workspace)
    task = require_found(await tasks.edit(args.task_id, args), args.task_id, tasks)
    return TaskResult(task=TaskOut.of(task), **await workspace_fields(toggl, workspace))


async def delete_task(args: DeleteTask, toggl: "Toggl") -> TaskDeleted:
    """Delete a task for good. Its time entries stay, without a task. To keep it, edit_task(active: false)."""
    workspace = await _resolve_workspace(args.workspace_id, toggl)
    fields = await delete_by_id(args.task_id, toggl.tasks(workspace), toggl)
    return TaskDeleted(deleted_task_id=args.task_id, **fields)


async def _confirmation_text(args: DeleteTask, toggl: "Toggl") -> str:
    workspace = await _resolve_workspace(args.workspace_id, toggl)
    task = await get_or_raise(args.task_id, toggl.tasks(workspace))
    return (
        f"Delete the task “{task.name}” ({task.id}) from workspace {workspace} for good? "
        "Its time entries stay, without a task."
    )


TOOLS = (
    ToolSpec(create_task, "Create task", ADDITIVE, CreateTask, TaskResult, requires="paid"),
    ToolSpec(list_tasks, "List tasks", READ_ONLY, ListTasks, TaskList, requires="paid"),
    ToolSpec(
        edit_task, "Edit task", DESTRUCTIVE, EditTask, TaskResult, requires="paid", restricted_input=EditTaskRestricted
    ),
    ToolSpec(
        delete_task, "Delete task", DESTRUCTIVE, DeleteTask, TaskDeleted, confirm=_confirmation_text, requires="paid"
    ),
)
