"""What befalls requests, and the person who works in the web app meanwhile."""

import random
from collections.abc import Collection
from typing import get_args

from anyio.lowlevel import checkpoint

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, Call, Fault
from toggl_mcp.sandbox.answers import NGINX_PAGE
from toggl_mcp.sandbox.faults import Kind
from toggl_mcp.sandbox.world import World

KINDS: tuple[Kind, ...] = get_args(Kind)
NOT_HEARD: tuple[Kind, ...] = ("refused", "429", "402")
"""After which a creation may be sent again: it was not carried out, and that is known."""
PUZZLES = (NGINX_PAGE.format(title="Welcome"), "{", '{"message": "OK"}', "true", "7")
"""Answers that mean nothing."""
FEW, MANY = 12, 30
"""Below and above which the person adds and removes clients, so that there are always some."""


class Ticking(Clock):
    """A clock on which no two moments are the same."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class Trouble:
    """Lets a share of the requests go wrong; puts down every request, and the creations that may have been heard."""

    def __init__(self, chance: random.Random, share: float = 0.3) -> None:
        self.share = share
        self.on = True
        self.met = 0
        self.requests: list[tuple[str, Kind | None]] = []
        self.creations: list[bytes] = []
        self._chance = chance

    def __call__(self, call: Call) -> Fault | None:
        fault = self._fault() if self.on and self._chance.random() < self.share else None
        self.met += fault is not None
        self.requests.append((call.method, fault.kind if fault else None))
        if call.method == "POST" and call.path.endswith("/clients") and (not fault or fault.kind not in NOT_HEARD):
            self.creations.append(call.body)
        return fault

    def _fault(self) -> Fault:
        return Fault(
            self._chance.choice(KINDS),
            retry_after=self._chance.choice([None, 1, 5, 60]),
            resets_in=5,
            body=self._chance.choice(PUZZLES),
            until=self.pause,
        )

    async def pause(self) -> None:
        """Let other tasks go first for a while."""
        for _ in range(self._chance.randrange(12)):
            await checkpoint()


class Person:
    """Somebody in Toggl's web app; `touched` tells when they last changed each client."""

    def __init__(self, world: World, clock: Clock, chance: random.Random) -> None:
        self.touched: dict[int, float] = {}
        self._world = world
        self._clock = clock
        self._chance = chance
        self._named = 0

    def act(self, among: Collection[int] | None = None) -> None:
        """Change something; if ids are given, among these clients."""
        there = [row["id"] for row in self._world.clients.values() if row["wid"] == HARBOUR_STUDIO]
        free = [client_id for client_id in there if among is None or client_id in among]
        if len(there) < FEW or not free:
            client_id = self._world.add_client(HARBOUR_STUDIO, self._name())["id"]
        else:
            client_id = self._chance.choice(free)
            self._change(client_id, crowded=len(there) > MANY)
        self.touched[client_id] = self._clock()

    def _change(self, client_id: int, *, crowded: bool) -> None:
        match "remove" if crowded else self._chance.choice(["rename", "note", "archive", "restore", "remove"]):
            case "rename":
                self._world.rename_client(client_id, self._name())
            case "note":
                self._world.edit_client(client_id, notes=self._name())
            case "archive":
                self._world.archive_client(client_id)
            case "restore":
                self._world.restore_client(client_id)
            case _:
                self._world.remove_client(client_id)

    def _name(self) -> str:
        self._named += 1
        return f"By hand {self._named}"
