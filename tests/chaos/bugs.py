"""Bugs to put in. Each has a sentence for a name, and the violation by which it has to be found."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import invariants
from toggl_mcp.api import transport
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.cached_collection import Snapshots
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.clients import Client

Patch = pytest.MonkeyPatch
Bug = Callable[[Patch], None]

REQUEST_STATE: Any = vars(transport)["_RequestState"]
ENDPOINT: Any = CachedEndpoint
COLLECTION: Any = Snapshots


def a_creation_is_sent_again(patch: Patch) -> None:
    original = REQUEST_STATE.on_no_response

    def on_no_response(exchange: Any) -> Exception:  # noqa: ANN401 - private to its module
        exchange.method = "PUT"
        return original(exchange)

    patch.setattr(REQUEST_STATE, "on_no_response", on_no_response)


def a_lost_change_is_called_unchanged(patch: Patch) -> None:
    def exhausted_error(_: object) -> Exception:
        return Unreachable("Nothing was changed.")

    patch.setattr(REQUEST_STATE, "exhausted_error", exhausted_error)


def a_page_is_taken_for_a_confirmation(patch: Patch) -> None:
    def decode(_: object, answer: Any) -> object:  # noqa: ANN401 - httpx is for api/ alone
        return answer.json() if answer.content.startswith((b"{", b"[")) else None

    patch.setattr(REQUEST_STATE, "decode", decode)


def doubt_does_not_forget(patch: Patch) -> None:
    patch.setattr(COLLECTION, "invalidate_all", _nothing)


def a_deleted_row_stays_in_the_cache(patch: Patch) -> None:
    _put_only(patch, lambda item: item is not None)


def projects_outlive_their_client_in_the_cache(patch: Patch) -> None:
    patch.setattr(AsyncClientEndpoint, "INVALIDATES", {})


def a_new_row_is_not_cached(patch: Patch) -> None:
    _put_only(patch, lambda item: item is None or item.notes != "Made by us")


def the_first_look_alike_is_adopted(patch: Patch) -> None:
    original = ENDPOINT._reconcile_create  # noqa: SLF001 - what is broken is private

    async def reconcile_create(endpoint: object, _: object, same: object, doubt: Exception) -> object:
        return await original(endpoint, (), same, doubt)

    patch.setattr(ENDPOINT, "_reconcile_create", reconcile_create)


def a_lost_creation_is_not_looked_for(patch: Patch) -> None:
    async def reconcile_create(_: object, __: object, ___: object, doubt: Exception) -> object:
        raise doubt

    patch.setattr(ENDPOINT, "_reconcile_create", reconcile_create)


def a_look_that_fails_is_called_unchanged(patch: Patch) -> None:
    async def refetch(endpoint: CachedEndpoint[Client], _: Exception) -> object:
        return (await endpoint.read(refresh=True, use_reserve=True)).collection.items

    patch.setattr(ENDPOINT, "_refetch", refetch)


def an_unreadable_confirmation_crashes(patch: Patch) -> None:
    def parse_confirmation(_: object, row: object) -> Client:
        return Client.model_validate(row)

    patch.setattr(ENDPOINT, "_parse_confirmation", parse_confirmation)


def an_unreadable_confirmation_is_called_unchanged(patch: Patch) -> None:
    patch.setattr(ENDPOINT, "_parse_confirmation", ENDPOINT._parse_row)  # noqa: SLF001 - what is broken is private


def a_reading_from_before_a_write_is_stored(patch: Patch) -> None:
    original = MemoryStore.replace

    async def replace(store: MemoryStore, key: Key, rows: dict[int, str], *, expected: int, fetched_at: float) -> bool:
        del expected
        return await original(store, key, rows, expected=(await store.get_version(key)).number, fetched_at=fetched_at)

    patch.setattr(MemoryStore, "replace", replace)


def a_claim_is_kept(patch: Patch) -> None:
    patch.setattr(MemoryStore, "release_lease", _nothing)


async def _nothing(*_: object) -> None:
    return


def _put_only(patch: Patch, wanted: Callable[[Client | None], bool]) -> None:
    original = COLLECTION.write_through

    async def write_through(snapshots: object, row_id: int, item: Client | None, *more: object) -> None:
        if wanted(item):
            await original(snapshots, row_id, item, *more)

    patch.setattr(COLLECTION, "write_through", write_through)


STEP_BY_STEP: dict[Bug, str] = {
    a_creation_is_sent_again: invariants.TWICE,
    a_lost_change_is_called_unchanged: invariants.NOT_NOTHING,
    a_page_is_taken_for_a_confirmation: invariants.NOT_THERE,
    doubt_does_not_forget: invariants.DOUBTFUL,
    a_deleted_row_stays_in_the_cache: invariants.NOT_SEEN,
    a_new_row_is_not_cached: invariants.NOT_SEEN,
    the_first_look_alike_is_adopted: invariants.OLD,
    a_lost_creation_is_not_looked_for: invariants.NOT_SOUGHT,
    a_look_that_fails_is_called_unchanged: invariants.NOT_NOTHING,
    an_unreadable_confirmation_crashes: invariants.UNNAMED,
    an_unreadable_confirmation_is_called_unchanged: invariants.NOT_NOTHING,
}
OF_PROJECTS: dict[Bug, str] = {
    a_creation_is_sent_again: invariants.TWICE,
    projects_outlive_their_client_in_the_cache: invariants.OUTDATED,
}
AMONG_MANY: dict[Bug, str] = {a_reading_from_before_a_write_is_stored: invariants.OUTDATED}
BY_CUTTING_OFF: dict[Bug, str] = {a_claim_is_kept: invariants.CLAIMED, doubt_does_not_forget: invariants.OUTDATED}
