"""One collection: from the cache while it is fresh, else from Toggl, asked once for everybody who waits."""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from math import inf
from typing import Generic, Protocol, TypeVar

import anyio
from pydantic import BaseModel, TypeAdapter, ValidationError

from toggl_mcp.cache.store import Key, Mark, Row, Store
from toggl_mcp.endpoints.core.collection import Collection, Found, Reading, moment
from toggl_mcp.endpoints.core.keys import related_key
from toggl_mcp.errors import CacheBusy, QuotaSpent, RateLimited, TogglError, Unreachable

M = TypeVar("M", bound=BaseModel)
M_co = TypeVar("M_co", bound=BaseModel, covariant=True)

_log = logging.getLogger(__name__)

CLAIM_SECONDS = 5.0
"""For how long others wait for one that asks: a killed process keeps nobody longer."""
POLL_SECONDS = 0.05
STALE_SECONDS = 24 * 3600.0
"""For how long past its freshness a snapshot is better than no answer."""
CLOCK_SLACK = 60.0
"""How far ahead of the clock a snapshot may lie before it is taken for a mistake."""


class Fetch(Protocol[M_co]):
    """Asks Toggl for a whole collection."""

    async def __call__(self, *, urgent: bool) -> Mapping[int, M_co]:
        """Return all of it; what is `urgent` may use the last requests of the hour."""
        ...


