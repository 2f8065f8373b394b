"""Toggl's two limits: requests an hour, and requests a second."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Clock = Callable[[], float]
Plan = Literal["free", "starter", "premium"]

HOUR = 3600
PER_HOUR: Mapping[Plan, int] = {"free": 30, "starter": 240, "premium": 600}


@dataclass(slots=True)
class Window:
    """An hour's requests to one organization, or to none; its first request opens it."""

    organization_id: int | None
    total: int
    clock: Clock
    _used_requests: int = 0
    _ends: float = -math.inf

    @property
    def remaining(self) -> int:
        """How many requests are left."""
        return self.total - self._used_requests if self.clock() < self._ends else self.total

    @property
    def resets_in(self) -> int:
        """Whole seconds until the count starts again; an hour if the window is not open."""
        seconds = self._ends - self.clock()
        return math.ceil(seconds) if seconds > 0 else HOUR

    def take(self) -> bool:
        """Whether one more request was still allowed, and is now counted."""
        self._open()
        allowed = self._used_requests < self.total
        self._used_requests += allowed
        return allowed

    def spend(self, remaining: int) -> None:
        """Leave only so much of this window."""
        self._open()
        self._used_requests = self.total - remaining

    def headers(self) -> dict[str, str]:
        """The two headers that tell a caller about this window."""
        return {"X-Toggl-Quota-Remaining": str(self.remaining), "X-Toggl-Quota-Resets-In": str(self.resets_in)}

    def _open(self) -> None:
        if self.clock() >= self._ends:
            self._used_requests = 0
            self._ends = self.clock() + HOUR


class Quota:
    """The windows of the sample user, one an organization and one for what belongs to none."""

    def __init__(
        self, clock: Clock, plans: Mapping[int, Plan], organizations: Mapping[int, int], user_requests_per_hour: int
    ) -> None:
        self._clock = clock
        self._organizations: dict[int, int] = {}
        self._windows: dict[int | None, Window] = {None: Window(None, user_requests_per_hour, clock)}
        for workspace_id, organization_id in organizations.items():
            self.add_workspace(workspace_id, organization_id, plans[workspace_id])

    def add_workspace(self, workspace_id: int, organization_id: int, plan: Plan = "free") -> None:
        """Count the requests to a workspace with those to its organization."""
        self._organizations[workspace_id] = organization_id
        self._windows.setdefault(organization_id, Window(organization_id, PER_HOUR[plan], self._clock))

    def window(self, workspace_id: int | None) -> Window:
        """The window that a request to this workspace counts against; the user's for `None`."""
        return self.window_of(None if workspace_id is None else self._organizations[workspace_id])

    def window_of(self, organization_id: int | None) -> Window:
        """The window of an organization; the user's for `None`."""
        return self._windows[organization_id]

    def windows(self) -> list[Window]:
        """Every window, the user's first."""
        return list(self._windows.values())

    def spend(self, workspace_id: int | None, remaining: int = 0) -> None:
        """Use up the quota of a workspace's organization, or the user's, but for what is to be left."""
        self.window(workspace_id).spend(remaining)

    def remaining(self, workspace_id: int | None) -> int:
        """How many requests a workspace's organization, or the user, has left."""
        return self.window(workspace_id).remaining


class LeakyBucket:
    """The limit on requests a second: a burst fits in, and one a second leaks out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._level = 0.0
        self._updated_at = clock()

    def overflows(self, burst: int) -> bool:
        """Whether one more request is too many for a bucket of this size; if not, it is now in the bucket."""
        now = self._clock()
        self._level = max(0.0, self._level - max(0.0, now - self._updated_at))
        self._updated_at = now
        if self._level + 1 > burst + 1e-6:  # Times are floats: a second may be a little less.
            return True
        self._level += 1
        return False
