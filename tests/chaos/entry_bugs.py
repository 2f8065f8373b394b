"""Bugs to put in that only time entries can have."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos import invariants
from tests.chaos.bugs import Bug, Patch, a_creation_is_sent_again, doubt_does_not_forget
from toggl_mcp.endpoints import time_entries as tracker
from toggl_mcp.endpoints import time_entry_cache as log
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint, BulkEditResult
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody

LOG: Any = vars(log)


def changes_are_asked_for_without_overlap(patch: Patch) -> None:
    patch.setattr(log, "SYNC_OVERLAP", timedelta())


def changes_are_asked_for_by_our_clock(patch: Patch) -> None:
    def sync_since(known: Collection[TimeEntry], _: datetime) -> datetime:
        return datetime.fromtimestamp(known.version.fetched_at or 0.0, UTC) - log.SYNC_OVERLAP

    patch.setattr(log, "_sync_since", sync_since)


def what_was_deleted_stays_in_the_log(patch: Patch) -> None:
    original = LOG["_merge"]

    def merge(known: Mapping[int, TimeEntry], changed: Iterable[TimeEntry], reach: datetime) -> Mapping[int, TimeEntry]:
        return original(known, [entry for entry in changed if entry.deleted_at is None], reach)

    patch.setattr(log, "_merge", merge)


def the_log_is_fresh_for_an_hour(patch: Patch) -> None:
    patch.setattr(log, "TTL_SECONDS", 3600.0)


def the_former_timer_is_thought_to_run_on(patch: Patch) -> None:
    patch.setattr(TimeEntryCache, "write_through", Snapshots[TimeEntry].write_through)


def a_change_of_many_is_written_through_where_it_was_refused(patch: Patch) -> None:
    def parse_edited_ids(answer: Any) -> set[int]:  # noqa: ANN401 - the JSON edge
        return {*answer["success"], *(refused["id"] for refused in answer["failure"])}

    patch.setattr(tracker, "_parse_edited_ids", parse_edited_ids)


def a_change_of_many_reaches_all_that_was_ever_deleted(patch: Patch) -> None:
    original, gone = AsyncTimeEntryEndpoint.bulk_edit, set[int]()

    async def bulk_edit(
        endpoint: AsyncTimeEntryEndpoint, entries: Sequence[int], body: TimeEntryBody
    ) -> BulkEditResult:
        known = {entry.id for entry in await endpoint.load_cache()}
        gone.update(known)
        return await original(endpoint, [*entries, *(gone - known)][:100], body)

    patch.setattr(AsyncTimeEntryEndpoint, "bulk_edit", bulk_edit)


OF_ENTRIES: dict[Bug, str] = {
    a_creation_is_sent_again: invariants.TWICE,
    doubt_does_not_forget: invariants.DOUBTFUL,
    changes_are_asked_for_without_overlap: invariants.OUTDATED,
    changes_are_asked_for_by_our_clock: invariants.OUTDATED,
    what_was_deleted_stays_in_the_log: invariants.OUTDATED,
    the_log_is_fresh_for_an_hour: invariants.TOO_OLD,
    the_former_timer_is_thought_to_run_on: invariants.IMPOSSIBLE,
    a_change_of_many_is_written_through_where_it_was_refused: invariants.OUTDATED,
    a_change_of_many_reaches_all_that_was_ever_deleted: invariants.BROUGHT_BACK,
}
