"""Tasks: https://engineering.toggl.com/docs/api/tasks."""

from collections.abc import Mapping
from typing import Any, cast

from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.keys import HasId, require_name, to_id
from toggl_mcp.endpoints.core.parsing import parse_rows
from toggl_mcp.endpoints.time_entry_cache import CascadingEndpoint
from toggl_mcp.models.base import Position, Status, matches_status
from toggl_mcp.models.tasks import Task, TaskBody


class AsyncTaskEndpoint(CascadingEndpoint[Task]):
    """The tasks of a workspace's projects, for asyncio. Paid plans only."""

    MODEL = Task
    KIND = "task"
    PATH = "tasks"
    LIST_PARAMS = {"active": "both"}  # noqa: RUF012 - declared in the base as what it is
    PAGED = True
    CASCADING_VERBS = frozenset({"delete"})

    async def add(self, project: int | HasId, body: TaskBody) -> Task:
        """Create a task of a project, at most once.

        Raises:
            NamingError: The body has no name.
            PlanRequired: The workspace is not on a paid plan.
            OutcomeUnknown: Toggl never confirmed it, and it was not found.
        """
        fields = (to_id(project), require_name(body.name, self.KIND))
        return await self._create(
            body.format("add"), lambda item: (item.project_id, item.name) == fields, self._task_path(to_id(project))
        )

    async def edit(self, task: int | HasId, body: TaskBody) -> Task | None:
        """Change the fields that the body has; return the task, or None if Toggl has none.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        current = (await self.reserved.find(to_id(task))).item
        if current is None:
            return await self._evict(to_id(task))
        return await self._update(current.id, body.format("edit"), self._task_path(current.project_id, current.id))

    async def delete(self, entity: int | HasId) -> None:
        """Delete a task; it is no error if Toggl has none. Its time entries stay, without a task."""
        current = (await self.reserved.find(to_id(entity))).item
        if current is None:
            return await self._evict(to_id(entity))
        return await self._remove(
            current.id,
            self._task_path(current.project_id, current.id),
            lambda _: self._entry_cache.update_where(
                lambda entry: entry.task_id == current.id, lambda entry: entry.clear_fields("task_id")
            ),
        )

    async def put_back_fields(self, item: Task, fields: Mapping[str, Any]) -> Task | None:
        """Give a task its former values of these fields."""
        values = {name: 0 if value is None else value for name, value in fields.items()}  # No estimate is 0.
        return await self.edit(item, TaskBody.model_construct(None, **values))

    async def recreate(self, item: Task) -> Task:
        """Create what a deleted task was."""
        body = TaskBody.model_construct(**item.model_dump(include=set(TaskBody.model_fields)))
        return await self.add(item.project_id, body)

    async def page(
        self,
        *,
        name: str | None = None,
        status: Status = "active",
        project_id: int | None = None,
        limit: int,
        after: Position | None = None,
        refresh: bool = False,
    ) -> Page[Task]:
        """Return at most `limit` tasks whose name contains `name` (case ignored), after a position, by name."""

        def matches(task: Task) -> bool:
            of_project = project_id is None or task.project_id == project_id
            return of_project and matches_status(status, archived=not task.active)

        return (await self.read(refresh=refresh)).page(name, matches, limit=limit, after=after)

    async def _fetch_one(self, entity_id: int) -> Task | None:
        """Return one by its id; Toggl has a path for one only under its project."""
        return (await self._fetch_all(self._transport)).get(entity_id)

    def _extract_rows(self, response: object) -> list[object]:
        """Return the rows of a list's response, an object with the list in it."""
        return parse_rows(cast("dict[str, object]", response).get("data") if isinstance(response, dict) else response)

    def _task_path(self, project_id: int, *task_id: int) -> str:
        """Return the path of a project's tasks, or of one of them."""
        return "/".join(map(str, ("workspaces", self.workspace_id, "projects", project_id, self.PATH, *task_id)))
