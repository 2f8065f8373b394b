"""The endpoints for scripts without asyncio."""

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from threading import Lock, Thread, get_ident
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar
from weakref import finalize

from anyio.from_thread import start_blocking_portal

from toggl_mcp.api import AsyncClient, Auth, Timeout
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import HasId
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.tags import AsyncTagEndpoint
from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.clients import Client, ClientBody
from toggl_mcp.models.projects import Project, ProjectBody
from toggl_mcp.models.query import Query
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.models.tasks import Task, TaskBody
from toggl_mcp.models.time_entries import BulkEditResult, TimeEntry, TimeEntryBody, TimerStart

E = TypeVar("E", bound=WorkspaceResource)
A = TypeVar("A", bound=CachedEndpoint[Any])
T = TypeVar("T")


class BlockingEndpoint(Generic[E, A]):
    """The verbs of an endpoint, blocking. Safe under threads, and inside a running event loop.

    It has the parameters of the endpoint for asyncio, and each verb returns and raises what it does there. An HTTP
    client belongs to one event loop, so two of these cannot share a `client`; they may share a cache.
    `close()` it, or use it in a `with` block, to end its thread.
    """

    ENDPOINT: ClassVar[type[CachedEndpoint[Any]]]

    def __init__(
        self,
        workspace_id: int | HasId,
        auth: Auth,
        cache: Store | None = None,
        *,
        client: AsyncClient | None = None,
        timeout: Timeout | float = 10,
        re_raise: bool = False,
        retries: int = 3,
    ) -> None:
        self._endpoint: A = self.ENDPOINT(  # pyright: ignore[reportAttributeAccessIssue] - `A` is `ENDPOINT`
            workspace_id, auth, cache, client=client, timeout=timeout, re_raise=re_raise, retries=retries
        )
        self.workspace_id = self._endpoint.workspace_id
        self.cache = cache
        self._exit_stack = ExitStack()
        self._portal = self._exit_stack.enter_context(start_blocking_portal(name="toggl-mcp-portal"))
        # Else a script that does not close it would wait for its thread for ever.
        finalize(self, _end_thread, self._exit_stack, self._portal.call(get_ident))
        self._closing = Lock()
        self._is_closed = False
        self._calls: set[Future[Any]] = set()

    def get(self, entity: int | HasId, *, refresh: bool = False) -> E | None:
        """Return one by its id; None if Toggl has none."""
        self._check_open()
        # A fresh row is read on the calling thread: the hop to the event loop and back takes several times as long.
        item = None if refresh else self._endpoint.try_get(entity)
        return self._run(partial(self._endpoint.get, entity, refresh=refresh)) if item is None else item

    def delete(self, entity: int | HasId) -> None:
        """Delete one by its id; it is no error if Toggl has none."""
        self._run(partial(self._endpoint.delete, entity))

    def collect(self, *, refresh: bool = False) -> list[E]:
        """Return all of them by name, archived ones too."""
        return self._run(partial(self._endpoint.collect, refresh=refresh))

    def load_cache(self) -> list[E]:
        """Return the cached ones if they are fresh, without a request; none if they are not."""
        return self._run(self._endpoint.load_cache)

    def query(self, *queries: Query) -> list[E]:
        """Return those of `load_cache` that match every query."""
        return self._run(partial(self._endpoint.query, *queries))

    def close(self) -> None:
        """Wait for the calls that run, close the HTTP client if it was opened here, and end the thread."""
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                wait(self._calls.copy())
                self._portal.call(self._endpoint.aclose)
                self._exit_stack.close()

    def __enter__(self) -> Self:
        """Return the endpoint."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _run(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what the coroutine returns, or raise what it raises.

        Raises:
            InvalidArguments: The endpoint is closed.
        """
        with self._closing:  # Else the portal could stop between the check and the start.
            self._check_open()
            future = self._portal.start_task_soon(call)
            self._calls.add(future)
        future.add_done_callback(self._calls.discard)
        return future.result()

    def _check_open(self) -> None:
        if self._is_closed:
            message = "This endpoint is closed; make a new one."
            raise InvalidArguments(message)


def _end_thread(exit_stack: ExitStack, thread_id: int) -> None:
    """End the thread of an endpoint that was collected without being closed."""
    if get_ident() != thread_id:
        exit_stack.close()
    else:  # The last reference was dropped on the very thread, which cannot wait for its own end.
        Thread(target=exit_stack.close, daemon=True).start()


