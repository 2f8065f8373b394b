"""Toggl's hourly quota, as its answers last reported it."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping

import anyio

from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.quota import Bucket, QuotaStore

_log = logging.getLogger(__name__)

QUOTA_WINDOW_SECONDS = 3600.0
"""Seconds after which a spent quota starts anew, when Toggl does not say when."""

USER_BUCKET = "user"
RESERVED_REQUESTS = 3
"""Requests of an organization's hour that are kept for changes, and for the look after a lost creation."""

_CHARGED_PATH = re.compile(r"(?:reports/api/v3/)?(workspace|organization)s?/(\d+)")
_RESET_TEXT = re.compile(r"quota will reset in (\d+) seconds")
_SPENT_TEXT = "hourly limit for API calls"


class Quota:
    """Knows, through the ledger, what is left of one token's quotas; sends nothing that is known to be refused.

    Args:
        ledger: Where processes share what they know.
        scope: The token's share of it.
        clock: The time, and the pauses.
        organization_of: Returns the id of the organization that a workspace's requests are charged to, once known.
    """

    def __init__(
        self, store: QuotaStore, scope: str, clock: Clock, organization_of: Callable[[int], Awaitable[int | None]]
    ) -> None:
        self._store = store
        self._scope = scope
        self._clock = clock
        self._organization_of = organization_of

    async def acquire(self, path: str, *, use_reserve: bool) -> None:
        """Return when a request may be sent: at once, or when its turn has come.

        Raises:
            QuotaSpent: Nothing is left of the hour, or nothing that a request which is not urgent may use.
            RateLimited: Its turn comes after the caller's deadline.
        """
        bucket = await self.remaining(path)
        if bucket is not None:
            reserved = 0 if use_reserve or bucket.name == USER_BUCKET else RESERVED_REQUESTS
            if bucket.remaining <= reserved:
                raise _quota_spent_error(bucket.resets_at - self._clock(), is_reserved=bucket.remaining > 0)
        max_wait_seconds = anyio.current_effective_deadline() - anyio.current_time()
        wait = await self._store.reserve_slot(self._scope, max_wait_seconds)
        if wait > max_wait_seconds:
            message = "Too many requests at once; this one was held back, and nothing was sent. Wait, then ask again."
            raise RateLimited(message, wait)
        if wait:
            await self._clock.sleep(wait)

    async def remaining(self, path: str) -> Bucket | None:
        """Return what is left for requests to a path; None if that is not known, or its hour is over.

        A workspace is charged to its organization. What was put down before that was known counts as well.
        """
        names = await self._bucket_names(path)
        buckets = await self._store.list_buckets(self._scope)
        now = self._clock()
        current = [bucket for bucket in buckets if bucket.name in names and bucket.resets_at > now]
        return min(current, key=lambda bucket: bucket.remaining, default=None)

    async def list_buckets(self) -> list[Bucket]:
        """Return what is known of every quota whose hour is not over, each under one name."""
        buckets = {bucket.name: bucket for bucket in await self._store.list_buckets(self._scope)}
        now = self._clock()
        current = {name: bucket for name, bucket in buckets.items() if bucket.resets_at > now}
        for name in [name for name in current if name.startswith("workspace:")]:
            organization, *_ = await self._bucket_names(f"workspaces/{name.partition(':')[2]}")
            if organization != name and organization in current:
                del current[name]
        return list(current.values())

    async def update_from_headers(self, path: str, headers: Mapping[str, str]) -> None:
        """Put down what an answer's headers say is left."""
        try:
            remaining = int(headers["X-Toggl-Quota-Remaining"][:9])
            resets_in = float(headers["X-Toggl-Quota-Resets-In"])
        except (KeyError, ValueError):
            return
        if not 0 <= resets_in <= QUOTA_WINDOW_SECONDS:
            return
        await self._record(path, remaining, resets_in)

    async def on_402(self, path: str, headers: Mapping[str, str], text: str) -> QuotaSpent | None:
        """Return the error for a 402 that is about the quota, put down as spent; None for any other 402."""
        if _SPENT_TEXT not in text and not headers.get("X-Toggl-Quota-Remaining", "1").startswith(("0", "-")):
            return None
        match = _RESET_TEXT.search(text)
        seconds = (
            float(match[1]) if match else _to_seconds(headers.get("X-Toggl-Quota-Resets-In"), QUOTA_WINDOW_SECONDS)
        )
        resets_in = seconds if 0 <= seconds <= QUOTA_WINDOW_SECONDS else QUOTA_WINDOW_SECONDS
        await self._record(path, 0, resets_in)
        return _quota_spent_error(resets_in)

    async def _record(self, path: str, remaining: int, resets_in: float) -> None:
        name, *_ = await self._bucket_names(path)
        try:
            await self._store.record(self._scope, Bucket(name, remaining, self._clock() + resets_in))
        except CacheBusy:  # What Toggl has answered counts for more than what it says is left.
            _log.exception("What is left of the quota could not be put down.")

    async def _bucket_names(self, path: str) -> list[str]:
        """Return the names of the buckets that a request counts against, the one to put down first."""
        match = _CHARGED_PATH.match(path)
        if match is None:
            return [USER_BUCKET]
        kind, number = match.groups()
        if kind == "organization":
            return [f"organization:{number}"]
        organization = await self._organization_of(int(number))
        return (
            [f"workspace:{number}"] if organization is None else [f"organization:{organization}", f"workspace:{number}"]
        )


def _quota_spent_error(resets_in: float, *, is_reserved: bool = False) -> QuotaSpent:
    state = f"used up but for the last {RESERVED_REQUESTS}, which are kept for changes" if is_reserved else "used up"
    message = (
        f"Toggl's requests for this hour are {state}; the quota resets in {max(1, round(resets_in))} s. "
        "Wait until then, or ask for something that is in the cache (without refresh)."
    )
    return QuotaSpent(message, resets_in)


def _to_seconds(text: str | None, default: float) -> float:
    try:
        return float(text or "")
    except ValueError:
        return default
