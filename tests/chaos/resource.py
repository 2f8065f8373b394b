"""What clients, projects and time entries differ in; everything else here is the same for all of them."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from tests.chaos.operations import Process, Question, Things
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

Clock = Callable[[], float]
FEW, MANY = 12, 30
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
    OURS: Mapping[str, object]
    """What is so of those only that processes have made."""
    FRESH = 3600.0
    """Seconds for which what is cached is believed."""
    BEHIND = 0.0
    """By how many seconds Toggl's clock is behind."""

    def __str__(self) -> str:
        """Return the name of a test with it."""
        return self.ENDPOINT.PATH

    @abstractmethod
    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        """Return the endpoint of a process."""

    @abstractmethod
    def rows(self, world: State) -> Iterable[Row]:
        """Return the rows that a process can see."""

    @abstractmethod
    def question(self, chance: random.Random, there: Things, about: int, new: str, now: float) -> Question:
        """Return a question at random; about a thing, and sometimes about a name that is taken."""

    @abstractmethod
    def touch(self, world: State, chance: random.Random, among: Collection[int], new: str) -> None:
        """Do something to one of these things, as a person does."""

    @abstractmethod
    def add(self, world: State, new: str) -> None:
        """Add a thing, as a person does."""

    @abstractmethod
    def remove(self, world: State, about: int) -> None:
        """Remove a thing, as a person does."""

    def prepare(self, sandbox: Sandbox) -> None:
        """Let there be as much as a run needs, and of the time entries the last ones only."""
        sandbox.quota.window(None).total = 600
        for entry_id in list(sandbox.state.entries)[:-ENTRIES_IN_SAMPLE]:
            del sandbox.state.entries[entry_id]

    def meddles(self, question: Question, there: Things) -> bool:
        """Tell whether a question reaches more than the thing that it is about."""
        return question.verb == "edit" and question.name in {self.label(thing) for thing in there.values()}

    def plain(self, thing: WorkspaceResource) -> WorkspaceResource:
        """Return a thing without what Toggl says of it now in one way, now in another."""
        return thing

    def impossible(self, view: Things) -> bool:
        """Tell whether these cannot all be so at once."""
        del view
        return False

    def label(self, thing: WorkspaceResource) -> str:
        """Return the name of a thing."""
        return str(getattr(thing, self.LABEL))

    def key(self, scope: str) -> Key:
        """Return under which key things are kept."""
        return Key(scope, self.ENDPOINT.KIND, self.PARENT)

    def there(self, world: State) -> dict[int, WorkspaceResource]:
        """Return the things as Toggl has them."""
        things = [self.MODEL.model_validate(row) for row in self.rows(world)]
        return {thing.id: thing for thing in things}

    def act(self, world: State, chance: random.Random, among: Collection[int] | None, new: str) -> None:
        """Do something as a person; if ids are given, to one of these things."""
        there = [row["id"] for row in self.rows(world)]
        free = [row_id for row_id in there if among is None or row_id in among]
        if len(there) < FEW or not free:
            self.add(world, new)
        elif len(there) > MANY:
            self.remove(world, chance.choice(free))
        else:
            self.touch(world, chance, free, new)


def alike(resource: Resource, one: WorkspaceResource | None, other: WorkspaceResource | None) -> bool:
    """Tell whether two views of a thing agree; not every answer says when the thing was changed."""
    if one == other:
        return True
    left, right = (thing and resource.plain(thing) for thing in (one, other))
    if left and right and None in (getattr(left, "updated_at", 0), getattr(right, "updated_at", 0)):
        left, right = (thing.model_copy(update={"updated_at": None}) for thing in (left, right))
    return left == right


def differing(resource: Resource, one: Things, other: Things) -> set[int]:
    """Return the ids on which two views differ."""
    return {key for key in one.keys() | other if not alike(resource, one.get(key), other.get(key))}