class ClientEndpoint(BlockingEndpoint[Client, AsyncClientEndpoint]):
    """The clients of a workspace, blocking.

    Examples:
        >>> with ClientEndpoint(123213324, BasicAuth(token, "api_token"), SqliteStore(path)) as clients:
        ...     clients.get(214125562)
        Client(id=214125562, workspace_id=123213324, name='Simplicidentata', ...)
    """

    ENDPOINT = AsyncClientEndpoint

    def add(self, body: ClientBody) -> Client:
        """Create a client, at most once."""
        return self._run(partial(self._endpoint.add, body))

    def edit(self, client: int | HasId, body: ClientBody) -> Client | None:
        """Change the fields that the body has; None if Toggl has no such client."""
        return self._run(partial(self._endpoint.edit, client, body))

    def collect(self, body: ClientBody | None = None, *, refresh: bool = False) -> list[Client]:
        """Return the clients whose name contains the body's and that have its status (active unless given)."""
        return self._run(partial(self._endpoint.collect, body, refresh=refresh))

    def archive(self, client: int | HasId) -> list[int] | None:
        """Archive a client and its projects; return the ids of these projects."""
        return self._run(partial(self._endpoint.archive, client))

    def restore(self, client: int | HasId, *, restore_projects: bool = False) -> Client:
        """Restore an archived client, with `restore_projects` its projects as well."""
        return self._run(partial(self._endpoint.restore, client, restore_projects=restore_projects))


class ProjectEndpoint(BlockingEndpoint[Project, AsyncProjectEndpoint]):
    """The projects of a workspace, blocking."""

    ENDPOINT = AsyncProjectEndpoint

    def add(self, body: ProjectBody) -> Project:
        """Create a project, at most once; it is active."""
        return self._run(partial(self._endpoint.add, body))

    def edit(self, project: int | HasId, body: ProjectBody) -> Project | None:
        """Change the fields that the body has; None if Toggl has no such project."""
        return self._run(partial(self._endpoint.edit, project, body))


class TagEndpoint(BlockingEndpoint[Tag, AsyncTagEndpoint]):
    """The tags of a workspace, blocking."""

    ENDPOINT = AsyncTagEndpoint

    def add(self, body: TagBody) -> Tag:
        """Create a tag, at most once."""
        return self._run(partial(self._endpoint.add, body))

    def edit(self, tag: int | HasId, body: TagBody) -> Tag | None:
        """Rename a tag; None if Toggl has no such tag."""
        return self._run(partial(self._endpoint.edit, tag, body))


class TaskEndpoint(BlockingEndpoint[Task, AsyncTaskEndpoint]):
    """The tasks of a workspace's projects, blocking."""

    ENDPOINT = AsyncTaskEndpoint

    def add(self, project: int | HasId, body: TaskBody) -> Task:
        """Create a task of a project, at most once."""
        return self._run(partial(self._endpoint.add, project, body))

    def edit(self, task: int | HasId, body: TaskBody) -> Task | None:
        """Change the fields that the body has; None if Toggl has no such task."""
        return self._run(partial(self._endpoint.edit, task, body))


class TimeEntryEndpoint(BlockingEndpoint[TimeEntry, AsyncTimeEntryEndpoint]):
    """The time entries of the token's owner, blocking. New ones are made in the workspace."""

    ENDPOINT = AsyncTimeEntryEndpoint

    def add(self, body: TimeEntryBody) -> TimeEntry:
        """Create an entry, at most once; without `stop` and `duration` its timer runs."""
        return self._run(partial(self._endpoint.add, body))

    def edit(self, entry: int | HasId, body: TimeEntryBody) -> TimeEntry | None:
        """Change the fields that the body has; None if Toggl has no such entry."""
        return self._run(partial(self._endpoint.edit, entry, body))

    def start(self, body: TimeEntryBody) -> TimerStart:
        """Start a timer; return it with the entry whose timer Toggl stopped for it."""
        return self._run(partial(self._endpoint.start, body))

    def bulk_edit(self, entries: Sequence[int | HasId], body: TimeEntryBody) -> BulkEditResult:
        """Change up to 100 entries by one request; return which Toggl changed, and which it refused."""
        return self._run(partial(self._endpoint.bulk_edit, entries, body))

    def stop_current(self) -> TimeEntry | None:
        """Stop the running timer, in any workspace; return its entry, or None if none runs."""
        return self._run(self._endpoint.stop_current)

    def stop(self, entry: int | HasId) -> TimeEntry | None:
        """Stop an entry's timer; None if Toggl has no such entry."""
        return self._run(partial(self._endpoint.stop, entry))

    def current(self, *, refresh: bool = False) -> TimeEntry | None:
        """Return the entry whose timer runs, in any workspace; None if none runs."""
        return self._run(partial(self._endpoint.current, refresh=refresh))

    def collect(
        self, start: datetime | None = None, end: datetime | None = None, *, refresh: bool = False
    ) -> list[TimeEntry]:
        """Return the entries of all workspaces that began from `start` on and before `end`, by their start."""
        return self._run(partial(self._endpoint.collect, start, end, refresh=refresh))
