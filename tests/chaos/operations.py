"""A process, what it can be asked, and what came back."""

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

Things = Mapping[int, WorkspaceResource]


class Process(NamedTuple):
    """What one process has of one workspace."""

    clients: AsyncClientEndpoint
    projects: AsyncProjectEndpoint
    entries: AsyncTimeEntryEndpoint


def process(workspace: int, auth: Auth, store: Store, connection: AsyncClient) -> Process:
    """Return a process that keeps everything in this store."""
    return Process(
        AsyncClientEndpoint(workspace, auth, store, client=connection),
        AsyncProjectEndpoint(workspace, auth, store, client=connection),
        AsyncTimeEntryEndpoint(workspace, auth, store, client=connection),
    )


@dataclass(frozen=True)
class Question:
    """A verb, and what it is about: a thing, or the name of one.

    `ids` are all that a change of many is about; `wanted` is what is so of them when it is confirmed; `expected` tells
    what a reader is to be answered who is told neither one thing nor all of them.
    """

    verb: str
    about: int
    name: str
    refresh: bool
    put: Callable[[Process], Awaitable[object]] = field(repr=False)
    wanted: Mapping[str, object] = field(default_factory=dict[str, object])
    ids: tuple[int, ...] = ()
    expected: Callable[[Things], Things] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Told:
    """What a caller was told: an answer, or an error."""

    question: Question
    answer: object = None
    error: Exception | None = None

    @property
    def confirmed(self) -> bool:
        """Whether a change was confirmed."""
        return self.error is None and self.question.verb not in READS

    @property
    def created(self) -> bool:
        """Whether it is about a creation."""
        return self.question.verb in CREATIONS

    @property
    def unknown(self) -> bool:
        """Whether a change may have happened or not."""
        return isinstance(self.error, OutcomeUnknown)

    @property
    def said(self) -> Mapping[int, WorkspaceResource | None]:
        """What Toggl's confirmation says of each thing."""
        match self.answer:
            case TimerStart(entry, _) | (WorkspaceResource() as entry):
                return {entry.id: entry}
            case None:
                return {self.question.about: None}
            case _:
                return {}

    @property
    def reached(self) -> set[int]:
        """The ids of what the confirmed change has reached, and that is there still."""
        match self.answer:
            case BulkEditResult(reached, _):
                return {*reached}
            case None:
                return set()
            case _:
                return {*self.said} or {about for about in [self.question.about] if self.question.wanted}


async def ask(asked: Process, question: Question) -> Told:
    """Put a question to a process, and return whatever comes back."""
    told = Told(question)
    try:
        return replace(told, answer=await question.put(asked))
    except Exception as error:  # noqa: BLE001 - that every error has a name is one of the things to find out
        return replace(told, error=error)


async def done(change: Awaitable[object]) -> tuple[()]:
    """Let a change be made whose answer does not describe the thing that the question is about."""
    await change
    return ()


def names(creations: list[bytes], label: str) -> list[str]:
    """Return the names in the bodies of creations."""
    return [json.loads(body)[label] for body in creations]
