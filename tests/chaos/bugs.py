"""Bugs to inject, each named by a sentence, with the violation that has to find it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import invariants
from toggl_mcp.api import transport
from toggl_mcp.api.transport import Delivery
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key, Version
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.cached_collection import CachedCollection
from toggl_mcp.endpoints.core.change import Change
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.lease import HeldLock
from toggl_mcp.errors import TogglError
from toggl_mcp.models.clients import Client

Patch = pytest.MonkeyPatch
Bug = Callable[[Patch], None]

REQUEST_STATE: Any = vars(transport)["_RequestState"]
ENDPOINT: Any = CachedEndpoint
COLLECTION: Any = CachedCollection


def resend_create(patch: Patch) -> None:
    patch.setattr(REQUEST_STATE, "is_creation", False)


def report_lost_change_as_unchanged(patch: Patch) -> None:
    original = transport.error_for

    def error_for(_: Delivery, cause: TogglError | None) -> TogglError:
        return original(Delivery.NOT_SENT, cause)

    patch.setattr(transport, "error_for", error_for)


def accept_page_as_confirmation(patch: Patch) -> None:
    def decode(_: object, answer: Any) -> object:  # noqa: ANN401 - httpx is for api/ alone
        return answer.json() if answer.content.startswith((b"{", b"[")) else None

    patch.setattr(REQUEST_STATE, "decode", decode)


def keep_cache_after_outcome_unknown(patch: Patch) -> None:
    original = COLLECTION._write  # noqa: SLF001 - what is broken is private

    async def write(collection: object, rows: object = (), invalidate: object = (), **options: object) -> None:
        del invalidate
        await original(collection, rows, **options)

    patch.setattr(COLLECTION, "_write", write)


def keep_deleted_row_cached(patch: Patch) -> None:
    _write_through_only(patch, lambda item: item is not None)


def keep_projects_of_deleted_client_cached(patch: Patch) -> None:
    patch.setattr(AsyncClientEndpoint, "INVALIDATES", {})


def skip_write_through_of_new_row(patch: Patch) -> None:
    _write_through_only(patch, lambda item: item is None or item.notes != "Made by us")


def adopt_first_match(patch: Patch) -> None:
    original = ENDPOINT._reconcile_create  # noqa: SLF001 - what is broken is private

    async def reconcile_create(endpoint: object, _: object, matches: object, error: Exception) -> object:
        return await original(endpoint, frozenset[int](), matches, error)

    patch.setattr(ENDPOINT, "_reconcile_create", reconcile_create)


def skip_reconciliation(patch: Patch) -> None:
    async def reconcile_create(_: object, __: object, ___: object, error: Exception) -> object:
        raise error

    patch.setattr(ENDPOINT, "_reconcile_create", reconcile_create)


def report_failed_reconciliation_as_unchanged(patch: Patch) -> None:
    async def refetch(endpoint: CachedEndpoint[Client], _: Exception) -> object:
        return (await endpoint.reserved.read(refresh=True)).collection.items

    patch.setattr(ENDPOINT, "_refetch", refetch)


def crash_on_unreadable_confirmation(patch: Patch) -> None:
    def parse_confirmation(_: object, row: object) -> Client:
        return Client.model_validate(row)

    patch.setattr(ENDPOINT, "_parse_confirmation", parse_confirmation)


def report_unreadable_confirmation_as_unchanged(patch: Patch) -> None:
    patch.setattr(ENDPOINT, "_parse_confirmation", ENDPOINT._parse_row)  # noqa: SLF001 - what is broken is private


def store_read_from_before_write(patch: Patch) -> None:
    original = MemoryStore.replace

    async def replace(
        store: MemoryStore, key: Key, rows: dict[int, str], *, expected: Version, fetched_at: float
    ) -> bool:
        del expected
        return await original(store, key, rows, expected=await store.get_version(key), fetched_at=fetched_at)

    patch.setattr(MemoryStore, "replace", replace)


def keep_lease(patch: Patch) -> None:
    original = MemoryStore.acquire_lease

    async def acquire_lease(
        store: MemoryStore, key: Key, seconds: float, *, held_until: float | None = None
    ) -> float | None:
        return await original(store, key, seconds, held_until=held_until) if seconds else None

    patch.setattr(MemoryStore, "acquire_lease", acquire_lease)


def send_after_lock_lapsed(patch: Patch) -> None:
    async def require(_: HeldLock) -> None:
        return

    patch.setattr(HeldLock, "require", require)


def begin_before_change_of_former_holder_ended(patch: Patch) -> None:
    async def list_pending(_: SqliteStore, __: Key) -> list[str]:
        return []

    patch.setattr(SqliteStore, "list_pending", list_pending)


def _write_through_only(patch: Patch, is_written: Callable[[Client | None], bool]) -> None:
    original = Change[Client].add_confirmed_row

    def add_confirmed_row(change: Change[Client], row_id: int, item: Client | None, **former: Any) -> None:  # noqa: ANN401 - of several types
        if is_written(item):
            original(change, row_id, item, **former)

    patch.setattr(Change, "add_confirmed_row", add_confirmed_row)


STEP_BUGS: dict[Bug, str] = {
    resend_create: invariants.DUPLICATED,
    report_lost_change_as_unchanged: invariants.CHANGED_AFTER_ALL,
    accept_page_as_confirmation: invariants.NOT_AT_TOGGL,
    keep_cache_after_outcome_unknown: invariants.OUTDATED_AFTER_UNKNOWN,
    keep_deleted_row_cached: invariants.NOT_CACHED,
    skip_write_through_of_new_row: invariants.NOT_CACHED,
    adopt_first_match: invariants.KNOWN_BEFORE,
    skip_reconciliation: invariants.NOT_RECONCILED,
    report_failed_reconciliation_as_unchanged: invariants.CHANGED_AFTER_ALL,
    crash_on_unreadable_confirmation: invariants.UNNAMED,
    report_unreadable_confirmation_as_unchanged: invariants.CHANGED_AFTER_ALL,
}
PROJECT_BUGS: dict[Bug, str] = {
    resend_create: invariants.DUPLICATED,
    keep_projects_of_deleted_client_cached: invariants.OUTDATED,
}
CONCURRENCY_BUGS: dict[Bug, str] = {store_read_from_before_write: invariants.OUTDATED}
CANCELLATION_BUGS: dict[Bug, str] = {
    keep_lease: invariants.LEASE_LEFT,
    keep_cache_after_outcome_unknown: invariants.OUTDATED,
}
STANDSTILL_BUGS: tuple[Bug, ...] = (send_after_lock_lapsed, begin_before_change_of_former_holder_ended)
