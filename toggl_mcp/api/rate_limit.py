"""Admission of requests: the hourly quotas as Toggl last reported them, and the pace.

What a refused request means is in `error_mapping.py`, such as whether a 402 is about the quota.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager

import anyio

from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.metrics import record_wait
from toggl_mcp.models.quota import QUOTA_WINDOW_SECONDS, Bucket, PendingChange, QuotaStore, find_scarcest

_log = logging.getLogger(__name__)

USER_BUCKET = "user"
RESERVED_REQUESTS = 3
"""Requests of an organization's hour that only changes may use, and the reads that a change depends on."""

_CHARGED_PATH = re.compile(r"(?:reports/api/v3/)?(workspace|organization)s?/(\d+)")
_RESET_TEXT = re.compile(r"quota will reset in (\d+) seconds")


class RateLimiter:
    """The quotas of one token: a request that Toggl would refuse is not sent.

    Args:
        store: What processes share of the quotas.
        scope: The token's share of the store.
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
        self._organization_ids: dict[int, int] = {}

    async def acquire(
        self, bucket_names: Sequence[str], *, use_reserve: bool, change: PendingChange | None = None
    ) -> None:
        """Return when a request may be sent: at once, or when its slot has come. A change is recorded with its slot.

        Raises:
            QuotaSpent: No request remains this hour, or none beyond the reserve, which only `use_reserve` may use.
            RateLimited: The slot comes after the caller's deadline.
        """
        if change is not None:
            change.is_recorded = True  # First of all: what follows may be cut off after it was stored.
        reserved = 0 if use_reserve or USER_BUCKET in bucket_names else RESERVED_REQUESTS
        max_wait_seconds = anyio.current_effective_deadline() - anyio.current_time()
        bucket, wait_seconds = await self._store.reserve_slot(
            self._scope, bucket_names, reserved, max_wait_seconds, change
        )
        if bucket is not None and bucket.remaining <= reserved:
            raise _quota_spent_error(bucket.resets_at - self._clock(), is_reserved=bucket.remaining > 0)
        if wait_seconds > max_wait_seconds:
            message = "Too many requests at once; this one was held back, and nothing was sent. Wait, then try again."
            raise RateLimited(message, wait_seconds)
        record_wait(wait_seconds)
        if wait_seconds:
            await self._clock.sleep(wait_seconds)

    async def remaining(self, path: str) -> Bucket | None:
        """Return the scarcest quota of requests to a path; None if it is unknown, or its hour is over."""
        bucket_names = await self.bucket_names(path)
        return find_scarcest(await self._store.list_buckets(self._scope), bucket_names, self._clock())

    async def bucket_names(self, path: str) -> Sequence[str]:
        """Return the names of the buckets that a request counts against, the one to record first.

        A workspace is charged to its organization. What was recorded before that was known counts as well.
        """
        match = _CHARGED_PATH.match(path)
        if match is None:
            return [USER_BUCKET]
        kind, number = match.groups()
        if kind == "organization":
            return [f"organization:{number}"]
        organization_id = await self._find_organization(int(number))
        own_name = f"workspace:{number}"
        return [own_name] if organization_id is None else [f"organization:{organization_id}", own_name]

    async def list_buckets(self) -> list[Bucket]:
        """Return every quota whose hour is not over, each under one name."""
        buckets = {bucket.name: bucket for bucket in await self._store.list_buckets(self._scope)}
        now = self._clock()
        current = {name: bucket for name, bucket in buckets.items() if bucket.is_current(now)}
        for name in [name for name in current if name.startswith("workspace:")]:
            charged_name, *_ = await self.bucket_names(f"workspaces/{name.partition(':')[2]}")
            if charged_name != name and charged_name in current:
                del current[name]
        return list(current.values())

    def parse_headers(self, bucket_names: Sequence[str], headers: Mapping[str, str]) -> Bucket | None:
        """Return what a response's headers say remains; None if they do not say."""
        resets_in = parse_seconds(headers.get("X-Toggl-Quota-Resets-In"))
        try:
            remaining = int(headers["X-Toggl-Quota-Remaining"][:9])
        except (KeyError, ValueError):
            return None
        return None if resets_in is None else Bucket(bucket_names[0], remaining, self._clock() + resets_in)

    async def record(self, bucket: Bucket | None) -> None:
        """Record what remains, if it is known."""
        if bucket is not None:
            # Shielded: Toggl has counted the request, even if nobody waits for its response any more.
            with anyio.CancelScope(shield=True), _tolerate_busy_cache():
                await self._store.write(self._scope, bucket=bucket)

    async def throttle(self, pause_seconds: float) -> None:
        """Slow down the requests of every process after a response that asked for fewer."""
        with anyio.CancelScope(shield=True), _tolerate_busy_cache():
            await self._store.throttle(self._scope, pause_seconds)

    async def record_spent(self, bucket_names: Sequence[str], headers: Mapping[str, str], text: str) -> QuotaSpent:
        """Record a quota as spent after a 402 about it, and return the error."""
        match = _RESET_TEXT.search(text)
        resets_in = parse_seconds(match[1] if match else headers.get("X-Toggl-Quota-Resets-In"))
        if resets_in is None:
            resets_in = QUOTA_WINDOW_SECONDS
        await self.record(Bucket(bucket_names[0], 0, self._clock() + resets_in))
        return _quota_spent_error(resets_in)

    async def _find_organization(self, workspace_id: int) -> int | None:
        """Return the organization of a workspace, or None until it is known."""
        # Kept for good: a workspace stays with its organization, and each request would ask the store again.
        if workspace_id not in self._organization_ids:
            organization_id = await self._organization_of(workspace_id)
            if organization_id is None:
                return None
            self._organization_ids[workspace_id] = organization_id
        return self._organization_ids[workspace_id]


@contextmanager
def _tolerate_busy_cache() -> Generator[None]:
    """Let a response count that the cache is too busy to learn from: other processes learn from their own."""
    try:
        yield
    except CacheBusy:
        _log.exception("The cache is busy, so what Toggl said of the quota or the pace was not recorded.")


def _quota_spent_error(resets_in: float, *, is_reserved: bool = False) -> QuotaSpent:
    state = f"used up except for the last {RESERVED_REQUESTS}, which are kept for changes" if is_reserved else "used up"
    message = (
        f"Toggl's requests for this hour are {state}; the quota resets in {max(1, round(resets_in))} s. "
        "Wait until then, or read what is cached (without refresh)."
    )
    return QuotaSpent(message, resets_in)


def parse_seconds(text: str | None) -> float | None:
    """Return the whole seconds of a header, an hour at most; None if it has no such number."""
    # A number of any length is a float, at worst an infinite one, and Toggl's longest pause is an hour.
    return min(float(text), QUOTA_WINDOW_SECONDS) if text and text.isdecimal() else None
