"""What became of a change of several entries."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import Field

from toggl_mcp.errors import NotFound, OutcomeUnknown, QuotaSpent, TogglError
from toggl_mcp.models.time_entries import TimeEntry

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import CacheRead
    from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
    from toggl_mcp.endpoints.toggl import Toggl


class BulkOutcome(NamedTuple):
    """What ended a change of several before its end, if anything, and the ids that were asked for then."""

    failure: TogglError | None
    sent_ids: list[int]

    @property
    def unconfirmed_ids(self) -> list[int]:
        """The ids of which nobody knows what became."""
        return self.sent_ids if isinstance(self.failure, OutcomeUnknown) else []

    @property
    def reason(self) -> str | None:
        """What ended it, in words."""
        return None if self.failure is None else str(self.failure)

    def unchanged_ids(self, entries: list[TimeEntry], changed_ids: list[int]) -> list[int] | None:
        """Return the ids that Toggl refused, or was not asked for."""
        return [entry.id for entry in entries if entry.id not in {*changed_ids, *self.unconfirmed_ids}] or None

    def raise_if_nothing_done(self, changed_ids: list[int]) -> None:
        """Fail as a whole where nothing was done; what is not known of which entries is said."""
        if self.failure is None or changed_ids:
            return
        if self.unconfirmed_ids:
            ids_text = ", ".join(map(str, self.unconfirmed_ids))
            message = f"{self.failure} That is so of {ids_text}, and nothing else was sent."
            raise OutcomeUnknown(message) from self.failure
        raise self.failure


NOT_FOUND = Annotated[list[int], Field(description="Not among one's own of the last 89 days.")]


UNCHANGED = Annotated[list[int], Field(description="See incomplete_reason.")]


UNCONFIRMED = Annotated[list[int], Field(description="See incomplete_reason.")]


async def load_entries(
    ids: list[int], toggl: "Toggl", *, require_fresh: bool = False
) -> tuple[list[TimeEntry], list[int]]:
    """Return the entries that are there, and the ids of none; Toggl is asked again before any is denied.

    `surely` takes no stale answer: what was deleted since would come back by a change of many.

    Raises:
        NotFound: None of them is there.
    """
    tracker = await toggl.account_time_entries()
    reading = await tracker.read_authoritative(lambda all_of_them: set(ids) <= all_of_them.items.keys())
    if require_fresh and reading.source == "stale":
        reading = await refetch(tracker)
    collection = reading.collection.items
    entries = [collection[entry_id] for entry_id in dict.fromkeys(ids) if entry_id in collection]
    if not entries:
        raise no_entries_error(ids)
    return entries, [entry_id for entry_id in dict.fromkeys(ids) if entry_id not in collection]


async def refetch(tracker: "AsyncTimeEntryEndpoint") -> "CacheRead[TimeEntry]":
    try:
        return await tracker.reserved.read(refresh=True)
    except QuotaSpent as error:
        message = f"{error} Or change them one at a time."
        raise QuotaSpent(message, error.resets_in_seconds or 0) from error


async def check_quota_covers(entries: list[TimeEntry], toggl: "Toggl") -> None:
    """Refuse to begin what the quota does not allow to end; workspaces of one organization share one.

    Raises:
        QuotaSpent: There are fewer requests left than entries.
    """
    needed: Counter[str] = Counter()
    for entry in entries:
        bucket = await toggl.get_quota(entry.workspace_id)
        if bucket is None:
            continue
        needed[bucket.name] += 1
        if bucket.remaining < needed[bucket.name]:
            message = (
                f"{len(entries)} deletions need as many requests, and {bucket.remaining} are left this hour "
                f"in workspace {entry.workspace_id}. Nothing was deleted. Wait for the reset, or delete fewer."
            )
            raise QuotaSpent(message, bucket.resets_at - toggl.timestamp())


def no_entries_error(ids: list[int]) -> NotFound:
    ids_text = ", ".join(map(str, ids[:10]))
    return NotFound(f"None of your own entries of the last 89 days: {ids_text}. The web app changes older ones.")
