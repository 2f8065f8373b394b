"""Time entries: https://engineering.toggl.com/docs/api/time_entries."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import HasId, to_id
from toggl_mcp.endpoints.time_entry_cache import MAX_AGE
from toggl_mcp.errors import InvalidArguments, NotFound, OutcomeUnknown, TogglError
from toggl_mcp.models.time_entries import BulkEditResult, TimeEntry, TimeEntryBody, TimerStart

_log = logging.getLogger(__name__)

MAX_RUNNING_AGE_SECONDS = 10.0
"""Seconds for which what runs is known well enough to say what a start has stopped."""
MAX_STOP_DRIFT = timedelta(seconds=60)
"""How far a stop may lie from the start that caused it: clocks differ."""
_NOT_STOPPED = (
    "Toggl did not stop the timer, perhaps as it was stopped already, and could not be asked again. "
    "Look with get_timer(refresh: true)."
)


class AsyncTimeEntryEndpoint(CachedEndpoint[TimeEntry]):
    """The time entries of the token's owner, for asyncio. New ones are made in the workspace.

    They are read from a log of all workspaces and the last 89 days, which two minutes make stale.
    """

    MODEL = TimeEntry
    KIND = "time_entry"
    PATH = "time_entries"
    IN_ACCOUNT_RESPONSE = False

    async def add(self, body: TimeEntryBody) -> TimeEntry:
        """Create an entry, at most once; without `stop` and `duration` its timer runs, and Toggl stops any other.

        Raises:
            InvalidArguments: Toggl refused a value.
            OutcomeUnknown: Toggl never confirmed it, and none of that start, description and project is to be found.
        """
        start = (body.start or self._now()).astimezone(UTC).replace(microsecond=0)
        body = body.model_copy(update={"start": start})
        fields = (start, body.description or "", body.project_id or None)

        def matches(entry: TimeEntry) -> bool:
            return (entry.start, entry.description, entry.project_id) == fields

        try:
            return await self._create(body.format("add", workspace_id=self.workspace_id), matches)
        except OutcomeUnknown as error:
            if start >= self._entry_cache.oldest_kept():
                raise
            return await self._find_old_create(matches, error)

    async def start(self, body: TimeEntryBody) -> TimerStart:
        """Start a timer; tell what was stopped by it."""
        reading = await self.read()
        before = reading.collection.items
        is_recent = reading.source == "toggl" or (self._now() - reading.as_of).total_seconds() < MAX_RUNNING_AGE_SECONDS
        entry = await self.add(body)
        if is_recent and not any(item.running for item in before.values()):
            return TimerStart(entry, None)
        return await self._find_stopped(entry, before)

    async def edit(self, entry: int | HasId, body: TimeEntryBody) -> TimeEntry | None:
        """Change what the body names and nothing else; return the entry, or None if Toggl has no such entry.

        Raises:
            NotFound: There is none, and `re_raise` is set; or it is in another workspace.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._require_own_workspace(to_id(entry))
        changes = body.format("edit")
        if changes:
            changes["workspace_id"] = self.workspace_id
        return await self._update(to_id(entry), changes)

    async def delete(self, entity: int | HasId) -> None:
        """Delete an entry; already gone is done."""
        await self._require_own_workspace(to_id(entity))
        await super().delete(entity)

    async def bulk_edit(self, entries: Sequence[int | HasId], body: TimeEntryBody) -> BulkEditResult:
        """Change up to 100 entries by one request; what Toggl refuses does not keep it from changing the others.

        An entry that Toggl has deleted would come back: give only such as are there.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        if not entries or not body.to_json_patch():
            return BulkEditResult([], [])
        expected = {entry_id: await self._collection.get_row(entry_id) for entry_id in map(to_id, entries)}
        entries_by_id = {entry_id: await self._collection.get_any_age(entry_id) for entry_id in expected}
        edited = {entry_id: entry and body.apply_to(entry) for entry_id, entry in entries_by_id.items()}
        path = f"{self._path()}/{','.join(map(str, expected))}"
        async with self._mutation("edit") as mutation:
            response = await self._transport.send("PATCH", path, body=body.to_json_patch(), change=mutation)
            confirmed_ids = _parse_edited_ids(response)
            edited_ids = [entry_id for entry_id in expected if entry_id in confirmed_ids]
            if any(edited[entry_id] is None for entry_id in edited_ids):
                await self._collection.invalidate()
            for entry_id in edited_ids:
                mutation.write_through(entry_id, edited[entry_id], expected[entry_id])
        return BulkEditResult(edited_ids, [entry_id for entry_id in expected if entry_id not in confirmed_ids])

    async def stop(self, entry: int | HasId) -> TimeEntry | None:
        """Stop an entry's timer, in whatever workspace; return the entry, or None if Toggl has no such entry.

        Already stopped is done.

        Raises:
            NotFound: There is none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        entry_id = to_id(entry)
        entry_cached = await self._collection.get_any_age(entry_id)
        workspace_id = self.workspace_id if entry_cached is None else entry_cached.workspace_id
        async with self._mutation("stop", entry_id) as mutation:
            try:
                path = f"workspaces/{workspace_id}/{self.PATH}/{entry_id}/stop"
                item = self._parse_confirmation(await self._transport.send("PATCH", path, change=mutation))
            except NotFound:
                return await self._evict(entry_id)
            except (InvalidArguments, OutcomeUnknown) as error:
                return await self._confirm_stopped(entry_id, error)
            mutation.write_through(item.id, item)
            return item

    async def stop_current(self) -> TimeEntry | None:
        """Stop the timer that runs, in whatever workspace; return its entry, or None if none runs.

        Where what was known to run does so no more, Toggl is asked again, and what runs then is stopped.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        running = await self.current() or await self.current(refresh=True)
        result = None if running is None else await self.stop(running)
        next_timer = await self.current(refresh=running is not None and result is None)
        return result if next_timer is None else await self.stop(next_timer)

    async def current(self, *, refresh: bool = False) -> TimeEntry | None:
        """Return the entry whose timer runs, in whatever workspace; None if none does."""
        everything = (await self.read(refresh=refresh)).collection.items.values()
        return next((entry for entry in everything if entry.running), None)

    async def collect(self, start: datetime, end: datetime, *, refresh: bool = False) -> list[TimeEntry]:
        """Return the entries that began from `start` on and before `end`, in all workspaces, by their start.

        Raises:
            InvalidArguments: The log does not reach back to `start`.
        """
        if start.tzinfo is None or end.tzinfo is None:
            message = "A moment needs a time zone; datetime.now(UTC) has one."
            raise InvalidArguments(message)
        if start < self._entry_cache.oldest_kept():
            message = f"Time entries reach back {MAX_AGE.days} days; begin later. Toggl's reports have older ones."
            raise InvalidArguments(message)
        everything = (await self.read(refresh=refresh)).collection.items.values()
        return sorted((entry for entry in everything if start <= entry.start < end), key=lambda entry: entry.start)

    def _open_collection(self, store: Store, scope: str, *, may_be_stale: bool) -> Snapshots[TimeEntry]:  # noqa: ARG002 - one log
        return self._entry_cache

    async def _fetch_one(self, entity_id: int, *, use_reserve: bool = False) -> TimeEntry | None:
        """Ask Toggl for all of them: it tells of one in another place only."""
        return (await self.read(refresh=True, use_reserve=use_reserve)).collection.items.get(entity_id)

    async def _find_stopped(self, entry: TimeEntry, known_entries: Mapping[int, TimeEntry]) -> TimerStart:
        """Return a timer with what ran until it was started: Toggl stops that, or else we do."""
        try:
            items = (await self.read(refresh=True, use_reserve=True)).collection.items.values()
        except TogglError:
            _log.warning("The new timer runs; what it stopped could not be looked at.", exc_info=True)
            former = next((item.stop_at(entry.start) for item in known_entries.values() if item.running), None)
            return TimerStart(entry, former, is_confirmed=False)
        running = next((item for item in items if item.running and item.id != entry.id), None)
        if running is None:
            stopped_timers = [item for item in items if _has_ended_at(entry.start, item, known_entries.get(item.id))]
            return TimerStart(entry, max(stopped_timers, key=lambda item: item.end_at(entry.start), default=None))
        try:
            return TimerStart(entry, await self.stop(running))
        except TogglError:
            _log.warning("The new timer runs, and so does the former: it could not be stopped.", exc_info=True)
            return TimerStart(entry, None, running.id)

    async def _confirm_stopped(self, entry_id: int, error: TogglError) -> TimeEntry:
        """Return an entry that turns out to be stopped, or raise the doubt."""
        outcome_unknown = error if isinstance(error, OutcomeUnknown) else OutcomeUnknown(_NOT_STOPPED)
        item = (await self._refetch(outcome_unknown)).get(entry_id)
        if item is None or item.running:
            raise error
        return item

    async def _find_old_create(
        self, matches: Callable[[TimeEntry], bool], outcome_unknown: OutcomeUnknown
    ) -> TimeEntry:
        """Return what a lost answer left at Toggl before the time that the log reaches back to, if it is one."""
        try:
            candidates = [
                entry for entry in (await self._entry_cache.fetch_recently_changed()).values() if matches(entry)
            ]
        except TogglError as error:
            raise outcome_unknown from error
        if len(candidates) != 1:
            raise outcome_unknown
        return candidates[0]

    async def _require_own_workspace(self, entry_id: int) -> None:
        """Refuse an entry of another workspace: Toggl would answer that there is none.

        Raises:
            NotFound: It is known to be elsewhere.
        """
        entry = await self._collection.get_any_age(entry_id)
        if entry is not None and entry.workspace_id != self.workspace_id:
            message = f"Time entry {entry_id} is in workspace {entry.workspace_id}; ask that workspace's endpoint."
            raise NotFound(message)


def _has_ended_at(moment: datetime, item: TimeEntry, before: TimeEntry | None) -> bool:
    """Tell whether an entry that ran before, or was not known, has ended at a moment."""
    timer = not item.running and (before is None or before.running)
    return timer and abs(item.end_at(moment) - moment) <= MAX_STOP_DRIFT


def _parse_edited_ids(response: object) -> set[int]:
    """Return the ids that a change of many has reached.

    Raises:
        OutcomeUnknown: The answer does not say.
    """
    ids = cast("dict[str, object]", response).get("success") if isinstance(response, dict) else None
    if not isinstance(ids, list):
        message = "Toggl did not say what became of the entries. Look at them before asking again."
        raise OutcomeUnknown(message)
    return {entry_id for entry_id in cast("list[object]", ids) if isinstance(entry_id, int)}
