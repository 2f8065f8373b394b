"""Toggl's hourly quota, as its answers last reported it."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping

import anyio

from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.quota import Bucket, Ledger

_log = logging.getLogger(__name__)

WINDOW = 3600.0
"""Seconds after which a spent quota starts anew, when Toggl does not say when."""

USER_BUCKET = "user"
RESERVE = 3
"""Requests of an organization's hour that are kept for changes, and for the look after a lost creation."""

_CHARGED = re.compile(r"(?:reports/api/v3/)?(workspace|organization)s?/(\d+)")
_RESET = re.compile(r"quota will reset in (\d+) seconds")
_SPENT = "hourly limit for API calls"


class Quota:
    """Knows, through the ledger, what is left of one token's quotas; sends nothing that is known to be refused.

    Args:
        ledger: Where processes share what they know.
        scope: The token's share of it.
        clock: The time, and the pauses.
        organization_of: Returns the id of the organization that a workspace's requests are charged to, once known.
    """

    def __init__(
        self, ledger: Ledger, scope: str, clock: Clock, organization_of: Callable[[int], Awaitable[int | None]]
    ) -> None:
        self._ledger = ledger
        self._scope = scope
        self._clock = clock
        self._organization_of = organization_of

    async def admit(self, path: str, *, urgent: bool) -> None:
        """Return when a request may be sent: at once, or when its turn has come.

        Raises:
            QuotaSpent: Nothing is left of the hour, or nothing that a request which is not urgent may use.
            RateLimited: Its turn comes after the caller's deadline.
        """
        known = await self.left(path)
        if known is not None:
            kept = 0 if urgent or known.name == USER_BUCKET else RESERVE
            if known.remaining <= kept:
                raise _spent(known.resets_at - self._clock(), kept=known.remaining > 0)
        patience = anyio.current_effective_deadline() - anyio.current_time()
        wait = await self._ledger.turn(self._scope, patience)
        if wait > patience:
            message = "Too many requests at once; this one was held back, and nothing was sent. Wait, then ask again."
            raise RateLimited(message, wait)
        if wait:
            await self._clock.sleep(wait)

    async def left(self, path: str) -> Bucket | None:
        """Return what is left for requests to a path; None if that is not known, or its hour is over.

        A workspace is charged to its organization. What was put down before that was known counts as well.
        """
        names = await self._names(path)
        buckets = await self._ledger.buckets(self._scope)
        now = self._clock()
        current = [bucket for bucket in buckets if bucket.name in names and bucket.resets_at > now]
        return min(current, key=lambda bucket: bucket.remaining, default=None)

    async def current(self) -> list[Bucket]:
        """Return what is known of every quota whose hour is not over, each under one name."""
        buckets = {bucket.name: bucket for bucket in await self._ledger.buckets(self._scope)}
        now = self._clock()
        current = {name: bucket for name, bucket in buckets.items() if bucket.resets_at > now}
        for name in [name for name in current if name.startswith("workspace:")]:
            organization, *_ = await self._names(f"workspaces/{name.partition(':')[2]}")
            if organization != name and organization in current:
                del current[name]
        return list(current.values())

    async def learn(self, path: str, headers: Mapping[str, str]) -> None:
        """Put down what an answer's headers say is left."""
        try:
            remaining = int(headers["X-Toggl-Quota-Remaining"][:9])
            resets_in = float(headers["X-Toggl-Quota-Resets-In"])
        except (KeyError, ValueError):
            return
        if not 0 <= resets_in <= WINDOW:
            return
        await self._note(path, remaining, resets_in)

    async def refused(self, path: str, headers: Mapping[str, str], text: str) -> QuotaSpent | None:
        """Return the error for a 402 that is about the quota, put down as spent; None for any other 402."""
        if _SPENT not in text and not headers.get("X-Toggl-Quota-Remaining", "1").startswith(("0", "-")):
            return None
        said = _RESET.search(text)
        told = float(said[1]) if said else _number(headers.get("X-Toggl-Quota-Resets-In"), WINDOW)
        resets_in = told if 0 <= told <= WINDOW else WINDOW
        await self._note(path, 0, resets_in)
        return _spent(resets_in)

    async def _note(self, path: str, remaining: int, resets_in: float) -> None:
        name, *_ = await self._names(path)
        try:
            await self._ledger.note(self._scope, Bucket(name, remaining, self._clock() + resets_in))
        except CacheBusy:  # What Toggl has answered counts for more than what it says is left.
            _log.exception("What is left of the quota could not be put down.")

    async def _names(self, path: str) -> list[str]:
        """Return the names of the buckets that a request counts against, the one to put down first."""
        found = _CHARGED.match(path)
        if found is None:
            return [USER_BUCKET]
        kind, number = found.groups()
        if kind == "organization":
            return [f"organization:{number}"]
        organization = await self._organization_of(int(number))
        return (
            [f"workspace:{number}"] if organization is None else [f"organization:{organization}", f"workspace:{number}"]
        )


def _spent(resets_in: float, *, kept: bool = False) -> QuotaSpent:
    what = f"used up but for the last {RESERVE}, which are kept for changes" if kept else "used up"
    message = (
        f"Toggl's requests for this hour are {what}; the quota resets in {max(1, round(resets_in))} s. "
        "Wait until then, or ask for something that is in the cache (without refresh)."
    )
    return QuotaSpent(message, resets_in)


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text or "")
    except ValueError:
        return otherwise
