"""What edits and deletions of several entries have in common: the entries, the outcome, and the result."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self

from pydantic import Field

from toggl_mcp.errors import NotFound, OutcomeUnknown, QuotaSpent, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import WithChange

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import CacheRead
    from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint

UnsettledIds = Annotated[list[int], Field(description="See incomplete_reason.")]


class BulkOutcome(NamedTuple):
    """What a change of several entries did: the ids that it changed, and the failure of some or of the rest, if any.

    `failed_ids` are those that the failure is about.
    """

    changed_ids: list[int]
    failure: TogglError | None = None
    failed_ids: Sequence[int] = ()

    @property
    def unconfirmed_ids(self) -> Sequence[int]:
        """The ids that may have been changed, or not."""
        return self.failed_ids if isinstance(self.failure, OutcomeUnknown) else ()

    def raise_if_nothing_done(self) -> None:
        """Raise the failure if no entry was changed.

        Raises:
            TogglError: It is the failure, with the ids that may have been changed.
        """
        if self.failure is None or self.changed_ids:
            return
        if self.unconfirmed_ids:
            ids_text = ", ".join(map(str, self.unconfirmed_ids))
            message = f"{self.failure} Unconfirmed: {ids_text}. Nothing else was sent."
            raise OutcomeUnknown(message) from self.failure
        raise self.failure


class BulkResult(WithChange):
    """What became of each entry of a change of several."""

    unchanged_ids: UnsettledIds | Absent = None
    not_found_ids: Annotated[list[int], Field(description="None of your entries of the last 89 days.")] | Absent = None
    unconfirmed_ids: UnsettledIds | Absent = None
    incomplete_reason: str | Absent = None

    @classmethod
    async def of(
        cls,
        outcome: BulkOutcome,
        entries: list[TimeEntry],
        not_found_ids: list[int],
        call: CallContext,
        **changed_ids: Any,  # noqa: ANN401 - the field of a subclass
    ) -> Self:
        """Return the result of an outcome, with the field of the changed ids that a subclass adds.

        Raises:
            TogglError: No entry was changed.
        """
        outcome.raise_if_nothing_done()
        settled_ids = {*outcome.changed_ids, *outcome.unconfirmed_ids}
        return cls(
            unchanged_ids=[entry.id for entry in entries if entry.id not in settled_ids] or None,
            not_found_ids=not_found_ids or None,
            unconfirmed_ids=[*outcome.unconfirmed_ids] or None,
            incomplete_reason=None if outcome.failure is None else str(outcome.failure),
            quota=call.quota(),
            **changed_ids,
        )


async def load_entries(
    ids: list[int], call: CallContext, *, require_fresh: bool = False
) -> tuple[list[TimeEntry], list[int]]:
    """Return the entries of these ids, and the ids that have none; Toggl is read before an entry is denied.

    `require_fresh` refuses a stale read: an edit of several would restore what was deleted since.

    Raises:
        NotFound: None of the ids has an entry.
        Unreachable: One of the entries cannot be read.
    """
    endpoint = await call.toggl.open_time_entries()
    read = await endpoint.read_authoritative(lambda collection: set(ids) <= collection.items.keys())
    if require_fresh and read.source == "stale":
        read = await refetch(endpoint)
    items = {entry_id: read.collection.get(entry_id) for entry_id in ids}
    entries = [entry for entry in items.values() if entry is not None]
    if not entries:
        raise no_entries_error(ids)
    return entries, [entry_id for entry_id, entry in items.items() if entry is None]


async def refetch(endpoint: "AsyncTimeEntryEndpoint") -> "CacheRead[TimeEntry]":
    """Read the entries from Toggl.

    Raises:
        QuotaSpent: No request remains.
    """
    try:
        return await endpoint.reserved.read(refresh=True)
    except QuotaSpent as error:
        message = f"{error} Or change them one at a time."
        raise QuotaSpent(message, error.resets_in_seconds or 0) from error


async def check_quota_covers(entries: list[TimeEntry], call: CallContext) -> None:
    """Check that the quotas allow one request for each entry; the workspaces of an organization share one.

    Raises:
        QuotaSpent: Fewer requests remain.
    """
    needed: Counter[str] = Counter()
    for entry in entries:
        bucket = await call.toggl.get_quota(entry.workspace_id)
        if bucket is None:
            continue
        needed[bucket.name] += 1
        if bucket.remaining < needed[bucket.name]:
            message = (
                f"{len(entries)} deletions need as many requests, and {bucket.remaining} remain this hour "
                f"in workspace {entry.workspace_id}. Nothing was deleted. Wait for the reset, or delete fewer."
            )
            raise QuotaSpent(message, bucket.resets_at - call.toggl.timestamp())


def no_entries_error(ids: list[int]) -> NotFound:
    """Return the error that none of these ids has an entry."""
    ids_text = ", ".join(map(str, ids[:10]))
    return NotFound(
        f"None of your own entries of the last 89 days: {ids_text}. Older ones can be changed only in the web app."
    )
