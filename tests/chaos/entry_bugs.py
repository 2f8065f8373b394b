"""Bugs to inject that only time entries can have."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos import invariants
from tests.chaos.bugs import Bug, Patch, keep_cache_after_outcome_unknown, resend_create
from toggl_mcp.endpoints import time_entries, time_entry_cache
from toggl_mcp.endpoints.core.cached_collection import CachedCollection
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint, BulkEditResult
from toggl_mcp.endpoints.time_entry_cache import TimeEntryCache
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody

CACHE: Any = vars(time_entry_cache)


def sync_without_overlap(patch: Patch) -> None:
    patch.setattr(time_entry_cache, "SYNC_OVERLAP", timedelta())


def sync_by_local_clock(patch: Patch) -> None:
    def sync_since(cached: Collection[TimeEntry], _: datetime) -> datetime:
        return datetime.fromtimestamp(cached.version.fetched_at or 0.0, UTC) - time_entry_cache.SYNC_OVERLAP

    patch.setattr(time_entry_cache, "_sync_since", sync_since)


def keep_deleted_entries_cached(patch: Patch) -> None:
    original = CACHE["_merge"]

    def merge(
        cached: Mapping[int, TimeEntry | None], changes: Mapping[int, TimeEntry | None], now: datetime
    ) -> Mapping[int, TimeEntry | None]:
        return original(cached, {key: item for key, item in changes.items() if item and item.deleted_at is None}, now)

    patch.setattr(time_entry_cache, "_merge", merge)


def keep_cache_fresh_for_an_hour(patch: Patch) -> None:
    patch.setattr(time_entry_cache, "TTL_SECONDS", 3600.0)


def keep_former_timer_running(patch: Patch) -> None:
    patch.setattr(TimeEntryCache, "settle_change", CachedCollection[TimeEntry].settle_change)


def write_through_refused_bulk_edits(patch: Patch) -> None:
    def parse_edited_ids(answer: Any) -> set[int]:  # noqa: ANN401 - the JSON edge
        return {*answer["success"], *(failure["id"] for failure in answer["failure"])}

    patch.setattr(time_entries, "_parse_edited_ids", parse_edited_ids)


def restore_deleted_entries_by_bulk_edit(patch: Patch) -> None:
    original, past_ids = AsyncTimeEntryEndpoint.bulk_edit, set[int]()

    async def bulk_edit(
        endpoint: AsyncTimeEntryEndpoint, entries: Sequence[int], body: TimeEntryBody
    ) -> BulkEditResult:
        cached = {entry.id for entry in await endpoint.load_cache()}
        past_ids.update(cached)
        return await original(endpoint, [*entries, *(past_ids - cached)][:100], body)

    patch.setattr(AsyncTimeEntryEndpoint, "bulk_edit", bulk_edit)


ENTRY_BUGS: dict[Bug, str] = {
    resend_create: invariants.DUPLICATED,
    keep_cache_after_outcome_unknown: invariants.OUTDATED_AFTER_UNKNOWN,
    sync_without_overlap: invariants.OUTDATED,
    sync_by_local_clock: invariants.OUTDATED,
    keep_deleted_entries_cached: invariants.OUTDATED,
    keep_cache_fresh_for_an_hour: invariants.TOO_OLD,
    keep_former_timer_running: invariants.IMPOSSIBLE,
    write_through_refused_bulk_edits: invariants.OUTDATED,
    restore_deleted_entries_by_bulk_edit: invariants.RESTORED,
}
