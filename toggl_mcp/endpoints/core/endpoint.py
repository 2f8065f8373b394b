"""A Toggl resource of a workspace: read through the cache, written through to Toggl.

A creation whose response is lost is never sent again: `_create` leaves it to `_reconcile_create`, which reads the list
and returns the only new item that matches, or else raises OutcomeUnknown. `_change` invalidates what is in doubt.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Any, ClassVar, TypeVar

from toggl_mcp.cache.store import Key, Row
from toggl_mcp.endpoints.core.audit import Outcome, write_audit_line
from toggl_mcp.endpoints.core.change import Cascade, Change
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.keys import HasId, names_key, to_id
from toggl_mcp.endpoints.core.parsing import unreadable_confirmation_error
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.errors import REFUSALS, NotFound, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.base import WorkspaceResource

E = TypeVar("E", bound=WorkspaceResource)
WriteCascade = Callable[[E | None], Awaitable[Cascade]]
"""Writes through what a confirmed change, to the item or to none, has done to rows of another kind; returns that."""


class CachedEndpoint(ReadEndpoint[E], ABC):
    """A resource of a workspace: reads go through the cache, changes are written through to it, and can be undone."""

    DELETE_PARAMS: ClassVar[dict[str, str]] = {}
    """The query parameters of a deletion."""
    INVALIDATES: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each verb, the kinds of resources that Toggl changes with it."""

    DEPENDENTS: ClassVar[Mapping[str, str]] = {}
    """What a deletion does to the items of other kinds that refer to it (edit, delete), by kind."""

    async def delete(self, entity: int | HasId) -> None:
        """Delete one by its id; it is no error if Toggl has none.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._remove(to_id(entity), self._path(to_id(entity)))

    def is_listed(self, item: E) -> bool:  # noqa: ARG002 - overridden where Toggl lists only some
        """Return whether Toggl's list would have an item, if it exists."""
        return True

    async def undelete(self, items: Sequence[E]) -> None:  # noqa: ARG002 - overridden where Toggl can
        """Bring deleted items back under their ids where Toggl can; a read shows which are back."""
        return

    async def put_back(
        self,
        items: Sequence[E],
        fields: Mapping[str, Any],
        archived_project_ids: Sequence[int],  # noqa: ARG002 - overridden where projects are archived along
    ) -> set[int]:
        """Give items their former values of these fields; return the ids of those that have them then."""
        results = [await self.put_back_fields(item, fields) for item in items]
        return {item.id for item in results if item is not None and item.has_values(fields)}

    @abstractmethod
    async def put_back_fields(self, item: E, fields: Mapping[str, Any]) -> E | None:
        """Give an item its former values of these fields; return it, or None if Toggl has none."""

    @abstractmethod
    async def recreate(self, item: E) -> E:
        """Create what a deleted item was, under another id."""

    async def _remove(self, entity_id: int, path: str, write_cascade: WriteCascade[E] | None = None) -> None:
        dependents = [
            await self._collection.find_dependents(entity_id, kind, verb) for kind, verb in self.DEPENDENTS.items()
        ]
        async with self._change("delete", entity_id) as change:
            try:
                await self._transport.send("DELETE", path, query=self.DELETE_PARAMS, change=change.pending)
            except NotFound:
                await self._evict(entity_id, change.get_row_before(entity_id))
            except OutcomeUnknown as error:
                is_denied = isinstance(error.__cause__, NotFound)
                was_cached = change.get_row_before(entity_id).text is not None
                if not is_denied and (not was_cached or entity_id in (await self._refetch_refused(error)).ids):
                    raise
                change.add_confirmed_row(entity_id, None)
            else:
                change.add_confirmed_row(entity_id, None)
            if write_cascade is not None:
                change.cascades.append(await write_cascade(None))
            change.cascades += dependents

    async def _create(
        self,
        body: Mapping[str, Any],
        matches: Callable[[E], bool],
        path: str | None = None,
        changed_ids: Sequence[int] = (),
    ) -> E:
        """Create one, at most once: after a lost response, look for it at Toggl.

        `changed_ids` are those of others that Toggl changes along with it.
        """
        before = (await self.reserved.read()).collection
        async with self._change("add", *changed_ids) as change:
            try:
                response = await self._transport.send("POST", path or self._path(), body=body, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except OutcomeUnknown as error:
                item = await self._reconcile_create(before.ids, matches, error)
                change.add_journal_row(item.id, item)
                return item
            change.add_confirmed_row(item.id, item)
            return item

    async def _update(
        self,
        entity_id: int,
        body: Mapping[str, Any],
        path: str | None = None,
        write_cascade: WriteCascade[E] | None = None,
        *,
        before: E | None = None,
    ) -> E | None:
        """Send a change and return the changed one, or None if Toggl has none; an empty change is not sent.

        `before` is what Toggl has; without it, what the cache has counts.
        """
        if not body:
            return await self.get(entity_id)
        path = path or self._path(entity_id)
        async with self._change("edit", entity_id) as change:
            try:
                response = await self._transport.send("PUT", path, body=body, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except NotFound:
                return await self._evict(entity_id, change.get_row_before(entity_id))
            except OutcomeUnknown as error:
                item = (await self._refetch_refused(error)).find_updated(entity_id, body, error)
                if item is None:
                    return self._report_absence(entity_id)
            change.add_confirmed_row(item.id, item, before=before, fields=body.keys())
            if write_cascade is not None:
                await write_cascade(item)  # An undo does not put it back by itself: the former value cascades, too.
            return item

    async def _evict(self, entity_id: int, row_before: Row | None = None) -> None:
        """Remove one that Toggl does not have from the cache; `row_before` is from before a change was sent.

        Raises:
            NotFound: `re_raise` is set.
        """
        await self._collection.write_through(entity_id, None, row_before)
        self._report_absence(entity_id)

    def _report_absence(self, entity_id: int) -> None:
        """Return None for one that Toggl does not have.

        Raises:
            NotFound: `re_raise` is set.
        """
        if self.re_raise:
            raise NotFound(self._not_found_message(entity_id))

    async def _reconcile_create(
        self, ids_before: AbstractSet[int], matches: Callable[[E], bool], outcome_unknown: OutcomeUnknown
    ) -> E:
        """Return what a creation whose response was lost has created, if exactly one new item matches it."""
        collection = await self._refetch(outcome_unknown)
        candidates = [item for key, item in collection.items.items() if key not in ids_before and matches(item)]
        # A new row that cannot be read may be what was created, and a row that had no id before may be the new match:
        # then neither of them is taken for it, nor is the creation taken to have failed.
        is_doubtful = collection.unreadable_ids - ids_before or min(ids_before, default=0) < 0
        if len(candidates) != 1 or is_doubtful:
            raise outcome_unknown
        return candidates[0]

    async def _refetch_refused(self, outcome_unknown: OutcomeUnknown) -> Collection[E]:
        """Return all of them as Toggl has them after the repeat of a change was refused; raise if it was not."""
        # A repeat that got no response either may still be on its way.
        if not isinstance(outcome_unknown.__cause__, REFUSALS):
            raise outcome_unknown
        return await self._refetch(outcome_unknown)

    async def _refetch(self, outcome_unknown: OutcomeUnknown) -> Collection[E]:
        """Return all of them as Toggl has them after a lost response; raise `outcome_unknown` if it gives no answer."""
        await self._collection.invalidate()
        try:
            return (await self.reserved.read(refresh=True)).collection
        except TogglError as error:
            raise outcome_unknown from error

    @asynccontextmanager
    async def _change(self, verb: str, *entity_ids: int) -> AsyncGenerator[Change[E]]:
        """Open a change, and settle it when it ends: log its outcome, and invalidate what it may have altered."""
        dependent_keys = [self._collection.key._replace(kind=kind) for kind in self.INVALIDATES.get(verb, ())]
        # A change that is cut off may have been applied, as one without a confirmation.
        keys, drops_names = [*self._keys_if_applied(verb), *dependent_keys], True
        outcome: Outcome = "unknown"
        code: str | None = None
        account_keys = [names_key(self._collection.key.scope)] if self.IN_ACCOUNT_RESPONSE else []
        change = await self._collection.open_change(verb, self.workspace_id, entity_ids, [*keys, *account_keys])
        try:
            yield change
            # Without a row, Toggl had nothing to change: it has none of that id, or has refused each of several.
            keys, outcome = dependent_keys, "confirmed" if change.journal_rows else "refused"
            change.confirm()
        except TogglError as error:
            code = error.code
            if not isinstance(error, OutcomeUnknown):  # It was not applied; but what is not found may be named still.
                keys, drops_names, change.records, outcome = [], isinstance(error, NotFound), (), "refused"
            raise
        finally:
            write_audit_line(change, entity_ids, outcome, code)
            try:
                await self._collection.settle_change(change, keys, drops_names=drops_names and self.IN_ACCOUNT_RESPONSE)
            except BaseException:  # No scope shields from asyncio's own cancellation, so it may not be stored.
                await self._collection.invalidate(*keys, names_key(self._collection.key.scope))
                raise

    def _keys_if_applied(self, verb: str) -> list[Key]:  # noqa: ARG002 - overridden by endpoints with cascades
        """Return the keys of the collections that a change has altered if it was applied."""
        return [self._collection.key]

    async def _parse_confirmation(self, change: Change[E], row: object) -> E:
        """Return the response to a change as a model; one that cannot be read confirms nothing."""
        try:
            return self._parse_row(row)
        except Unreachable as error:
            await self._collection.record_remaining(change)
            raise unreadable_confirmation_error(self.KIND) from error
