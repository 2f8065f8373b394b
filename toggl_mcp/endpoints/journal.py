"""The journal of an account's changes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.errors import NotFound
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.journal import MAX_JOURNAL_SECONDS, ChangeRecord, RowChange


class JournalChange(NamedTuple):
    """The change of one call: its records, and when the first of them was made."""

    change_id: str
    made_at: datetime
    records: Sequence[ChangeRecord]

    @property
    def undoes(self) -> str | None:
        """The change that this undoes."""
        return self.records[0].undoes

    @property
    def is_undone(self) -> bool:
        """Whether it was undone as a whole."""
        return self.records[0].is_undone

    @property
    def is_confirmed(self) -> bool:
        """Whether Toggl confirmed all of it."""
        return all(record.is_confirmed for record in self.records)


class Journal:
    """Lists the changes that this program made with a token.

    Args:
        session: Has the store.
    """

    def __init__(self, session: Session) -> None:
        self._store = session.store
        self._scope = session.scope

    async def list_changes(self) -> list[JournalChange]:
        """Return the changes of the last 7 days, the newest first."""
        earliest = self._store.clock() - MAX_JOURNAL_SECONDS
        groups: dict[str, list[ChangeRecord]] = {}
        for record in await self._store.list_records(self._scope):
            if record.made_at >= earliest:
                groups.setdefault(record.change_id, []).append(record)
        return [
            JournalChange(change_id, datetime.fromtimestamp(records[0].made_at, UTC), records)
            for change_id, records in reversed(groups.items())
        ]

    async def last_made_at(self) -> datetime | None:
        """Return when the last request was made that changed something; None if none was."""
        moments = [record.made_at for change in await self.list_changes() for record in change.records]
        return datetime.fromtimestamp(max(moments), UTC) if moments else None

    async def last_ended_at(self, kind: str) -> datetime | None:
        """Return by when Toggl had made the last change of something of a kind; None if none was made."""
        records = [record for change in await self.list_changes() for record in change.records]
        moments = [record.ended_at for record in records if record.kind == kind]
        return datetime.fromtimestamp(max(moments), UTC) if moments else None

    async def find(self, change_id: str | None = None) -> JournalChange:
        """Return a change by its id; without one, the last that was not undone and undoes none.

        Raises:
            NotFound: There is none.
        """
        changes = await self.list_changes()
        for change in changes:
            if change.change_id == change_id or (change_id is None and not change.is_undone and change.undoes is None):
                return change
        if not changes:
            message = "Nothing was changed through this server in the last 7 days, so nothing can be undone."
            raise NotFound(message)
        problem = "Each is an undo, or undone," if change_id is None else f"There is no change {change_id}"
        message = f"{problem} among the last {len(changes)} changes. undo(dry_run: true) lists them."
        raise NotFound(message)

    async def record_replacement(
        self, change: JournalChange, kind: str, former_id: int, item: WorkspaceResource
    ) -> None:
        """Record as what an undo of a change has created a deleted item again; that confirms a creation, too."""
        records = await self._store.list_records(self._scope)
        creations = [record for record in records if (record.verb, record.kind) == ("add", kind)]
        unconfirmed = [record for record in creations if record.undoes == change.change_id and not record.is_confirmed]
        row = RowChange(item.id, None, item.model_dump_json(exclude_none=True, exclude={"updated_at"}))
        confirmed = [record for record in creations if any(item.id == row_id for row_id, _, _ in record.rows)]
        for record in confirmed or [record.confirm([row], ()) for record in unconfirmed[:1]]:
            await self._store.write(self._scope, records=[record.model_copy(update={"former_id": former_id})])

    async def mark_undone(self, change: JournalChange) -> None:
        """Record that a change was undone, and that the one which it had undone is in effect again."""
        records = [record.model_copy(update={"is_undone": True}) for record in change.records]
        for earlier_change in await self.list_changes() if change.undoes else ():
            if earlier_change.change_id == change.undoes:
                records += [record.model_copy(update={"is_undone": False}) for record in earlier_change.records]
        await self._store.write(self._scope, records=records)
