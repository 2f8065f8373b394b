"""Projects as they were last read, with the changes from here since, for lists that cost no request."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from itertools import product
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from toggl_mcp.cache.store import MAX_CLOCK_LEAD_SECONDS
from toggl_mcp.endpoints.account import AccountEndpoint, NamesRead
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.endpoints.journal import Journal
from toggl_mcp.models.base import ResourceKind, parse_stored
from toggl_mcp.models.clients import Client
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.journal import MAX_JOURNAL_SECONDS, ChangeRecord
from toggl_mcp.models.projects import Project
from toggl_mcp.models.text import fold_accents

EndpointOpener = Callable[[str, int], ReadEndpoint[Any]]
"""Returns the endpoint of a kind in a workspace."""

KINDS: tuple[ResourceKind, ...] = ("project", "client")
MAX_NAMES_AGE_SECONDS = MAX_JOURNAL_SECONDS
"""Seconds for which names are listed after Toggl sent them: the changes since then are not known for longer."""


class ProjectName(NamedTuple):
    """The name of a project, and that of its client: None if it has none, or if clients were not read."""

    id: int
    name: str
    client: str | None
    workspace_id: int


class LastProjects:
    """The active projects of an account in all workspaces as they were last read; nothing is requested.

    A change drops the names that came with the account, and often leaves no list in the cache. So what was last read is
    kept in memory, and the journal has what was changed since.
    """

    def __init__(self, account: AccountEndpoint, journal: Journal, clock: Clock, open_endpoint: EndpointOpener) -> None:
        self._account = account
        self._journal = journal
        self._clock = clock
        self._open_endpoint = open_endpoint
        # Weak, so that a list is freed when it is fetched again: two of the longest exceed the memory that is promised.
        self._collections = WeakValueDictionary[tuple[str, int], Collection[Any]]()
        self._sources: object = None
        self._projects: list[ProjectName] = []

    async def list_active(self) -> Sequence[ProjectName]:
        """Return the active projects that were read, ordered by name."""
        snapshot, names = await self._account.last_snapshot(), await self._account.last_names()
        collections: list[tuple[ReadEndpoint[Any], Collection[Any]]] = []
        for kind, workspace in product(KINDS, () if snapshot is None else snapshot.workspaces):
            endpoint = self._open_endpoint(kind, workspace.id)
            collection = await self._find_last(endpoint, names.by_workspace.get(workspace.id))
            if collection is not None:
                collections.append((endpoint, collection))
        # Each read and each change from here gives one of these another version.
        sources = names.version, [(endpoint, collection.version) for endpoint, collection in collections]
        if sources != self._sources:
            items = await self._apply_changes(collections)
            self._projects, self._sources = _name_active_projects(items["project"], items["client"]), sources
        return self._projects

    async def _find_last(self, endpoint: ReadEndpoint[Any], read: NamesRead | None) -> Collection[Any] | None:
        """Return what was read last: the list of an endpoint, what came with the account, or what is in memory."""
        key = endpoint.KIND, endpoint.workspace_id
        stored = await endpoint.any_age_or_none()
        collections = [read and read.get_collection(endpoint.KIND), stored, self._collections.get(key)]
        candidates = [collection for collection in collections if collection is not None]
        last = max(candidates, key=self._read_at, default=None)
        if last is None or self._clock() - (last.version.fetched_at or 0.0) >= MAX_NAMES_AGE_SECONDS:
            return None
        self._collections[key] = last
        return last

    def _read_at(self, collection: Collection[Any]) -> float:
        """Return when a collection was read: first of all, if that was before the clock was set back."""
        fetched_at = collection.version.fetched_at or 0.0
        return fetched_at if fetched_at <= self._clock() + MAX_CLOCK_LEAD_SECONDS else 0.0

    async def _apply_changes(
        self, collections: Iterable[tuple[ReadEndpoint[Any], Collection[Any]]]
    ) -> Mapping[str, Mapping[int, Any]]:
        """Return the items by kind and id, after the changes that these collections may not have."""
        items: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        records = [record for change in reversed(await self._journal.list_changes()) for record in change.records]
        for endpoint, collection in collections:
            own_items = dict(collection.items)
            for record in records:
                is_later = record.is_confirmed and record.made_at >= self._read_at(collection)
                if is_later and record.workspace_id == endpoint.workspace_id:
                    _apply_change(endpoint, own_items, record)
            items[endpoint.KIND] |= own_items
        return items


def _name_active_projects(projects: Mapping[int, Project], clients: Mapping[int, Client]) -> list[ProjectName]:
    client_names = {key: client.name for key, client in clients.items()}
    names = [
        ProjectName(project.id, project.name, client_names.get(project.client_id or 0), project.workspace_id)
        for project in projects.values()
        if project.active
    ]
    return sorted(names, key=lambda project: (fold_accents(project.name), project.id))


def _apply_change(endpoint: ReadEndpoint[Any], items: MutableMapping[int, Any], record: ChangeRecord) -> None:
    """Apply a change to the items of an endpoint by id."""
    for row_id, _, text in record.rows if record.kind == endpoint.KIND else ():
        item = parse_stored(endpoint.MODEL, text)
        if item is not None:
            items[row_id] = item
        elif record.verb == "delete":
            items.pop(row_id, None)
    # An undo restores the projects, and records the client alone.
    has_archived = endpoint.KIND == "project" and record.kind == "client" and not record.is_undone
    for project_id in record.archived_project_ids or () if has_archived else ():
        if project_id in items:
            items[project_id] = items[project_id].model_copy(update={"active": False})
