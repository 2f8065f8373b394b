"""What clients, projects and time entries differ in; everything else here is the same for all of them."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
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
"""Below and above which the person adds and removes things, so that there are always some."""
ENTRIES_IN_SAMPLE = 100
"""Of the thousand time entries that the sandbox begins with: each step compares all that is there."""


class Resource(ABC):
    """A resource: what can be asked of it, how Toggl has it, and what a person does to it in the web app."""

    MODEL: type[WorkspaceResource]
    ENDPOINT: type[CachedEndpoint[Any]]
    PARENT = HARBOUR_STUDIO
    """The workspace whose things are kept together."""
    LABEL = "name"
    """The field that tells a thing from those that are made at the same time."""
    PROCESS_FIELDS: Mapping[str, object]
    """What is so of those only that processes have made."""
    FRESH_SECONDS = 3600.0
    """Seconds for which what is cached is believed."""
    CLOCK_LAG_SECONDS = 0.0
    """By how many seconds Toggl's clock is behind."""

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
        """Return a question at random; about a thing, and sometimes about a name that is taken."""

    @abstractmethod
    def touch(self, state: State, chance: random.Random, ids: Collection[int], new_name: str) -> None:
        """Do something to one of these things, as a person does."""

    @abstractmethod
    def add(self, state: State, new_name: str) -> None:
        """Add a thing, as a person does."""

    @abstractmethod
    def remove(self, state: State, target_id: int) -> None:
        """Remove a thing, as a person does."""

    def prepare(self, sandbox: Sandbox) -> None:
        """Let there be as much as a run needs, and of the time entries the last ones only."""
        sandbox.quota.window(None).total = 600
        for entry_id in list(sandbox.state.entries)[:-ENTRIES_IN_SAMPLE]:
            del sandbox.state.entries[entry_id]

    def affects_others(self, operation: Operation, items: Items) -> bool:
        """Tell whether a question reaches more than the thing that it is about."""
        return operation.verb == "edit" and operation.name in {self.label(item) for item in items.values()}

    def normalize(self, item: WorkspaceResource) -> WorkspaceResource:
        """Return a thing without what Toggl says of it now in one way, now in another."""
        return item

    def is_impossible(self, view: Items) -> bool:
        """Tell whether these cannot all be so at once."""
        del view
        return False

    def label(self, item: WorkspaceResource) -> str:
        """Return the name of a thing."""
        return str(getattr(item, self.LABEL))

    def key(self, scope: str) -> Key:
        """Return under which key things are kept."""
        return Key(scope, self.ENDPOINT.KIND, self.PARENT)

    def items_in(self, state: State) -> dict[int, WorkspaceResource]:
        """Return the things as Toggl has them."""
        items = [self.MODEL.model_validate(row) for row in self.rows(state)]
        return {item.id: item for item in items}

    def act(self, state: State, chance: random.Random, ids: Collection[int] | None, new_name: str) -> None:
        """Do something as a person; if ids are given, to one of these things."""
        items = [row["id"] for row in self.rows(state)]
        free = [row_id for row_id in items if ids is None or row_id in ids]
        if len(items) < MIN_ITEMS or not free:
            self.add(state, new_name)
        elif len(items) > MAX_ITEMS:
            self.remove(state, chance.choice(free))
        else:
            self.touch(state, chance, free, new_name)


def is_same(resource: Resource, first: WorkspaceResource | None, second: WorkspaceResource | None) -> bool:
    """Tell whether two views of a thing agree; not every answer says when the thing was changed."""
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
