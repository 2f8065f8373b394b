"""Time entries: https://engineering.toggl.com/docs/api/time_entries."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.keys import HasId, id_of
from toggl_mcp.endpoints.time_entry_cache import REACH
from toggl_mcp.errors import InvalidArguments, NotFound, OutcomeUnknown, TogglError
from toggl_mcp.models.time_entries import Edited, Started, TimeEntry, TrackerBody

_log = logging.getLogger(__name__)

LATELY = 10.0
"""Seconds for which what runs is known well enough to say what a start has stopped."""
SAME = timedelta(seconds=60)
"""How far a stop may lie from the start that caused it: clocks differ."""
_NOT_STOPPED = (
    "Toggl did not stop the timer, perhaps as it was stopped already, and could not be asked again. "
    "Look with get_timer(refresh: true)."
)


class AsyncTrackerEndpoint(CachedEndpoint[TimeEntry]):
    """The time entries of the token's owner, for asyncio. New ones are made in the workspace.

    They are read from a log of all workspaces and the last 89 days, which two minutes make stale.
    """

    MODEL = TimeEntry
    KIND = "time_entry"
    PATH = "time_entries"
    RELATED = False

    async def add(self, body: TrackerBody) -> TimeEntry:
        """Create an entry, at most once; without `stop` and `duration` its timer runs, and Toggl stops any other.

        Raises:
            InvalidArguments: Toggl refused a value.
            OutcomeUnknown: Toggl never confirmed it, and none of that start, description and project is to be found.
        """
        start = (body.start or self._now()).astimezone(UTC).replace(microsecond=0)
        body = body.model_copy(update={"start": start})
        wanted = (start, body.description or "", body.project_id or None)

        def same(found: TimeEntry) -> bool:
            return (found.start, found.description, found.project_id) == wanted

        try:
            return await self._create(body.format("add", workspace_id=self.workspace_id), same)
        except OutcomeUnknown as doubt:
            if start >= self._entries.reach():
                raise
            return await self._made_long_ago(same, doubt)

    async def start(self, body: TrackerBody) -> Started:
        """Start a timer; tell what was stopped by it."""
        reading = await self.read()
        before = reading.collection.items
        sure = reading.source == "toggl" or (self._now() - reading.as_of).total_seconds() < LATELY
        entry = await self.add(body)
        if sure and not any(item.running for item in before.values()):
            return Started(entry, None)
        return await self._stopped_by(entry, before)

    async def edit(self, entry: int | HasId, body: TrackerBody) -> TimeEntry | None:
        """Change what the body names and nothing else; return the entry, or None if Toggl has no such entry.

        Raises:
            NotFound: There is none, and `re_raise` is set; or it is in another workspace.
            OutcomeUnknown: Toggl never confirmed it.
        """
        await self._in_this_workspace(id_of(entry))
        changes = body.format("edit")
        if changes:
            changes["workspace_id"] = self.workspace_id
        return await self._update(id_of(entry), changes)

    async def delete(self, entity: int | HasId) -> None:
        """Delete an entry; already gone is done."""
        await self._in_this_workspace(id_of(entity))
        await super().delete(entity)

    async def bulk_edit(self, entries: Sequence[int | HasId], body: TrackerBody) -> Edited:
        """Change up to 100 entries by one request; what Toggl refuses does not keep it from changing the others.

        An entry that Toggl has deleted would come back: give only such as are there.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        if not entries or not body.operations():
            return Edited([], [])
        seen = {entry_id: await self._snapshots.row(entry_id) for entry_id in map(id_of, entries)}
        known = {entry_id: await self._snapshots.known(entry_id) for entry_id in seen}
        after = {entry_id: entry and body.changed(entry) for entry_id, entry in known.items()}
        path = f"{self._path()}/{','.join(map(str, seen))}"
        async with self._change("edit"):
            told = _succeeded(await self._transport.send("PATCH", path, body=body.operations()))
            done = [entry_id for entry_id in seen if entry_id in told]
            if any(after[entry_id] is None for entry_id in done):
                await self._snapshots.forget()
            for entry_id in done:
                await self._snapshots.put(entry_id, after[entry_id], seen[entry_id])
        return Edited(done, [entry_id for entry_id in seen if entry_id not in told])

    async def stop(self, entry: int | HasId) -> TimeEntry | None:
        """Stop an entry's timer, in whatever workspace; return the entry, or None if Toggl has no such entry.

        Already stopped is done.

        Raises:
            NotFound: There is none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        entry_id = id_of(entry)
        known = await self._snapshots.known(entry_id)
        home = self.workspace_id if known is None else known.workspace_id
        async with self._change("stop", entry_id) as seen:
            try:
                path = f"workspaces/{home}/{self.PATH}/{entry_id}/stop"
                item = self._answered(await self._transport.send("PATCH", path))
            except NotFound:
                return await self._gone(entry_id)
            except (InvalidArguments, OutcomeUnknown) as doubt:
                return await self._seen_stopped(entry_id, doubt)
            await self._snapshots.put(item.id, item, seen)
            return item

    async def stop_current(self) -> TimeEntry | None:
        """Stop the timer that runs, in whatever workspace; return its entry, or None if none runs.

        Where what was known to run does so no more, Toggl is asked again, and what runs then is stopped.

        Raises:
            OutcomeUnknown: Toggl never confirmed it.
        """
        running = await self.current() or await self.current(refresh=True)
        stopped = None if running is None else await self.stop(running)
        other = await self.current(refresh=running is not None and stopped is None)
        return stopped if other is None else await self.stop(other)

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
        if start < self._entries.reach():
            message = f"Time entries reach back {REACH.days} days; begin later. Toggl's reports have older ones."
            raise InvalidArguments(message)
        everything = (await self.read(refresh=refresh)).collection.items.values()
        return sorted((entry for entry in everything if start <= entry.start < end), key=lambda entry: entry.start)

    def _kept(self, store: Store, scope: str, *, may_be_stale: bool) -> Snapshots[TimeEntry]:  # noqa: ARG002 - one log
        return self._entries

    async def _single(self, entity_id: int, *, urgent: bool = False) -> TimeEntry | None:
        """Ask Toggl for all of them: it tells of one in another place only."""
        return (await self.read(refresh=True, urgent=urgent)).collection.items.get(entity_id)

    async def _stopped_by(self, entry: TimeEntry, before: Mapping[int, TimeEntry]) -> Started:
        """Return a timer with what ran until it was started: Toggl stops that, or else we do."""
        try:
            items = (await self.read(refresh=True, urgent=True)).collection.items.values()
        except TogglError:
            _log.warning("The new timer runs; what it stopped could not be looked at.", exc_info=True)
            former = next((item.stopped(entry.start) for item in before.values() if item.running), None)
            return Started(entry, former, sure=False)
        still = next((item for item in items if item.running and item.id != entry.id), None)
        if still is None:
            ended = [item for item in items if _ended_at(entry.start, item, before.get(item.id))]
            return Started(entry, max(ended, key=lambda item: item.end(entry.start), default=None))
        try:
            return Started(entry, await self.stop(still))
        except TogglError:
            _log.warning("The new timer runs, and so does the former: it could not be stopped.", exc_info=True)
            return Started(entry, None, still.id)

    async def _seen_stopped(self, entry_id: int, doubt: TogglError) -> TimeEntry:
        """Return an entry that turns out to be stopped, or raise the doubt."""
        unseen = doubt if isinstance(doubt, OutcomeUnknown) else OutcomeUnknown(_NOT_STOPPED)
        item = (await self._look(unseen)).get(entry_id)
        if item is None or item.running:
            raise doubt
        return item

    async def _made_long_ago(self, same: Callable[[TimeEntry], bool], doubt: OutcomeUnknown) -> TimeEntry:
        """Return what a lost answer left at Toggl before the time that the log reaches back to, if it is one."""
        try:
            found = [entry for entry in (await self._entries.changed_lately()).values() if same(entry)]
        except TogglError as error:
            raise doubt from error
        if len(found) != 1:
            raise doubt
        return found[0]

    async def _in_this_workspace(self, entry_id: int) -> None:
        """Refuse an entry of another workspace: Toggl would answer that there is none.

        Raises:
            NotFound: It is known to be elsewhere.
        """
        known = await self._snapshots.known(entry_id)
        if known is not None and known.workspace_id != self.workspace_id:
            message = f"Time entry {entry_id} is in workspace {known.workspace_id}; ask that workspace's endpoint."
            raise NotFound(message)


def _ended_at(moment: datetime, item: TimeEntry, before: TimeEntry | None) -> bool:
    """Tell whether an entry that ran before, or was not known, has ended at a moment."""
    ran = not item.running and (before is None or before.running)
    return ran and abs(item.end(moment) - moment) <= SAME


def _succeeded(answer: object) -> set[int]:
    """Return the ids that a change of many has reached.

    Raises:
        OutcomeUnknown: The answer does not say.
    """
    told = cast("dict[str, object]", answer).get("success") if isinstance(answer, dict) else None
    if not isinstance(told, list):
        message = "Toggl did not say what became of the entries. Look at them before asking again."
        raise OutcomeUnknown(message)
    return {entry_id for entry_id in cast("list[object]", told) if isinstance(entry_id, int)}