class Snapshots(Generic[M]):
    """Reads and writes one collection.

    Args:
        store: Where it is kept.
        key: Its name there.
        model: What it consists of.
        fetch: Asks Toggl for all of it.
        keep: For how many seconds a snapshot is fresh; None is for ever.
        may_be_stale: Whether an older snapshot may stand in when Toggl cannot be asked.
    """

    def __init__(
        self,
        store: Store,
        key: Key,
        model: type[M],
        fetch: Fetch[M],
        *,
        keep: float | None,
        may_be_stale: bool,
    ) -> None:
        self._store = store
        self.key = key
        self._model = model
        self._many: TypeAdapter[list[M]] = TypeAdapter(list[model])  # pyright: ignore[reportInvalidTypeForm] - a run-time type
        self._fetch = fetch
        self._keep = keep
        self._may_be_stale = may_be_stale
        self._parsed: Collection[M] | None = None
        self._one_asks = anyio.Lock()
        self._failure: TogglError | None = None

    async def read(self, *, refresh: bool = False, urgent: bool = False) -> Reading[M]:
        """Return the whole collection; with `refresh` only as Toggl has it after this call.

        What is `urgent`, because a change depends on it, may use the last requests of the hour.

        Raises:
            QuotaSpent, RateLimited, Unreachable: There is no answer, and no snapshot that may stand in for it.
        """
        since = self._store.clock() if refresh else self._oldest()
        if known := await self._newer(since):
            return Reading(known, "cache")
        try:
            return await self._refreshed(since, urgent=urgent)
        except (QuotaSpent, RateLimited, Unreachable):
            known = await self._stand_in() if self._may_be_stale and not refresh else None
            if known is None:
                raise
            return Reading(known, "stale")

    async def peek(self, row_id: int) -> Found[M] | None:
        """Return what a fresh snapshot says of one id, at a cost that does not grow with it; None without one."""
        await self._caught_up()
        mark, text = await self._store.row(self.key, row_id)
        if not self._newer_than(mark, self._oldest()):
            return None
        item = self._readable(text)
        return None if item is None and text is not None else Found(item, "cache", moment(mark))

    async def known(self, row_id: int) -> M | None:
        """Return what the last snapshot says of one id, however old it is."""
        await self._caught_up()
        return self._readable((await self._store.row(self.key, row_id)).text)

    def _readable(self, text: str | None) -> M | None:
        """Return what a row says; None if it was written by a version that says it otherwise."""
        try:
            return None if text is None else self._model.model_validate_json(text)
        except ValidationError:
            return None

    async def cached(self) -> Collection[M] | None:
        """Return the fresh snapshot without ever asking Toggl; None without one."""
        return await self._newer(self._oldest())

    async def last(self) -> Collection[M] | None:
        """Return the last snapshot, however old it is, without asking Toggl; None without one."""
        return await self._newer(-inf)

    async def mark(self) -> Mark:
        """Return how far the collection has come."""
        return await self._store.mark(self.key)

    async def row(self, row_id: int | None) -> Row:
        """Return a row as it is kept now, to be compared with when a change is confirmed; none without an id."""
        return Row(await self.mark(), None) if row_id is None else await self._store.row(self.key, row_id)

    async def put(self, row_id: int, item: M | None, seen: Row | None = None) -> None:
        """Write a confirmed change through: a model as it is now, or None for one that is gone.

        `seen` is the row from before the change was sent: what has come in since may be later than its answer.
        """
        text = None if item is None else item.model_dump_json(exclude_none=True)
        with anyio.CancelScope(shield=True), self._owed_if_busy(self.key):
            mark = await self._store.write(self.key, row_id, text, seen=seen)
            if self._parsed is not None and self._parsed.mark == mark._replace(version=mark.version - 1):
                self._parsed = self._parsed.after(row_id, item, mark)

    async def forget(self) -> None:
        """Drop what is in doubt."""
        await self.forget_all([self.key])

    async def forget_all(self, keys: Sequence[Key]) -> None:
        """Drop collections of the store that are in doubt."""
        self._store.owed.update(keys)  # First of all: what follows may be cut off.
        with anyio.CancelScope(shield=True):
            for key in keys:
                with self._owed_if_busy(key):
                    await self._store.forget(key)
                    self._store.owed.discard(key)

    async def forget_related(self) -> None:
        """Drop the names that came along with the account for this workspace: one of them has changed."""
        key = related_key(self.key.scope)
        with anyio.CancelScope(shield=True), self._owed_if_busy(key):
            await self._store.write(key, self.key.parent, None)

    @contextmanager
    def _owed_if_busy(self, key: Key) -> Generator[None]:
        """Let a change that Toggl has heard stand, and believe nothing until the cache can be told of it."""
        try:
            yield
        except CacheBusy:
            _log.exception("The cache could not be told of a change; other processes see it when it expires.")
            self._store.owed.add(key)

    async def _caught_up(self) -> None:
        if self.key in self._store.owed:
            await self._store.forget(self.key)
            self._store.owed.discard(self.key)

    async def _refreshed(self, since: float, *, urgent: bool) -> Reading[M]:
        failed_before = self._failure
        async with self._one_asks:
            if self._failure is not None and self._failure is not failed_before and not urgent:
                raise self._failure
            while (known := await self._newer(since)) is None:
                if (until := await self._store.claim(self.key, CLAIM_SECONDS)) is not None:
                    return await self._claimed(since, until, urgent=urgent)
                await anyio.sleep(POLL_SECONDS)
            return Reading(known, "cache")

    async def _claimed(self, since: float, until: float, *, urgent: bool) -> Reading[M]:
        try:
            if known := await self._newer(since):
                return Reading(known, "cache")
            return await self._asked(urgent=urgent)
        except TogglError as error:
            self._failure = error
            raise
        finally:
            with anyio.CancelScope(shield=True), self._owed_if_busy(self.key):
                await self._store.release(self.key, until)

    async def fill(self, items: Mapping[int, M], *, seen: Mark, asked_at: float) -> Reading[M]:
        """Keep what Toggl has sent, unless something was written since `seen`, and return it."""
        texts = {key: item.model_dump_json(exclude_none=True) for key, item in items.items()}
        answered = Collection(items, Mark(seen.version, asked_at))
        with anyio.CancelScope(shield=True), self._owed_if_busy(self.key):
            if await self._store.replace(self.key, texts, seen=seen.version, fetched_at=asked_at):
                self._parsed = answered
        return Reading(answered, "toggl")

    async def _asked(self, *, urgent: bool) -> Reading[M]:
        seen = await self.mark()
        asked_at = self._store.clock()
        return await self.fill(await self._fetch(urgent=urgent), seen=seen, asked_at=asked_at)

    async def _stand_in(self) -> Collection[M] | None:
        return await self._newer(self._oldest() - STALE_SECONDS)

    async def _newer(self, since: float) -> Collection[M] | None:
        """Return the snapshot if it was asked for after `since`, parsed at most once a version."""
        await self._caught_up()
        mark = await self._store.mark(self.key)
        if not self._newer_than(mark, since):
            return None
        if self._parsed is None or self._parsed.mark != mark:
            snapshot = await self._store.read(self.key)
            if snapshot is None:
                return None
            try:
                models = self._many.validate_json(f"[{','.join(snapshot.rows.values())}]")
            except ValidationError:  # Another version has written it: as good as nothing.
                return None
            self._parsed = Collection(dict(zip(snapshot.rows, models, strict=True)), snapshot.mark)
        return self._parsed

    def _newer_than(self, mark: Mark, since: float) -> bool:
        return mark.fetched_at is not None and since < mark.fetched_at <= self._store.clock() + CLOCK_SLACK

    def _oldest(self) -> float:
        return -inf if self._keep is None else self._store.clock() - self._keep
