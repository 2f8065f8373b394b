"""A Toggl resource of a workspace: read through the cache, written through to Toggl."""

import logging
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from toggl_mcp.cache.store import Key, Row
from toggl_mcp.endpoints.identity import HasId, id_of
from toggl_mcp.endpoints.reader import CachedReader, E
from toggl_mcp.errors import NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.time_entries import TimeEntry

_log = logging.getLogger(__name__)


class CachedEndpoint(CachedReader[E]):
    """The verbs that every resource has; `CachedReader` tells the constructor's parameters."""

    DELETION: ClassVar[dict[str, str]] = {}
    """The query that a deletion is sent with."""
    RELATED: ClassVar[bool] = True
    """Whether the names of these are told along with the account."""
    ECHOES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each verb, the kinds of things that Toggl changes along with it."""
    AMENDS: ClassVar[Collection[str]] = ()
    """Verbs that change time entries along with it, which is written through when they are confirmed."""

    async def delete(self, entity: int | HasId) -> None:
        """Delete one; already gone is done.

        Raises:
            NotFound: It was gone already, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._remove(id_of(entity), self._path(id_of(entity)))

    async def forget(self) -> None:
        """Drop what is cached: Toggl has changed it along with something else."""
        await self._snapshots.forget()
        await self._snapshots.forget_related()

    async def _remove(self, entity_id: int, path: str) -> None:
        async with self._change("delete", entity_id):
            try:
                await self._transport.send("DELETE", path, query=self.DELETION)
            except NotFound:
                await self._gone(entity_id)
            else:
                await self._snapshots.put(entity_id, None)

    async def _create(self, body: Mapping[str, Any], same: Callable[[E], bool], path: str | None = None) -> E:
        """Create one, at most once: when the answer is lost, look before saying so."""
        before = (await self.read(urgent=True)).collection.items.keys()
        async with self._change("add") as seen:
            try:
                item = self._answered(await self._transport.send("POST", path or self._path(), body=body))
            except OutcomeUnknown as doubt:
                return await self._looked_for(before, same, doubt)
            await self._snapshots.put(item.id, item, seen)
            return item

    async def _update(self, entity_id: int, body: Mapping[str, Any], path: str | None = None) -> E | None:
        """Send a change and return what it made of the thing; one that says nothing is not sent."""
        if not body:
            return await self.get(entity_id)
        async with self._change("edit", entity_id) as seen:
            try:
                item = self._answered(await self._transport.send("PUT", path or self._path(entity_id), body=body))
            except NotFound:
                return await self._gone(entity_id)
            await self._snapshots.put(item.id, item, seen)
            return item

    async def _gone(self, entity_id: int) -> None:
        """Take out what Toggl does not have any more.

        Raises:
            NotFound: `re_raise` is set.
        """
        await self._snapshots.put(entity_id, None)
        if self.re_raise:
            raise NotFound(self._none(entity_id))

    async def _looked_for(self, before: Collection[int], same: Callable[[E], bool], doubt: OutcomeUnknown) -> E:
        """Return what a lost answer left at Toggl, if exactly one new thing can be it."""
        items = await self._look(doubt)
        new = [item for key, item in items.items() if key not in before and same(item)]
        if len(new) != 1:
            raise doubt
        return new[0]

    async def _look(self, doubt: OutcomeUnknown) -> Mapping[int, E]:
        """Return everything as it is at Toggl after a lost answer, or raise the doubt if it cannot be seen."""
        await self._snapshots.forget()
        try:
            return (await self.read(refresh=True, urgent=True)).collection.items
        except TogglError as error:
            raise doubt from error

    @asynccontextmanager
    async def _change(self, verb: str, entity_id: int | None = None) -> AsyncGenerator[Row]:
        """Put a change on record, and forget the snapshot when it is not known whether it went through.

        Yields the row from before the change.
        """
        seen, outcome = await self._snapshots.row(entity_id), "unknown"
        try:
            yield seen
            outcome = "confirmed"
        except TogglError as error:
            outcome = error.code
            raise
        finally:
            _log.info("%s %s %s in workspace %d: %s", verb, self.KIND, entity_id or "", self.workspace_id, outcome)
            doubt = outcome in ("unknown", OutcomeUnknown.code)
            if doubt or outcome == "confirmed":
                await self._snapshots.forget_all(self._doomed(verb, doubt=doubt))
            if self.RELATED and outcome in ("unknown", "confirmed", OutcomeUnknown.code, NotFound.code):
                await self._snapshots.forget_related()

    def _doomed(self, verb: str, *, doubt: bool) -> list[Key]:
        """Return the collections that are not to be believed after a change."""
        own = [self._snapshots.key] if doubt else []
        echoes = [self._snapshots.key._replace(kind=kind) for kind in self.ECHOES.get(verb, ())]
        log = [self._entries.key] if doubt and verb in self.AMENDS else []
        return [*own, *echoes, *log]

    async def _amend(self, change: Callable[[TimeEntry], TimeEntry]) -> None:
        """Write through what a confirmed change has done to the workspace's time entries."""
        await self._entries.amend(lambda entry: change(entry) if entry.workspace_id == self.workspace_id else entry)

    def _answered(self, row: object) -> E:
        """Return what the answer to a change means; an unreadable one confirms nothing."""
        try:
            return self._parsed(row)
        except Unreachable as error:
            message = f"Toggl did not say what became of the {self.KIND}. Look at it before asking again."
            raise OutcomeUnknown(message) from error


class ListedEndpoint(CachedEndpoint[E]):
    """A resource whose things are simply listed."""

    async def collect(self, *, refresh: bool = False) -> list[E]:
        """Return every one of them, archived ones too, by name."""
        reading = await self.read(refresh=refresh)
        return [item for _, _, item in reading.collection.ordered]
