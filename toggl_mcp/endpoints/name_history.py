"""Projects as they were last read, with the changes from here since, for lists that cost no request."""

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from itertools import product
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from pydantic import ValidationError

from toggl_mcp.endpoints.account import AccountEndpoint, NamesRead
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.endpoints.journal import Journal
from toggl_mcp.models.base import ResourceKind
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.journal import MAX_JOURNAL_SECONDS, ChangeRecord
from toggl_mcp.models.text import fold_accents

EndpointOpener = Callable[[str, int], ReadEndpoint[Any]]
"""Returns the endpoint of a kind in a workspace."""

KINDS: tuple[ResourceKind, ...] = ("project", "client")
MAX_NAMES_AGE_SECONDS = MAX_JOURNAL_SECONDS
"""Seconds for which names are listed after Toggl sent them: the changes since then are not known for longer."""


class ProjectName(NamedTuple):
    """What a project is called, and its client; None without one, or where it was not read."""

    id: int
    name: str
    client: str | None
    workspace_id: int


class NameHistory:
    """Lists the active projects of an account in all workspaces as they were last read; nothing is requested.

    A change drops the names that came with the account, and does not always leave a list in the place of them. So what
    was last read counts, as long as it is in memory, and the journal has what was changed since.
    """

    def __init__(self, account: AccountEndpoint, journal: Journal, clock: Clock, open_endpoint: EndpointOpener) -> None:
        self._account = account
        self._journal = journal
        self._clock = clock
        self._open_endpoint = open_endpoint
        # What is fetched anew goes first: two of a long list would take twice the memory.
        self._collections = WeakValueDictionary[tuple[str, int], Collection[Any]]()
        self._sources: object = None
        self._projects: list[ProjectName] = []

    async def list_active_projects(self) -> Sequence[ProjectName]:
        """Return the active projects, ordered by name, as far as they were read."""
        snapshot, names = await self._account.last_snapshot(), await self._account.last_names()
        collections: list[tuple[ReadEndpoint[Any], Collection[Any]]] = []
        for kind, workspace in product(KINDS, () if snapshot is None else snapshot.workspaces):
            endpoint = self._open_endpoint(kind, workspace.id)
            collection = await self._find_last(endpoint, names.by_workspace.get(workspace.id))
            if collection is not None:
                collections.append((endpoint, collection))
        # No change from here leaves all of these as they were.
        sources = names.version, [(endpoint, collection.version) for endpoint, collection in collections]
        if sources != self._sources:
            self._projects, self._sources = await self._apply_changes(collections), sources
        return self._projects

    async def _find_last(self, endpoint: ReadEndpoint[Any], read: NamesRead | None) -> Collection[Any] | None:
        """Return what was read last: the list of an endpoint, what came with the account, or what is in memory."""
        key = endpoint.KIND, endpoint.workspace_id
        stored = await endpoint.any_age_or_none()
        collections = [read and read.collect(endpoint.KIND), stored, self._collections.get(key)]
        candidates = [collection for collection in collections if collection is not None]
        last = max(candidates, key=_fetched_at, default=None)
        if last is None or self._clock() - _fetched_at(last) >= MAX_NAMES_AGE_SECONDS:
            return None
        self._collections[key] = last
        return last

    async def _apply_changes(
        self, collections: Iterable[tuple[ReadEndpoint[Any], Collection[Any]]]
    ) -> list[ProjectName]:
        """Return the active projects after the changes that these collections may not have."""
        items: dict[str, dict[int, Any]] = {kind: {} for kind in KINDS}
        records = [record for change in reversed(await self._journal.list_changes()) for record in change.records]
        for endpoint, collection in collections:
            own_items = dict(collection.items)
            for record in records:
                is_later = record.is_confirmed and record.made_at >= _fetched_at(collection)
                if is_later and record.workspace_id == endpoint.workspace_id:
                    _apply_change(endpoint, own_items, record)
            items[endpoint.KIND] |= own_items
        clients = items["client"]
        projects = [
            ProjectName(
                project.id,
                project.name,
                clients[project.client_id].name if project.client_id in clients else None,
                project.workspace_id,
            )
            for project in items["project"].values()
            if project.active
        ]
        return sorted(projects, key=lambda project: (fold_accents(project.name), project.id))


def _fetched_at(collection: Collection[Any]) -> float:
    return collection.version.fetched_at or 0.0


def _apply_change(endpoint: ReadEndpoint[Any], items: MutableMapping[int, Any], record: ChangeRecord) -> None:
    """Apply a change to the items of an endpoint by id."""
    for row_id, _, text in record.rows if record.kind == endpoint.KIND else ():
        item = None if text is None else _parse_item(endpoint, text)
        if item is not None:
            items[row_id] = item
        elif record.verb == "delete":
            items.pop(row_id, None)
    # An undo restores the projects, and records the client alone.
    has_archived = endpoint.KIND == "project" and record.kind == "client" and not record.is_undone
    for project_id in record.archived_project_ids or () if has_archived else ():
        if project_id in items:
            items[project_id] = items[project_id].model_copy(update={"active": False})


def _parse_item(endpoint: ReadEndpoint[Any], text: str) -> Any:  # noqa: ANN401 - whichever the endpoint has
    try:
        return endpoint.MODEL.model_validate_json(text)
    except ValidationError:  # Another version has written it in another form.
        return None
