"""What edits and deletions of several entries have in common: the entries, the outcome, and the result."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Self

import anyio
from pydantic import Field

from toggl_mcp.errors import InvalidArguments, NotFound, OutcomeUnknown, QuotaSpent, TogglError, Unreachable
from toggl_mcp.models.base import Absent, parse_stored
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, TimeEntry
from toggl_mcp.tools.support.define import MAX_CALL_SECONDS, CallContext
from toggl_mcp.tools.support.results import WithChange
from toggl_mcp.tools.time_entries._args import REF_WORDS, EntrySelection
from toggl_mcp.tools.time_entries._filters import select_entries
from toggl_mcp.tools.time_entries._overlap import describe_entries
from toggl_mcp.tools.time_entries._refs import describe_missing, find_by_ref

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.core.collection import CacheRead
    from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
    from toggl_mcp.models.journal import ChangeRecord, RowChange


MAX_RECENT_SECONDS = 10.0
"""Seconds for which a read is recent."""
MAX_JUST_LOGGED_SECONDS = 600.0
"""Seconds for which `last` may mean what was logged, though other entries end later."""


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

    unchanged_ids: list[int] | Absent = None
    not_found_ids: Annotated[list[int], Field(description="Not of the last 89 days.")] | Absent = None
    unconfirmed_ids: list[int] | Absent = None
    incomplete_reason: str | Absent = None
    expected_count: int | Absent = None
    matches: list[str] | Absent = None

    @classmethod
    async def of(
        cls,
        outcome: BulkOutcome,
        targets: "Targets",
        call: CallContext,
        **fields: Any,  # noqa: ANN401 - the fields of a subclass
    ) -> Self:
        """Return the result of an outcome, with the fields that a subclass adds.

        Raises:
            TogglError: No entry was changed.
        """
        outcome.raise_if_nothing_done()
        settled_ids = {*outcome.changed_ids, *outcome.unconfirmed_ids}
        return cls(
            unchanged_ids=[entry.id for entry in targets.entries if entry.id not in settled_ids] or None,
            not_found_ids=targets.not_found_ids or None,
            unconfirmed_ids=[*outcome.unconfirmed_ids] or None,
            incomplete_reason=None if outcome.failure is None else str(outcome.failure),
            quota=call.quota(),
            **fields,
        )

    @classmethod
    async def of_dry_run(
        cls,
        args: EntrySelection,
        targets: "Targets",
        call: CallContext,
        **fields: Any,  # noqa: ANN401 - the fields of a subclass
    ) -> Self:
        """Return the result of a dry run, which lists the entries, with the fields that a subclass adds."""
        return cls(
            expected_count=None if args.filters is None else len(targets.entries),
            matches=await describe_entries(targets.entries, call),
            not_found_ids=targets.not_found_ids or None,
            quota=call.quota(),
            **fields,
        )


class Targets(NamedTuple):
    """The entries to change, and the ids that have none."""

    entries: list[TimeEntry]
    not_found_ids: list[int]


async def select_targets(
    args: EntrySelection, call: CallContext, *, require_fresh: bool = False, require_recent: bool = False
) -> Targets:
    """Return the entries that the arguments mean.

    Raises:
        NotFound: They mean none.
        InvalidArguments: The filters match more or fewer than is expected.
        TogglError: One of the entries, or what the filters match, cannot be read.
    """
    if args.filters is None:
        return await load_entries(args.ids or (), call, require_fresh=require_fresh, require_recent=require_recent)
    # What was changed elsewhere may not match any more, so that a change reads Toggl first; of names the cached ones
    # count, by which the person has seen the entries.
    selection = await select_entries(args.filters, call, with_fresh_entries=not args.dry_run)
    matches = [entry for entry in selection.entries if entry.start >= selection.date_range.start]
    if not matches:
        days = selection.date_range
        message = f"filters match none of your entries from {days.first} to {days.last}; look with list_time_entries."
        raise NotFound(" ".join([message, *selection.warnings]))
    earliest = call.toggl.entry_cache.earliest_start()
    if old := [entry for entry in matches if entry.start < earliest]:
        day = selection.date_range.calendar.day_of(earliest) + timedelta(days=1)
        message = (
            f"{len(old)} of the {len(matches)} entries that filters match are older than Toggl lists, so they can only "
            "be changed in the web app. Nothing was changed."
        )
        raise InvalidArguments(message if len(old) == len(matches) else f"{message} Begin the period at {day}.")
    if len(matches) > MAX_BULK_ITEMS:
        message = f"filters match {len(matches)} entries; one call changes at most {MAX_BULK_ITEMS}. Give fewer days."
        raise InvalidArguments(message)
    if args.dry_run:
        return Targets(matches, [])
    if len(matches) != args.expected_count:
        counts = f"filters match {len(matches)} entries, not {args.expected_count}"
        message = f"{counts}. Nothing was changed. dry_run: true lists them."
        raise InvalidArguments(message)
    return await load_entries([str(entry.id) for entry in matches], call, require_fresh=require_fresh)


async def load_entries(
    refs: Sequence[str], call: CallContext, *, require_fresh: bool = False, require_recent: bool = False
) -> Targets:
    """Return the entries of these ids or words; Toggl is read before an entry is denied, and for a word.

    `require_fresh` refuses a stale read: an edit of several would restore what was deleted since. `require_recent`
    reads Toggl unless that was done a moment ago: what a change is computed from may have been changed elsewhere.

    Raises:
        NotFound: None of the ids has an entry, or a word means none.
        InvalidArguments: `last` may also mean what was logged a moment ago.
        Unreachable: One of the entries cannot be read.
    """
    endpoint = await call.toggl.open_time_entries()
    words = REF_WORDS & {*refs}
    ids = [int(ref) for ref in refs if ref not in words]
    if words:
        read = await endpoint.reserved.read(refresh=True)
    else:
        _, read = await endpoint.read_authoritative(lambda collection: {*ids} <= collection.items.keys())
        if require_recent and (call.now - read.as_of).total_seconds() > MAX_RECENT_SECONDS:
            read = await endpoint.reserved.read(refresh=True)
    if require_fresh and read.source == "stale":
        read = await refetch(endpoint)
    items = {ref: find_by_ref(ref, read.collection, call.now) for ref in refs}
    for word in words:
        if items[word] is None:
            raise NotFound(describe_missing(word))
    if (last := items.get("last")) is not None:
        await _require_latest_logged(last, read.collection.items, call)
    entries = {entry.id: entry for entry in items.values() if entry is not None}
    if not entries:
        raise no_entries_error(ids)
    return Targets([*entries.values()], [entry_id for entry_id in ids if entry_id not in entries])


def _is_logged(record: "ChangeRecord", row: "RowChange") -> bool:
    """Tell whether a change has made an entry, or has stopped or edited its timer."""
    if record.kind != "time_entry":
        return False
    before = parse_stored(TimeEntry, row.before)
    return record.verb == "add" if before is None else before.running


async def _require_latest_logged(last: TimeEntry, entries: Mapping[int, TimeEntry], call: CallContext) -> None:
    """Require that the latest entry is among those that were logged or stopped last, if that was lately.

    Raises:
        InvalidArguments: It is not, so that `last` has two readings.
    """
    logged: list[TimeEntry] = []
    for change in await call.toggl.journal.list_changes():
        if logged or (call.now - change.made_at).total_seconds() > MAX_JUST_LOGGED_SECONDS:
            break
        rows = [] if change.is_undone else [(record, row) for record in change.records for row in record.rows]
        candidates = [entries.get(row.row_id) for record, row in rows if _is_logged(record, row)]
        logged = [entry for entry in candidates if entry is not None and not entry.running]
    if logged and last not in logged:
        latest, *others = await describe_entries([last, *logged[:3]], call)
        message = f"last: the latest is {latest}, but what was logged just now is {'; '.join(others)}. Give an id."
        raise InvalidArguments(message)


@contextmanager
def limit_change() -> Generator[None]:
    """Let one change of several take as long as a call of its own.

    Raises:
        Unreachable: So much time no longer remains; the change was not sent.
        OutcomeUnknown: Toggl never confirmed it.
    """
    if anyio.current_effective_deadline() - anyio.current_time() < MAX_CALL_SECONDS:
        message = "The time of a call was over, and this one was not sent."
        raise Unreachable(message)
    try:
        with anyio.fail_after(MAX_CALL_SECONDS):
            yield
    except TimeoutError as error:
        message = "Toggl did not confirm it in time."
        raise OutcomeUnknown(message) from error


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


def no_entries_error(ids: Sequence[int]) -> NotFound:
    """Return the error that none of these ids has an entry."""
    ids_text = ", ".join(map(str, ids[:10]))
    return NotFound(
        f"None of your own entries of the last 89 days: {ids_text}. Older ones can be changed only in the web app."
    )
