"""Faults of requests, and the person who works in the web app meanwhile."""

import random
from collections.abc import Callable, Collection, Sequence
from typing import get_args

from anyio.lowlevel import checkpoint

from tests.chaos.resource import Resource
from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import Call, Fault
from toggl_mcp.sandbox.faults import Kind
from toggl_mcp.sandbox.responses import NGINX_PAGE
from toggl_mcp.sandbox.state import State

KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind not in ("odd row", "rejected"))
"""Every fault of a request; an odd row is what Toggl has, and a rejection is true unless an attempt came before it."""
NOT_APPLIED: tuple[Kind, ...] = ("refused", "429", "402")
"""Faults after which a creation may be sent again: certainly not carried out."""
UNPARSABLE_BODIES = (NGINX_PAGE.format(title="Welcome"), "{", '{"message": "OK"}', "true", "7")
"""Unreadable response bodies."""
SETTING_SHARE = 0.05
"""How often a clock that has several skews is set."""


class TickingClock(Clock):
    """A clock that never returns the same time twice."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class LocalClock:
    """A computer's clock, ahead of Toggl's by some seconds, which change when somebody sets it.

    `moments` are Toggl's times by the readings of all computers.
    """

    def __init__(self, clock: TickingClock, skews: Sequence[float], moments: dict[float, float]) -> None:
        self._clock = clock
        self._skews = skews
        self._skew = skews[0]
        self._moments = moments

    def __call__(self) -> float:
        moment = self._clock()
        self._moments[moment + self._skew] = moment
        return moment + self._skew

    async def sleep(self, seconds: float) -> None:
        """Let it be later by so much."""
        await self._clock.sleep(seconds)

    def set(self, chance: random.Random) -> None:
        """Set the clock, at times, if it has several skews."""
        if len(self._skews) > 1 and chance.random() < SETTING_SHARE:
            self._skew = chance.choice(self._skews)

    def moment_of(self, reading: float) -> float:
        """Return the time on Toggl's clock at which a computer has shown a reading."""
        return self._moments[reading]


class FaultInjector:
    """Makes a share of the requests fail; records every request, and the creations that may have been received.

    A creation is a POST to `path`.
    """

    def __init__(self, chance: random.Random, path: str, share: float = 0.3) -> None:
        self.share = share
        self.enabled = True
        self.fault_count = 0
        self.requests: list[tuple[str, Kind | None]] = []
        self.creations: list[bytes] = []
        self.rejects_repeats = False
        """Whether the request after a change whose response is lost is rejected."""
        self._chance = chance
        self._path = f"/{path}"

    def __call__(self, call: Call) -> Fault | None:
        fault = self._fault() if self.enabled and self._chance.random() < self.share else None
        if self.enabled and self.rejects_repeats and self._has_lost_change():
            fault = Fault("rejected", rejection=self._chance.choice((400, 402, 404, 409)))
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

    def _has_lost_change(self) -> bool:
        """Return whether the last request was a change that Toggl has applied and that got no usable response."""
        method, kind = self.requests[-1] if self.requests else ("GET", None)
        return method != "GET" and kind is not None and kind.endswith("after")

    async def pause(self) -> None:
        """Yield to other tasks for a while."""
        for _ in range(self._chance.randrange(12)):
            await checkpoint()


class Person:
    """A person in Toggl's web app; `touched` has the time of their last change of each item."""

    def __init__(self, resource: Resource, state: State, clock: Clock, chance: random.Random) -> None:
        self.changed_at: dict[int, float] = {}
        self._resource = resource
        self._state = state
        self._clock = clock
        self._chance = chance
        self._named = 0

    def act(self, ids: Collection[int] | None = None) -> None:
        """Make a random change, to one of these items if ids are given."""
        self._named += 1
        self.perform(lambda: self._resource.act(self._state, self._chance, ids, f"By hand {self._named}"))

    def perform(self, action: Callable[[], object]) -> None:
        """Perform an action, and record the items that it changes."""
        before = self._resource.items_in(self._state)
        action()
        after, now = self._resource.items_in(self._state), self._clock()
        self.changed_at |= dict.fromkeys(
            (key for key in before.keys() | after if before.get(key) != after.get(key)), now
        )
