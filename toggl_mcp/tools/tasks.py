"""The tools about tasks."""

from typing import Annotated, ClassVar

from pydantic import Field

from toggl_mcp.errors import DuplicateName, PlanRequired
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.clients import Status
from toggl_mcp.models.tasks import Task, TaskBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, NameContains, Ref, Refreshable, at_least_one, leave_out
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import delete_by_id, get_or_raise, require_found, resolve
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, trim_page
from toggl_mcp.tools.support.results import OutputModel, WorkspaceResult

TaskId = Annotated[Id, Field(description="The task's id.")]


class CreateTask(TaskBody, InWorkspace, frozen=True):
    """The arguments of `create_task`."""

    name: Annotated[Name, Field(description="The new task's name, unique in its project.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    project: Annotated[Ref, Field(description="Its project's name or id.")]
    active: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - a new task is active


class EditTask(TaskBody, InWorkspace, frozen=True):
    """The arguments of `edit_task`."""

    task_id: TaskId

    _change = at_least_one(*TaskBody.model_fields)


EditTaskRestricted = leave_out(EditTask, "active")
"""The arguments of `edit_task` where no task may be completed."""


class ListTasks(Refreshable, frozen=True):
    """The arguments of `list_tasks`."""

    name: NameContains | Absent = None
    project: Annotated[Ref, Field(description="Project's name or id.")] | Absent = None
    status: Annotated[Status, Field(description="archived: completed tasks.")] = "active"
    limit: Annotated[int, Field(ge=1, le=200, description="Tasks per page.")] = 50
    cursor: Cursor | Absent = None


class DeleteTask(InWorkspace, frozen=True):
    """The arguments of `delete_task`."""

    task_id: TaskId


class TaskOut(OutputModel):
    """A task, as results show it."""

    id: int
    name: str
    project_id: int
    active: bool
    estimated_seconds: int | Absent = None
    tracked_seconds: int | Absent = None

    @classmethod
    def of(cls, task: Task) -> "TaskOut":
        """Return a task as results show it."""
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
    """The result of `delete_task`."""

    deleted_task_id: int


async def _workspace_with_tasks(requested: int | None, call: CallContext) -> int:
    """Return the id of the requested workspace, or of the default one.

    Raises:
        PlanRequired: Its plan has no tasks.
    """
    workspace_id = await call.workspace_id(requested)
    if not await call.has_tasks(workspace_id):
        message = (
            f"Tasks need a paid Toggl plan (Starter or higher), and workspace {workspace_id} is on the free one. "
            "Work without tasks, or upgrade the plan and call get_account(refresh: true)."
        )
        raise PlanRequired(message)
    return workspace_id


async def create_task(args: CreateTask, call: CallContext) -> TaskResult:
    """Create a task in a project. Needs a paid Toggl plan."""
    workspace_id = await _workspace_with_tasks(args.workspace_id, call)
    project = await resolve(args.project, call.toggl.projects(workspace_id).reserved, call.toggl.name_index)
    try:
        task = await call.toggl.tasks(workspace_id).add(project, args)
    except DuplicateName as error:
        message = f"The project “{project.name}” ({project.id}) has a task of that name. Choose another."
        raise DuplicateName(message) from error
    return TaskResult(task=TaskOut.of(task), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def list_tasks(args: ListTasks, call: CallContext) -> TaskList:
    """List the tasks of a workspace or of one project by name, by default active ones."""
    workspace_id = await _workspace_with_tasks(args.workspace_id, call)
    project = None
    if args.project is not None:
        project = (await resolve(args.project, call.toggl.projects(workspace_id), call.toggl.name_index)).id
    filters = (workspace_id, args.name, args.status, project)
    page = await call.toggl.tasks(workspace_id).page(
        name=args.name,
        status=args.status,
        project_id=project,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    tasks, page = trim_page(page, TaskOut.of)
    return await TaskList.of_page(page, filters, call, workspace_id, tasks=tasks)


async def edit_task(args: EditTask, call: CallContext) -> TaskResult:
    """Edit a task's name, state or estimate; omitted fields keep their values."""
    workspace_id = await _workspace_with_tasks(args.workspace_id, call)
    tasks = call.toggl.tasks(workspace_id)
    task = require_found(await tasks.edit(args.task_id, args), args.task_id, tasks)
    return TaskResult(task=TaskOut.of(task), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def delete_task(args: DeleteTask, call: CallContext) -> TaskDeleted:
    """Delete a task permanently. Its time entries stay, without a task. To keep it, edit_task(active: false)."""
    workspace_id = await _workspace_with_tasks(args.workspace_id, call)
    await delete_by_id(args.task_id, call.toggl.tasks(workspace_id))
    quota = await call.quota(workspace_id)
    return TaskDeleted(deleted_task_id=args.task_id, workspace_id=workspace_id, quota=quota)


async def _confirmation_text(args: DeleteTask, call: CallContext) -> str:
    workspace_id = await _workspace_with_tasks(args.workspace_id, call)
    task = await get_or_raise(args.task_id, call.toggl.tasks(workspace_id))
    return (
        f"Delete the task “{task.name}” ({task.id}) from workspace {workspace_id} permanently? "
        "Its time entries stay, without a task."
    )


TOOLS = (
    ToolSpec(create_task, "Create task", ADDITIVE, CreateTask, TaskResult, requires="paid"),
    ToolSpec(list_tasks, "List tasks", READ_ONLY, ListTasks, TaskList, requires="paid"),
    ToolSpec(
        edit_task, "Edit task", DESTRUCTIVE, EditTask, TaskResult, requires="paid", restricted_input=EditTaskRestricted
    ),
    ToolSpec(
        delete_task,
        "Delete task",
        DESTRUCTIVE,
        DeleteTask,
        TaskDeleted,
        confirm=_confirmation_text,
        needs_full_access=True,
        requires="paid",
    ),
)
