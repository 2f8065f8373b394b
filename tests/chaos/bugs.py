"""Bugs to put in. Each has a sentence for a name, and the violation by which it has to be found."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import judging
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

EXCHANGE: Any = vars(transport)["_Exchange"]
ENDPOINT: Any = CachedEndpoint
SNAPSHOTS: Any = Snapshots


def a_creation_is_sent_again(patch: Patch) -> None:
    original = EXCHANGE.lost

    def lost(exchange: Any) -> Exception:  # noqa: ANN401 - private to its module
        exchange.method = "PUT"
        return original(exchange)

    patch.setattr(EXCHANGE, "lost", lost)


def a_lost_change_is_called_unchanged(patch: Patch) -> None:
    def given_up(_: object) -> Exception:
        return Unreachable("Nothing was changed.")

    patch.setattr(EXCHANGE, "given_up", given_up)


def a_page_is_taken_for_a_confirmation(patch: Patch) -> None:
    def decoded(_: object, answer: Any) -> object:  # noqa: ANN401 - httpx is for api/ alone
        return answer.json() if answer.content.startswith((b"{", b"[")) else None

    patch.setattr(EXCHANGE, "decoded", decoded)


def doubt_does_not_forget(patch: Patch) -> None:
    patch.setattr(SNAPSHOTS, "forget_all", _nothing)


def a_deleted_row_stays_in_the_cache(patch: Patch) -> None:
    _put_only(patch, lambda item: item is not None)


def projects_outlive_their_client_in_the_cache(patch: Patch) -> None:
    patch.setattr(AsyncClientEndpoint, "ECHOES", {})


def a_new_row_is_not_cached(patch: Patch) -> None:
    _put_only(patch, lambda item: item is None or item.notes != "Made by us")


def the_first_look_alike_is_adopted(patch: Patch) -> None:
    original = ENDPOINT._looked_for  # noqa: SLF001 - what is broken is private

    async def looked_for(endpoint: object, _: object, same: object, doubt: Exception) -> object:
        return await original(endpoint, (), same, doubt)

    patch.setattr(ENDPOINT, "_looked_for", looked_for)


def a_lost_creation_is_not_looked_for(patch: Patch) -> None:
    async def looked_for(_: object, __: object, ___: object, doubt: Exception) -> object:
        raise doubt

    patch.setattr(ENDPOINT, "_looked_for", looked_for)


def a_look_that_fails_is_called_unchanged(patch: Patch) -> None:
    async def look(endpoint: CachedEndpoint[Client], _: Exception) -> object:
        return (await endpoint.read(refresh=True, urgent=True)).collection.items

    patch.setattr(ENDPOINT, "_look", look)


def an_unreadable_confirmation_crashes(patch: Patch) -> None:
    def answered(_: object, row: object) -> Client:
        return Client.model_validate(row)

    patch.setattr(ENDPOINT, "_answered", answered)


def an_unreadable_confirmation_is_called_unchanged(patch: Patch) -> None:
    patch.setattr(ENDPOINT, "_answered", ENDPOINT._parsed)  # noqa: SLF001 - what is broken is private


def a_reading_from_before_a_write_is_stored(patch: Patch) -> None:
    original = MemoryStore.replace

    async def replace(store: MemoryStore, key: Key, rows: dict[int, str], *, seen: int, fetched_at: float) -> bool:
        del seen
        return await original(store, key, rows, seen=(await store.mark(key)).version, fetched_at=fetched_at)

    patch.setattr(MemoryStore, "replace", replace)


def a_claim_is_kept(patch: Patch) -> None:
    patch.setattr(MemoryStore, "release", _nothing)


async def _nothing(*_: object) -> None:
    return


def _put_only(patch: Patch, wanted: Callable[[Client | None], bool]) -> None:
    original = SNAPSHOTS.put

    async def put(snapshots: object, row_id: int, item: Client | None, *more: object) -> None:
        if wanted(item):
            await original(snapshots, row_id, item, *more)

    patch.setattr(SNAPSHOTS, "put", put)


STEP_BY_STEP: dict[Bug, str] = {
    a_creation_is_sent_again: judging.TWICE,
    a_lost_change_is_called_unchanged: judging.NOT_NOTHING,
    a_page_is_taken_for_a_confirmation: judging.NOT_THERE,
    doubt_does_not_forget: judging.DOUBTFUL,
    a_deleted_row_stays_in_the_cache: judging.NOT_SEEN,
    a_new_row_is_not_cached: judging.NOT_SEEN,
    the_first_look_alike_is_adopted: judging.OLD,
    a_lost_creation_is_not_looked_for: judging.NOT_SOUGHT,
    a_look_that_fails_is_called_unchanged: judging.NOT_NOTHING,
    an_unreadable_confirmation_crashes: judging.UNNAMED,
    an_unreadable_confirmation_is_called_unchanged: judging.NOT_NOTHING,
}
OF_PROJECTS: dict[Bug, str] = {
    a_creation_is_sent_again: judging.TWICE,
    projects_outlive_their_client_in_the_cache: judging.OUTDATED,
}
AMONG_MANY: dict[Bug, str] = {a_reading_from_before_a_write_is_stored: judging.OUTDATED}
BY_CUTTING_OFF: dict[Bug, str] = {a_claim_is_kept: judging.CLAIMED, doubt_does_not_forget: judging.OUTDATED}
