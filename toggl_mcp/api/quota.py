"""Toggl's hourly quota, as its answers last reported it."""

import re
import time
from collections.abc import Callable, Mapping

from toggl_mcp.errors import QuotaSpent
from toggl_mcp.models.quota import Bucket, Ledger

WINDOW = 3600.0
"""Seconds after which a spent quota starts anew, when Toggl does not say when."""

USER_BUCKET = "user"
_RESET = re.compile(r"quota will reset in (\d+) seconds")
_SPENT = "hourly limit for API calls"


class Quota:
    """Knows, through the ledger, what is left of one token's quotas; sends nothing that is known to be refused."""

    def __init__(self, ledger: Ledger, scope: str, clock: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._scope = scope
        self._clock = clock

    async def check(self, bucket: str) -> None:
        """Return when a request may be sent.

        Raises:
            QuotaSpent: Toggl has said that nothing is left, and the hour is not over.
        """
        for known in await self._ledger.buckets(self._scope):
            if known.name == bucket and known.remaining <= 0 and known.resets_at > self._clock():
                raise _spent(known.resets_at - self._clock())

    async def learn(self, bucket: str, headers: Mapping[str, str]) -> None:
        """Put down what an answer's headers say is left."""
        try:
            remaining = int(headers["X-Toggl-Quota-Remaining"])
            resets_in = float(headers["X-Toggl-Quota-Resets-In"])
        except (KeyError, ValueError):
            return
        await self._ledger.note(self._scope, Bucket(bucket, remaining, self._clock() + resets_in))

    async def refused(self, bucket: str, headers: Mapping[str, str], text: str) -> QuotaSpent | None:
        """Return the error for a 402 that is about the quota, put down as spent; None for any other 402."""
        if _SPENT not in text and not headers.get("X-Toggl-Quota-Remaining", "1").startswith(("0", "-")):
            return None
        said = _RESET.search(text)
        resets_in = float(said[1]) if said else _number(headers.get("X-Toggl-Quota-Resets-In"), WINDOW)
        await self._ledger.note(self._scope, Bucket(bucket, 0, self._clock() + resets_in))
        return _spent(resets_in)


def bucket_of(path: str) -> str:
    """Return the name of the quota that a request counts against: a workspace's, or the user's own."""
    first, _, rest = path.partition("/")
    return f"{first[:-1]}:{rest.partition('/')[0]}" if first in ("workspaces", "organizations") else USER_BUCKET


def _spent(resets_in: float) -> QuotaSpent:
    message = (
        f"Toggl's requests for this hour are used up; the quota resets in {max(1, round(resets_in))} s. "
        "Wait until then, or ask for something that is in the cache (without refresh)."
    )
    return QuotaSpent(message, resets_in)


def _number(text: str | None, otherwise: float) -> float:
    try:
        return float(text or "")
    except ValueError:
        return otherwise
