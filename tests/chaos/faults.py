"""What befalls requests, and the person who works in the web app meanwhile."""

import random
from collections.abc import Collection
from typing import get_args

from anyio.lowlevel import checkpoint

from tests.chaos.resource import Resource
from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import Call, Fault
from toggl_mcp.sandbox.faults import Kind
from toggl_mcp.sandbox.responses import NGINX_PAGE
from toggl_mcp.sandbox.state import State

KINDS: tuple[Kind, ...] = get_args(Kind)
NOT_APPLIED: tuple[Kind, ...] = ("refused", "429", "402")
"""After which a creation may be sent again: it was not carried out, and that is known."""
UNPARSABLE_BODIES = (NGINX_PAGE.format(title="Welcome"), "{", '{"message": "OK"}', "true", "7")
"""Answers that mean nothing."""


class TickingClock(Clock):
    """A clock on which no two moments are the same."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class FaultInjector:
    """Lets a share of the requests go wrong; puts down every request, and the creations that may have been heard.

    A creation is what is posted to `path`.
    """

    def __init__(self, chance: random.Random, path: str, share: float = 0.3) -> None:
        self.share = share
        self.enabled = True
        self.fault_count = 0
        self.requests: list[tuple[str, Kind | None]] = []
        self.creations: list[bytes] = []
        self._chance = chance
        self._path = f"/{path}"

    def __call__(self, call: Call) -> Fault | None:
        fault = self._fault() if self.enabled and self._chance.random() < self.share else None
        self.fault_count += fault is not None
        self.requests.append((call.method, fault.kind if fault else None))
        if call.method == "POST" and call.path.endswith(self._path) and (not fault or fault.kind not in NOT_APPLIED):
            self.creations.append(call.body)
        return fault

    def _fault(self) -> Fault:
        return Fault(
            self._chance.choice(KINDS),
            retry_after=self._chance.choice([None, 1, 5, 60]),
            resets_in=5,
            body=self._chance.choice(UNPARSABLE_BODIES),
            until=self.pause,
        )

    async def pause(self) -> None:
        """Let other tasks go first for a while."""
        for _ in range(self._chance.randrange(12)):
            await checkpoint()


class Person:
    """Somebody in Toggl's web app; `touched` tells when they last changed each thing."""

    def __init__(self, resource: Resource, state: State, clock: Clock, chance: random.Random) -> None:
        self.changed_at: dict[int, float] = {}
        self._resource = resource
        self._state = state
        self._clock = clock
        self._chance = chance
        self._named = 0

    def act(self, ids: Collection[int] | None = None) -> None:
        """Change something; if ids are given, one of these things."""
        self._named += 1
        before = self._resource.items_in(self._state)
        self._resource.act(self._state, self._chance, ids, f"By hand {self._named}")
        after, now = self._resource.items_in(self._state), self._clock()
        self.changed_at |= dict.fromkeys(
            (key for key in before.keys() | after if before.get(key) != after.get(key)), now
        )
