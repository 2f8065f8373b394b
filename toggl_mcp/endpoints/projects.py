"""Projects: https://engineering.toggl.com/docs/api/projects."""

from collections.abc import Mapping
from typing import Any

from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.keys import HasId, require_name, to_id
from toggl_mcp.endpoints.time_entry_cache import CascadingEndpoint
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Position, Status, matches_status
from toggl_mcp.models.projects import Project, ProjectBody


class AsyncProjectEndpoint(CascadingEndpoint[Project]):
    """The projects of a workspace, for asyncio."""

    MODEL = Project
    KIND = "project"
    PATH = "projects"
    LIST_PARAMS = {"active": "both"}  # noqa: RUF012 - declared in the base as what it is
    PAGED = True
    CASCADING_VERBS = frozenset({"delete"})
    DELETE_PARAMS = {"teDeletionMode": "unassign"}  # noqa: RUF012 - declared in the base as what it is
    INVALIDATES = {"delete": ("task",)}  # noqa: RUF012 - declared in the base as what it is
    DEPENDENTS = {"task": "delete"}  # noqa: RUF012 - declared in the base as what it is

    async def add(self, body: ProjectBody) -> Project:
        """Create a project, at most once; it is active.

        Raises:
            NamingError: The body has no name.
            DuplicateName: The client has a project of that name.
            OutcomeUnknown: Toggl never confirmed it, and it was not found.
        """
        require_name(body.name, self.KIND)
        fields = {"client_id": None, "active": True} | body.to_fields()
        return await self._create(
            body.format("add"), lambda item: all(getattr(item, field) == value for field, value in fields.items())
        )

    async def edit(self, project: int | HasId, body: ProjectBody) -> Project | None:
        """Change the fields that the body has; return the project, or None if Toggl has none.

        Raises:
            InvalidArguments: `client_id=0` comes with other changes, or Toggl kept the client; nothing was changed.
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        changes = body.format("edit")
        if body.client_id == 0 and len(changes) > 1:
            message = "Toggl may keep a client that an edit removes. Remove it alone, then make the other changes."
            raise InvalidArguments(message)
        before = None
        if changes and await self._collection.get_any_age(to_id(project)) is None:
            # The names that come with the account do not have what is changed, which an undo needs.
            before = await self.reserved._fetch_one(to_id(project))  # noqa: SLF001 - itself
            if before is None:
                return await self._evict(to_id(project))
        result = await self._update(to_id(project), changes, before=before)
        if body.client_id == 0 and result is not None and result.client_id:
            message = "Toggl kept the project's client. Remove it in Toggl's web app, or give another client."
            raise InvalidArguments(message)
        return result

    async def delete(self, entity: int | HasId) -> None:
        """Delete a project and its tasks; its time entries stay without it. It is no error if Toggl has none."""
        project_id = to_id(entity)
        await self._remove(
            project_id,
            self._path(project_id),
            lambda _: self._entry_cache.update_where(
                lambda entry: entry.project_id == project_id, lambda entry: entry.clear_fields("project_id", "task_id")
            ),
        )

    async def put_back_fields(self, item: Project, fields: Mapping[str, Any]) -> Project | None:
        """Give a project its former values of these fields; a client is removed by itself."""
        result: Project | None = item
        values = dict(fields)
        if "client_id" in values and values["client_id"] is None:
            del values["client_id"]
        if fields_to_empty := [field for field, value in values.items() if value is None]:
            message = f"Toggl may keep what an edit empties: {', '.join(fields_to_empty)}. Empty it in Toggl's web app."
            raise InvalidArguments(message)
        if len(values) < len(fields):
            result = await self.edit(item, ProjectBody(client_id=0))
        return await self.edit(item, ProjectBody.model_construct(**values)) if values else result

    async def recreate(self, item: Project) -> Project:
        """Create what a deleted project was, without its tasks and members."""
        body = ProjectBody.model_construct(**item.model_dump(include=ProjectBody.model_fields.keys() - {"active"}))
        project = await self.add(body)
        return project if item.active else await self.edit(project, ProjectBody(active=False)) or project

    async def page(
        self,
        *,
        name: str | None = None,
        status: Status = "active",
        client_id: int | None = None,
        limit: int,
        after: Position | None = None,
        refresh: bool = False,
    ) -> Page[Project]:
        """Return at most `limit` projects after a position, by name.

        Args:
            name: Only names that contain this; case is ignored.
            status: Only active projects, only archived ones, or both.
            client_id: Only projects of this client; 0 selects those without a client.
            limit: The largest number of projects.
            after: The end of the previous page.
            refresh: Request them from Toggl even if the cached ones are fresh.
        """

        def matches(project: Project) -> bool:
            of_client = client_id is None or (project.client_id or 0) == client_id
            return of_client and matches_status(status, archived=project.archived)

        return (await self.read(refresh=refresh)).page(name, matches, limit=limit, after=after)
