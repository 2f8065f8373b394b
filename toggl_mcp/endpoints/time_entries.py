"""Time entries: https://engineering.toggl.com/docs/api/time_entries."""

import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as AbstractCollection
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.core.keys import HasId, to_id
from toggl_mcp.endpoints.core.parsing import parse_entry, unreadable_confirmation_error
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.time_entry_cache import MAX_AGE, CascadingEndpoint, TimeEntryCache, is_older
from toggl_mcp.errors import (
    InvalidArguments,
    NotFound,
    OutcomeUnknown,
    QuotaSpent,
    RateLimited,
    TogglError,
    Unreachable,
)
from toggl_mcp.models.time_entries import BulkEditResult, TimeEntry, TimeEntryBody, TimerStart

_log = logging.getLogger(__name__)

MAX_RUNNING_AGE_SECONDS = 10.0
"""Seconds for which the cached running timer is recent enough to name the one that a start has stopped."""
MAX_STOP_DELAY = timedelta(seconds=2)
"""The longest time between a start and the stop of the former timer that it caused, both by Toggl's clock."""
_NOT_STOPPED = (
    "Toggl did not stop the timer, perhaps because it does not run, and sent no usable list of what runs. "
    "Call get_timer with refresh: true."
)

_NOT_RESTORED = "Toggl may have restored the entries, and sent no list of them. Undo the same change again."


