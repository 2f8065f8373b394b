"""Everything that can be asked for, and what came back."""

import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial

from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import OutcomeUnknown
from toggl_mcp.models.client import Client, ClientBody

EVERYTHING = ClientBody(status="both")
VERBS = {"add": 6, "edit": 4, "delete": 2, "archive": 2, "restore": 2, "get": 3, "collect": 3, "named": 2}
"""How often each is asked for."""
CHANGES = ("add", "edit", "delete", "archive", "restore")


@dataclass(frozen=True)
class Question:
    """A verb, and what it is about: a client, or the name of one."""

    verb: str
    client_id: int
    name: str
    refresh: bool
    put: Callable[[AsyncClientEndpoint], Awaitable[object]] = field(repr=False)


@dataclass(frozen=True)
class Told:
    """What a caller was told: an answer, or an error."""

    question: Question
    answer: object = None
    error: Exception | None = None

    @property
    def confirmed(self) -> bool:
        """Whether a change was confirmed."""
        return self.error is None and self.question.verb in CHANGES

    @property
    def unknown(self) -> bool:
        """Whether a change may have happened or not."""
        return isinstance(self.error, OutcomeUnknown)


def question(chance: random.Random, clients: list[Client], client_id: int, new_name: str) -> Question:
    """Return a question at random; about a client, and sometimes about a name that is taken."""
    (verb,) = chance.choices(list(VERBS), list(VERBS.values()))
    taken = chance.random() < 0.25 or verb == "named"
    name = chance.choice(clients).name if taken else new_name
    refresh = chance.random() < 0.2
    puts: dict[str, Callable[[AsyncClientEndpoint], Awaitable[object]]] = {
        "add": lambda process: process.add(ClientBody(name=name, notes="Made by us")),
        "edit": lambda process: process.edit(client_id, changes(chance, name)),
        "delete": lambda process: process.delete(client_id),
        "archive": lambda process: process.archive(client_id),
        "restore": partial(AsyncClientEndpoint.restore, client=client_id, restore_projects=chance.random() < 0.5),
        "get": lambda process: process.find(client_id, refresh=refresh),
        "collect": lambda process: process.read(refresh=refresh),
        "named": lambda process: process.named(name, refresh=refresh),
    }
    return Question(verb, client_id, name, refresh, puts[verb])


def changes(chance: random.Random, name: str) -> ClientBody:
    """Return what an edit changes."""
    return chance.choice([ClientBody(name=name), ClientBody(notes=name), ClientBody(notes="", external_reference=name)])


async def ask(process: AsyncClientEndpoint, asked: Question) -> Told:
    """Put a question to a process, and return whatever comes back."""
    told = Told(asked)
    try:
        return replace(told, answer=await asked.put(process))
    except Exception as error:  # noqa: BLE001 - that every error has a name is one of the things to find out
        return replace(told, error=error)


def names(creations: list[bytes]) -> list[str]:
    """Return the names in the bodies of creations."""
    return [json.loads(body)["name"] for body in creations]
