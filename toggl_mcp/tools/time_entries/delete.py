"""The tool that deletes time entries."""

from typing import TYPE_CHECKING

from toggl_mcp.errors import TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.tools.support.define import CHANGES, Offer
from toggl_mcp.tools.support.lookup import left
from toggl_mcp.tools.support.results import Costly, shortened
from toggl_mcp.tools.time_entries._args import DeleteTimeEntries
from toggl_mcp.tools.time_entries._bulk import Outcome

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl

from toggl_mcp.tools.time_entries._bulk import NOT_FOUND, UNCHANGED, UNCONFIRMED, afford, present


class EntriesDeleted(Costly):
    """What became of a deletion."""

    deleted_ids: list[int]
    unchanged_ids: UNCHANGED | Absent = None
    not_found_ids: NOT_FOUND | Absent = None
    unconfirmed_ids: UNCONFIRMED | Absent = None
    why: str | Absent = None


async def delete_time_entries(asked: DeleteTimeEntries, toggl: "Toggl") -> EntriesDeleted:
    """Delete up to 10 of one's own entries for good, by a request each; refused if the quota cannot cover them all."""
    found, missing = await present(asked.ids, toggl)
    await afford(found, toggl)
    deleted: list[int] = []
    outcome = Outcome(None, [])
    for entry in found:
        try:
            await toggl.time_entries(entry.workspace_id).delete(entry)
        except TogglError as error:
            outcome = Outcome(error, [entry.id])
            break
        deleted.append(entry.id)
    outcome.raise_if_alone(deleted)
    return EntriesDeleted(
        deleted_ids=deleted,
        unchanged_ids=outcome.untouched(found, deleted),
        not_found_ids=missing or None,
        unconfirmed_ids=outcome.unconfirmed or None,
        why=outcome.why,
        quota=await left(toggl, found[0].workspace_id),
    )


async def _what_goes(asked: DeleteTimeEntries, toggl: "Toggl") -> str:
    found, _ = await present(asked.ids, toggl)
    await afford(found, toggl)
    calendar = await toggl.calendar()
    told = "; ".join(
        f"“{shortened(entry.description, 40)}” of {calendar.to_local_text(entry.start)}" for entry in found
    )
    return f"Delete {len(found)} time {'entry' if len(found) == 1 else 'entries'} for good? {told}"


OFFERS = (
    Offer(delete_time_entries, "Delete time entries", CHANGES, DeleteTimeEntries, EntriesDeleted, question=_what_goes),
)
