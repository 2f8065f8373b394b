"""What differs between clients, projects and time entries in a run."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from tests.chaos.operations import Items, Operation, Process
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

Clock = Callable[[], float]
MIN_ITEMS, MAX_ITEMS = 12, 30
"""Bounds between which the person adds and removes items."""
ENTRIES_IN_SAMPLE = 100
"""Time entries that are kept of the sandbox's thousand: each step compares all of them."""


class Resource(ABC):
    """A resource: its operations, its rows at Toggl, and the person's changes in the web app."""

    MODEL: type[WorkspaceResource]
    ENDPOINT: type[CachedEndpoint[Any]]
    PARENT = HARBOUR_STUDIO
    """The workspace whose items are cached together."""
    LABEL = "name"
    """The field that identifies an item among concurrent creations."""
    PROCESS_FIELDS: Mapping[str, object]
    """The fields that only items made by processes have."""
    FRESH_SECONDS = 3600.0
    """Seconds for which the cache is fresh."""
    CLOCK_SKEW_SECONDS = 0.0
    """Seconds by which the clock of the processes is ahead of Toggl's, unless a run has others."""

    def __init__(self) -> None:
        self._parsed: dict[int, tuple[Row, WorkspaceResource]] = {}

    def __str__(self) -> str:
        """Return the name of a test with it."""
        return self.ENDPOINT.PATH

    @abstractmethod
    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        """Return the endpoint of a process."""

    @abstractmethod
    def rows(self, state: State) -> Iterable[Row]:
        """Return the rows that a process can see."""

    @abstractmethod
    def operation(self, chance: random.Random, items: Items, target_id: int, new_name: str, now: float) -> Operation:
        """Return a random operation on an item, sometimes on a name that is in use."""

    @abstractmethod
    def touch(self, state: State, chance: random.Random, ids: Collection[int], new_name: str) -> None:
        """Change one of these items as a person does."""

    @abstractmethod
    def add(self, state: State, new_name: str) -> None:
        """Add an item as a person does."""

    @abstractmethod
    def remove(self, state: State, target_id: int) -> None:
        """Remove an item as a person does."""

    def prepare(self, sandbox: Sandbox) -> None:
        """Prepare as many items as a run needs, of the time entries the last ones only."""
        sandbox.behaviors = replace(sandbox.behaviors, user_requests_per_hour=600)
        for entry_id in list(sandbox.state.entries)[:-ENTRIES_IN_SAMPLE]:
            del sandbox.state.entries[entry_id]

    def affects_others(self, operation: Operation, items: Items) -> bool:
        """Return whether an operation reaches more than its target."""
        return operation.verb == "edit" and operation.name in {self.label(item) for item in items.values()}

    def normalize(self, item: WorkspaceResource) -> WorkspaceResource:
        """Return an item without the fields that Toggl does not always send alike."""
        return item

    def is_impossible(self, view: Items) -> bool:
        """Return whether these items contradict each other."""
        del view
        return False

    def label(self, item: WorkspaceResource) -> str:
        """Return the name of an item."""
        return str(getattr(item, self.LABEL))

    def key(self, scope: str) -> Key:
        """Return the key of the cached collection."""
        return Key(scope, self.ENDPOINT.KIND, self.PARENT)

    def items_in(self, state: State) -> dict[int, WorkspaceResource]:
        """Return the items as Toggl has them."""
        return {row["id"]: self._parse(row) for row in self.rows(state)}

    def _parse(self, row: Row) -> WorkspaceResource:
        """Return the item of a row; each step compares all of them, of which it has changed a few."""
        former_row, item = self._parsed.get(row["id"], (None, None))
        if item is None or former_row != row:
            item = self.MODEL.model_validate(row)
            self._parsed[row["id"]] = (dict(row), item)
        return item

    def act(self, state: State, chance: random.Random, ids: Collection[int] | None, new_name: str) -> None:
        """Make a change as a person, to one of these items if ids are given."""
        items = [row["id"] for row in self.rows(state)]
        free = [row_id for row_id in items if ids is None or row_id in ids]
        if len(items) < MIN_ITEMS or not free:
            self.add(state, new_name)
        elif len(items) > MAX_ITEMS:
            self.remove(state, chance.choice(free))
        else:
            self.touch(state, chance, free, new_name)


def is_same(resource: Resource, first: WorkspaceResource | None, second: WorkspaceResource | None) -> bool:
    """Return whether two views of an item agree; not every response has the time of the last change."""
    if first == second:
        return True
    normal_first, normal_second = (item and resource.normalize(item) for item in (first, second))
    if (
        normal_first
        and normal_second
        and None in (getattr(normal_first, "updated_at", 0), getattr(normal_second, "updated_at", 0))
    ):
        normal_first, normal_second = (
            item.model_copy(update={"updated_at": None}) for item in (normal_first, normal_second)
        )
    return normal_first == normal_second


def differing_ids(resource: Resource, first: Items, second: Items) -> set[int]:
    """Return the ids on which two views differ."""
    return {key for key in first.keys() | second if not is_same(resource, first.get(key), second.get(key))}
