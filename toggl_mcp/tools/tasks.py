"""The tools about tasks."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.errors import DuplicateName, PlanRequired
from toggl_mcp.models.base import Absent, Name, NamedResource, Status
from toggl_mcp.models.tasks import MAX_ESTIMATE, Task, TaskBody
from toggl_mcp.tools.support.args import EditArgs, ListArgs, NameOrId, WorkspaceArgs, omit_fields, require_any_of
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_ref,
    deletion_question,
    naming_deleted,
    require_found,
    resolve,
    resolve_filter,
    warn_of_namesakes,
)
from toggl_mcp.tools.support.resources import (
    ChangeResult,
    NamedChangeResult,
    PageResult,
    ResourceOut,
    decode_cursor,
    trim_page,
)

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint


class CreateTask(TaskBody, WorkspaceArgs, frozen=True):
    """The arguments of `create_task`."""

    name: Annotated[Name, Field(description="The new task's name, unique in its project.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it
    project: NameOrId
    active: ClassVar[None] = None  # pyright: ignore[reportIncompatibleVariableOverride] - a new task is active


class EditTask(EditArgs, TaskBody, WorkspaceArgs, frozen=True):
    """The arguments of `edit_task`."""

    task: NameOrId
    estimated_seconds: Annotated[int, Field(ge=0, le=MAX_ESTIMATE, description="Seconds.")] | Absent = None
    clear: (
        Annotated[list[Literal["estimated_seconds"]], Field(max_length=1, description="Fields to empty.")] | Absent
    ) = None

    _change = require_any_of(*TaskBody.model_fields, "clear")


EditTaskRestricted = omit_fields(EditTask, "active")
"""The arguments of `edit_task` where no task may be completed."""


class ListTasks(ListArgs, frozen=True):
    """The arguments of `list_tasks`."""

    project: NameOrId | Absent = None
    status: Annotated[Status, Field(description="archived: completed tasks.")] = "active"


class DeleteTask(WorkspaceArgs, frozen=True):
    """The arguments of `delete_task`."""

    task: NameOrId


class TaskOut(ResourceOut, Task, frozen=True):
    """A task, as results show it."""

    tracked_ms: SkipJsonSchema[int | None] = Field(default=None, exclude=True)
    tracked_seconds: int | Absent = None

    @classmethod
    def of(cls, resource: NamedResource) -> Self:
        """Return a task as results show it."""
        task = super().of(resource)
        return task.model_copy(update={"tracked_seconds": None if task.tracked_ms is None else task.tracked_ms // 1000})


class TaskResult(NamedChangeResult):
    """One task after a change."""

    task: TaskOut


class TaskList(PageResult):
    """One page of tasks."""

    tasks: list[TaskOut]


class TaskDeleted(ChangeResult):
    """The result of `delete_task`."""

    deleted_task_id: int
    deleted: SkipJsonSchema[TaskOut]  # The schema of list_tasks has its fields.


async def _workspace_with_tasks(ref: str | None, call: CallContext) -> int:
    """Return the id of the requested workspace, or of the default one.

    Raises:
        PlanRequired: Its plan has no tasks.
    """
    workspace_id = await call.workspace_id(ref)
    await _require_tasks(workspace_id, call)
    return workspace_id


async def _require_tasks(workspace_id: int, call: CallContext) -> None:
    """Require that a workspace's plan has tasks.

    Raises:
        PlanRequired: It has none.
    """
    if not await call.has_tasks(workspace_id):
        message = (
            f"Tasks need a paid Toggl plan (Starter or higher), and workspace {workspace_id} is on the free one. "
            "Work without tasks, or upgrade the plan and call get_account(refresh: true)."
        )
        raise PlanRequired(message)


async def create_task(args: CreateTask, call: CallContext) -> TaskResult:
    """Create a task in a project. Needs a paid Toggl plan."""
    workspace_id = await _workspace_with_tasks(args.workspace, call)
    projects = call.toggl.projects(workspace_id).reserved
    project = await resolve(args.project, projects, call.name_index)
    tasks = call.toggl.tasks(workspace_id)
    try:
        async with naming_deleted(project.id, projects, call.name_index):
            task = await tasks.add(project, args)
    except DuplicateName as error:
        message = f"The project “{project.name}” ({project.id}) has a task of that name. Choose another."
        raise DuplicateName(message) from error
    warnings = await _warn_of_namesakes(task, tasks)
    return await TaskResult.of_change(workspace_id, call, task=TaskOut.of(task), warnings=warnings)


async def list_tasks(args: ListTasks, call: CallContext) -> TaskList:
    """List the tasks of a workspace or project by name, by default active ones."""
    workspace_id, project_id = await resolve_filter(args.project, call.toggl.projects, args, call)
    await _require_tasks(workspace_id, call)
    filters = (workspace_id, args.name, args.status, project_id)
    page = await call.toggl.tasks(workspace_id).page(
        name=args.name,
        status=args.status,
        project_id=project_id,
        limit=args.limit,
        after=decode_cursor(args.cursor, filters),
        refresh=args.refresh,
    )
    rows, page = trim_page(page, TaskOut.of)
    return await TaskList.of_page(page, filters, call, workspace_id, tasks=rows)


async def edit_task(args: EditTask, call: CallContext) -> TaskResult:
    """Edit a task's name, state or estimate; omitted fields keep their values."""
    tasks = call.toggl.tasks(await _workspace_with_tasks(args.workspace, call))
    task_id = (await resolve(args.task, tasks.reserved, call.name_index)).id
    task = require_found(await tasks.edit(task_id, args.apply_clear()), task_id, tasks)
    warnings = None if args.name is None else await _warn_of_namesakes(task, tasks)
    return await TaskResult.of_change(tasks.workspace_id, call, task=TaskOut.of(task), warnings=warnings)


async def _warn_of_namesakes(task: Task, tasks: "AsyncTaskEndpoint") -> list[str] | None:
    """Return the warning that the same project's tasks have a name but for its spelling; None if there is none."""
    return await warn_of_namesakes(task, tasks, lambda item: item.project_id == task.project_id)


async def delete_task(args: DeleteTask, call: CallContext) -> TaskDeleted:
    """Delete a task permanently. Its time entries stay, without a task. To keep it, edit_task(active: false)."""
    tasks = call.toggl.tasks(await _workspace_with_tasks(args.workspace, call))
    task = await delete_by_ref(args.task, tasks, call.name_index)
    return await TaskDeleted.of_change(tasks.workspace_id, call, deleted_task_id=task.id, deleted=TaskOut.of(task))


async def _confirmation_text(args: DeleteTask, call: CallContext) -> str:
    tasks = call.toggl.tasks(await _workspace_with_tasks(args.workspace, call))
    return await deletion_question(args.task, tasks, call.name_index, "Its time entries stay, without a task.")


LIST_TASKS = ToolSpec(list_tasks, READ_ONLY, requires=["paid"])
TOOLS = (
    ToolSpec(create_task, ADDITIVE, requires=["paid"]),
    LIST_TASKS,
    ToolSpec(edit_task, DESTRUCTIVE, requires=["paid"], restricted_input=EditTaskRestricted),
    ToolSpec(delete_task, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["paid"]),
)
