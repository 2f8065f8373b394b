"""A process, an operation of it, and the outcome."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from toggl_mcp.api import AsyncClient, Auth
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint, BulkEditResult, TimerStart
from toggl_mcp.errors import OutcomeUnknown
from toggl_mcp.models.base import WorkspaceResource

READS = ("get", "collect", "named", "current", "between")
CREATIONS = ("add", "start")

Items = Mapping[int, WorkspaceResource]


class Process(NamedTuple):
    """The endpoints of one process for one workspace."""

    clients: AsyncClientEndpoint
    projects: AsyncProjectEndpoint
    entries: AsyncTimeEntryEndpoint


def make_process(workspace: int, auth: Auth, store: Store, connection: AsyncClient) -> Process:
    """Return a process whose endpoints share this store."""
    return Process(
        AsyncClientEndpoint(workspace, auth, store, client=connection),
        AsyncProjectEndpoint(workspace, auth, store, client=connection),
        AsyncTimeEntryEndpoint(workspace, auth, store, client=connection),
    )


@dataclass(frozen=True)
class Operation:
    """A verb, and its target: an item, or the name of one.

    `ids` are the targets of a bulk edit; `expected_fields` are the fields of the targets once it is confirmed;
    `expected` selects the items that a read returns which reads neither one item nor all of them.
    """

    verb: str
    target_id: int
    name: str
    refresh: bool
    call: Callable[[Process], Awaitable[object]] = field(repr=False)
    expected_fields: Mapping[str, object] = field(default_factory=dict[str, object])
    ids: tuple[int, ...] = ()
    expected: Callable[[Items], Items] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Outcome:
    """What an operation returned or raised."""

    operation: Operation
    answer: object = None
    error: Exception | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether a change was confirmed."""
        return self.error is None and self.operation.verb not in READS

    @property
    def is_creation(self) -> bool:
        """Whether the operation is a creation."""
        return self.operation.verb in CREATIONS

    @property
    def is_unknown(self) -> bool:
        """Whether it is unknown if the change was applied."""
        return isinstance(self.error, OutcomeUnknown)

    @property
    def confirmed_items(self) -> Mapping[int, WorkspaceResource | None]:
        """The items in Toggl's confirmation; None for a deleted one."""
        match self.answer:
            case TimerStart(entry, _) | (WorkspaceResource() as entry):
                return {entry.id: entry}
            case None:
                return {self.operation.target_id: None}
            case _:
                return {}

    @property
    def reached_ids(self) -> set[int]:
        """The ids that the confirmed change has reached, without deleted ones."""
        match self.answer:
            case BulkEditResult(reached_ids, _):
                return {*reached_ids}
            case None:
                return set()
            case _:
                return {*self.confirmed_items} or {
                    target_id for target_id in [self.operation.target_id] if self.operation.expected_fields
                }


async def perform(process: Process, operation: Operation) -> Outcome:
    """Perform an operation in a process, and return its outcome."""
    outcome = Outcome(operation)
    try:
        return replace(outcome, answer=await operation.call(process))
    except Exception as error:  # noqa: BLE001 - that every error has a name is one of the things to find out
        return replace(outcome, error=error)


async def without_result(change: Awaitable[object]) -> tuple[()]:
    """Make a change whose result does not describe the target of the operation."""
    await change
    return ()


def names(creations: list[bytes], label: str) -> list[str]:
    """Return the names in the bodies of creations."""
    return [json.loads(body)[label] for body in creations]