class AsyncTimeEntryEndpoint(CascadingEndpoint[TimeEntry]):
    """The time entries of the token's owner, for asyncio. New ones are made in the workspace.

    They are read from one cache for all workspaces, of the last 89 days, which is fresh for two minutes.
    """

    MODEL = TimeEntry
    KIND = "time_entry"
    PATH = "time_entries"
    IN_ACCOUNT_RESPONSE = False

    async def add(self, body: TimeEntryBody) -> TimeEntry:
        """Create an entry, at most once; without `stop` and `duration` its timer runs, and Toggl stops any other.

        Raises:
            InvalidArguments: Toggl refused a value.
            OutcomeUnknown: Toggl never confirmed it, and no entry of those times, description and project was found.
        """
        start = (body.start or self._now()).astimezone(UTC).replace(microsecond=0)
        body = body.model_copy(update={"start": start})
        fields = (start, body.description or "", body.project_id or None)
        seconds = body.duration if body.stop is None else round((body.stop - start).total_seconds())

        def matches(entry: TimeEntry) -> bool:
            is_same_work = (entry.start, entry.description, entry.project_id) == fields
            return is_same_work and (seconds in (None, -1, entry.duration))

        stopped_ids: list[int] = []
        if body.stop is None and body.duration in (None, -1):
            entries = (await self.reserved.read()).collection.items
            stopped_ids = [entry_id for entry_id, entry in entries.items() if entry.running]
        try:
            payload = body.format("add", workspace_id=self.workspace_id)
            return await self._create(payload, matches, changed_ids=stopped_ids)
        except OutcomeUnknown as error:
            if start >= self._entry_cache.earliest_start():
                raise
            return await self._find_uncached_creation(matches, error)

    async def start(self, body: TimeEntryBody) -> TimerStart:
        """Start a timer; return it with the entry whose timer Toggl stopped for it, or this does.

        A timer that was started later is never stopped: it has stopped this one.
        """
        read = await self.read()
        before = read.collection.items
        is_recent = read.source == "toggl" or (self._now() - read.as_of).total_seconds() < MAX_RUNNING_AGE_SECONDS
        entry = await self.add(body)
        if is_recent and not any(item.running for item in before.values()):
            return TimerStart(entry, None)
        return await self._find_stopped(entry, before)

    async def edit(self, entry: int | HasId, body: TimeEntryBody) -> TimeEntry | None:
        """Change the fields that the body has; return the entry, or None if Toggl has none.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set; or the entry is in another workspace.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._require_own_workspace(to_id(entry))
        changes = body.format("edit")
        if changes:
            changes["workspace_id"] = self.workspace_id
        return await self._update(to_id(entry), changes)

    async def delete(self, entity: int | HasId) -> None:
        """Delete an entry; it is no error if Toggl has none."""
        await self._require_own_workspace(to_id(entity))
        await super().delete(entity)

    async def bulk_edit(self, entries: Sequence[int | HasId], body: TimeEntryBody) -> BulkEditResult:
        """Change up to 100 entries by one request; Toggl changes those that it does not refuse.

        A deleted entry would be restored by it: give only entries that exist.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        if not entries or not body.to_json_patch():
            return BulkEditResult([], [])
        ids = list(dict.fromkeys(map(to_id, entries)))
        path = f"{self._path()}/{','.join(map(str, ids))}"
        async with self._change("edit", *ids) as change:
            # After the rows were read: what is written meanwhile is in doubt, and not overwritten.
            entries_by_id = {entry_id: await self._collection.get_any_age(entry_id) for entry_id in ids}
            edited_entries = {entry_id: entry and body.apply_to(entry) for entry_id, entry in entries_by_id.items()}
            try:
                response = await self._transport.send("PATCH", path, body=body.to_json_patch(), change=change.pending)
                confirmed_ids = _parse_edited_ids(response)
            except OutcomeUnknown as error:
                items = (await self._refetch_refused(error)).items
                if not all(entry_id in items and body.is_applied_to(items[entry_id]) for entry_id in ids):
                    raise
                for entry_id in ids:
                    change.add_journal_row(entry_id, items[entry_id])
                return BulkEditResult(ids, [])
            edited_ids = [entry_id for entry_id in ids if entry_id in confirmed_ids]
            if any(edited_entries[entry_id] is None for entry_id in edited_ids):
                await self._collection.invalidate()
            for entry_id in edited_ids:
                change.add_confirmed_row(entry_id, edited_entries[entry_id])
        return BulkEditResult(edited_ids, [entry_id for entry_id in ids if entry_id not in confirmed_ids])

    def is_listed(self, item: TimeEntry) -> bool:
        """Return whether Toggl's list would have an entry, if it exists: not one from before its window."""
        return item.start >= self._entry_cache.earliest_start()

    async def undelete(self, items: Sequence[TimeEntry]) -> None:
        """Bring deleted entries of one description back: Toggl does so, as far as is known, for an edit of several.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        ids = [item.id for item in items]
        async with self._change("add") as change:
            patch = TimeEntryBody.model_construct(description=items[0].description).to_json_patch()
            path = f"{self._path()}/{','.join(map(str, ids))}"
            response = await self._transport.send("PATCH", path, body=patch, change=change.pending)
            if not _parse_edited_ids(response):
                return
            # That Toggl confirms it does not prove that the entries are back.
            entries = (await self._refetch(OutcomeUnknown(_NOT_RESTORED))).items
            for entry_id in entries.keys() & ids:
                change.add_journal_row(entry_id, entries[entry_id])

    async def put_back(
        self, items: Sequence[TimeEntry], fields: Mapping[str, Any], archived_project_ids: Sequence[int]
    ) -> set[int]:
        """Give entries their former values of these fields, several of them by one request."""
        if len(items) == 1:
            return await super().put_back(items, fields, archived_project_ids)
        return {*(await self.bulk_edit(items, _to_body(items[0], fields))).edited_ids}

    async def put_back_fields(self, item: TimeEntry, fields: Mapping[str, Any]) -> TimeEntry | None:
        """Give an entry its former values of these fields; a timer that was stopped runs again."""
        return await self.edit(item, _to_body(item, fields))

    async def recreate(self, item: TimeEntry) -> TimeEntry:
        """Create what a deleted entry was."""
        return await self.add(_to_body(item, item.content()))

    async def stop(self, entry: int | HasId) -> TimeEntry | None:
        """Stop an entry's timer, in any workspace; return the entry, or None if Toggl has none.

        It is no error if the timer does not run.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        entry_id = to_id(entry)
        entry_cached = await self._collection.get_any_age(entry_id)
        workspace_id = self.workspace_id if entry_cached is None else entry_cached.workspace_id
        async with self._change("stop", entry_id) as change:
            try:
                path = f"workspaces/{workspace_id}/{self.PATH}/{entry_id}/stop"
                response = await self._transport.send("PATCH", path, change=change.pending)
                item = await self._parse_confirmation(change, response)
            except NotFound:
                return await self._evict(entry_id, change.get_row_before(entry_id))
            except (InvalidArguments, OutcomeUnknown) as error:
                item = await self._confirm_stopped(entry_id, error)
                if item is not None:
                    change.add_journal_row(entry_id, item, fields=("duration",))
                return item
            change.add_confirmed_row(item.id, item, fields=("duration",))
            return item

    async def stop_current(self) -> TimeEntry | None:
        """Stop the running timer, in any workspace; return its entry, or None if none runs.

        What runs is read from Toggl first, and a timer that was started later is never stopped: the cached timer may
        have been replaced by another, and after the refusal to stop it only Toggl knows whether that came later.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        cached = _find_running(await self.fresh_or_none())
        try:
            collection, error = (await self.reserved.read(refresh=True)).collection, None
        except (QuotaSpent, RateLimited, Unreachable) as read_error:
            collection, error = (await self.read()).collection, read_error
        running = _find_running(collection)
        if running is None:
            return cached and collection.items.get(cached.id)
        result = await self.stop(running)
        if result is None and error is not None:
            raise error  # The cached timer does not show whether another one runs.
        return result

    async def current(self, *, refresh: bool = False) -> TimeEntry | None:
        """Return the entry whose timer runs, in any workspace; None if none runs."""
        return _find_running((await self.read(refresh=refresh)).collection)

    async def collect(
        self, start: datetime | None = None, end: datetime | None = None, *, refresh: bool = False
    ) -> list[TimeEntry]:
        """Return the entries of all workspaces that began from `start` on and before `end`, by their start.

        Without `start` they begin 89 days ago; without `end` planned ones are included.

        Raises:
            InvalidArguments: `start` is more than 89 days ago, or a moment has no time zone.
        """
        if any(moment is not None and moment.tzinfo is None for moment in (start, end)):
            message = "A moment needs a time zone; datetime.now(UTC) has one."
            raise InvalidArguments(message)
        if start is not None and start < self._entry_cache.earliest_start():
            message = f"Time entries reach back {MAX_AGE.days} days; begin later. Toggl's reports have older ones."
            raise InvalidArguments(message)
        first = start or self._entry_cache.earliest_start()
        entries = (await self.read(refresh=refresh)).collection.items.values()
        matches = [entry for entry in entries if first <= entry.start and (end is None or entry.start < end)]
        return sorted(matches, key=lambda entry: entry.start)

    def _bind(self, workspace_id: int, session: Session, entry_cache: TimeEntryCache | None = None) -> None:
        super()._bind(workspace_id, session, entry_cache)
        self._collection = self._entry_cache  # One for all workspaces.

    async def _fetch_one(self, entity_id: int) -> TimeEntry | None:
        """Return one by its id, read with all of the others."""
        return (await self.read(refresh=True)).collection.get(entity_id)

    def _parse_row(self, row: object) -> TimeEntry:
        return parse_entry(row, wid=self.workspace_id)

    async def _find_stopped(self, entry: TimeEntry, entries_before: Mapping[int, TimeEntry]) -> TimerStart:
        """Return a new timer with the one that ran before it, which Toggl stops, or else we do."""
        try:
            items = (await self.reserved.read(refresh=True)).collection.items
        except TogglError:
            _log.warning("The new timer runs; Toggl sent no usable list to find the one before it.", exc_info=True)
            former = next((item.stop_at(entry.start) for item in entries_before.values() if item.running), None)
            return TimerStart(entry, former, is_confirmed=False)
        timer = items.get(entry.id, entry)
        candidates = [item for item in items.values() if _may_be_former(item, entry, entries_before.get(item.id))]
        running = next((item for item in candidates if item.running), None)
        if running is None or not timer.running:  # What runs in its place was started later.
            stopped_timers = [item for item in candidates if not item.running]
            return TimerStart(timer, max(stopped_timers, key=lambda item: item.end_at(entry.start), default=None))
        try:
            return TimerStart(entry, await self.stop(running))
        except TogglError:
            _log.warning(
                "The new timer runs, and so does the one before it, which could not be stopped.", exc_info=True
            )
            return TimerStart(entry, None, running.id)

    async def _confirm_stopped(self, entry_id: int, error: TogglError) -> TimeEntry | None:
        """Return the entry if it is stopped at Toggl, None if Toggl denies it; raise the error if it runs."""
        outcome_unknown = error if isinstance(error, OutcomeUnknown) else OutcomeUnknown(_NOT_STOPPED)
        collection = await self._refetch(outcome_unknown)
        if isinstance(error.__cause__, NotFound) and entry_id not in collection.ids:
            return self._report_absence(entry_id)
        item = collection.items.get(entry_id)
        if item is None or item.running:
            raise error
        return item

    async def _find_uncached_creation(
        self, matches: Callable[[TimeEntry], bool], outcome_unknown: OutcomeUnknown
    ) -> TimeEntry:
        """Return the entry that a creation whose response was lost has created with a start before the cache begins."""
        try:
            entries = (await self._entry_cache.fetch_recently_changed()).values()
        except TogglError as error:
            raise outcome_unknown from error
        # One that cannot be read may be what was created.
        candidates = [entry for entry in entries if entry is None or matches(entry)]
        if len(candidates) != 1 or candidates[0] is None:
            raise outcome_unknown
        return candidates[0]

    async def _require_own_workspace(self, entry_id: int) -> None:
        """Raise an error for a cached entry of another workspace, for which Toggl would respond that it has none.

        Raises:
            NotFound: The cached entry is in another workspace.
        """
        entry = await self._collection.get_any_age(entry_id)
        if entry is not None and entry.workspace_id != self.workspace_id:
            message = f"Time entry {entry_id} is in workspace {entry.workspace_id}; ask that workspace's endpoint."
            raise NotFound(message)


def _to_body(item: TimeEntry, fields: AbstractCollection[str]) -> TimeEntryBody:
    """Return the body that gives an entry the values of these fields that an item has."""
    values: dict[str, Any] = {name: getattr(item, name) for name in TimeEntryBody.model_fields.keys() & set(fields)}
    values |= {name: values[name] or 0 for name in ("project_id", "task_id") if name in values}
    if {"start", "duration"} & values.keys():
        # Toggl needs stop and duration to agree; of a timer, none.
        values |= {"start": item.start, "duration": max(item.duration, -1)}
        values |= {} if item.running else {"stop": item.end_at(item.start)}
    return TimeEntryBody.model_construct(**values)


def _find_running(collection: Collection[TimeEntry] | None) -> TimeEntry | None:
    return next((entry for entry in collection.items.values() if entry.running), None) if collection else None


def _may_be_former(item: TimeEntry, timer: TimeEntry, before: TimeEntry | None) -> bool:
    """Return whether an entry's timer ran when a new one was started, and still runs or was stopped by that start.

    An entry of a higher id is newer. What is compared is by Toggl's clock.
    """
    was_running = before is not None and before.running
    if item.id >= timer.id:
        return False
    if item.running:
        return was_running or is_older(item, timer)
    is_simultaneous = item.updated_at and timer.updated_at and abs(item.updated_at - timer.updated_at) <= MAX_STOP_DELAY
    return bool(is_simultaneous) and (was_running or before is None)


def _parse_edited_ids(response: object) -> set[int]:
    """Return the ids of the entries that Toggl has changed in bulk.

    Raises:
        OutcomeUnknown: The response has no list of ids.
    """
    ids = cast("dict[str, object]", response).get("success") if isinstance(response, dict) else None
    if not isinstance(ids, list):
        raise unreadable_confirmation_error(AsyncTimeEntryEndpoint.KIND)
    return {entry_id for entry_id in cast("list[object]", ids) if isinstance(entry_id, int)}
