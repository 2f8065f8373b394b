"""The tool that undoes a change."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from toggl_mcp.errors import Forbidden
from toggl_mcp.models.base import Absent, Payload
from toggl_mcp.tools.support.args import ANY_TEXT
from toggl_mcp.tools.support.define import DESTRUCTIVE, CallContext, ToolSpec
from toggl_mcp.tools.support.results import OBJECTS, OutputModel, Timestamp, WithChange, truncate

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.undo_plan import Undone

MAX_LISTED_CHANGES = 20
"""Changes that `dry_run` lists."""
MAX_NAME = 60
"""Characters of a name in a result."""
LOST_REFERENCES = "It is new: what referred to the former one, and is in no row, lost it. Set it there again."
LOST_TASKS = " Its tasks are gone."


class Undo(Payload, frozen=True):
    """The arguments of `undo`."""

    change: (
        Annotated[str, Field(max_length=100), ANY_TEXT, Field(description="change_id. Omitted: the last change.")]
        | Absent
    ) = None
    dry_run: Annotated[bool, Field(description="Only list the last changes and what undoing would do.")] = False


class UndoneRow(OutputModel):
    """What undoing does to one thing."""

    kind: str
    id: int | Absent = None
    name: str | Absent = None
    effect: Literal["delete", "edit", "restore", "none"]
    new_id: Annotated[int, Field(description="Made anew under this id.")] | Absent = None
    reason: Annotated[str, Field(description="Why it is not as before.")] | Absent = None

    @classmethod
    def of(cls, row: "Undone") -> Self:
        """Return a row as results show it; under another id, nothing but time entries is as before."""
        is_referred_to = row.new_id is not None and row.kind != "time_entry"
        loss = LOST_REFERENCES + (LOST_TASKS if row.kind == "project" else "") if is_referred_to else None
        return cls(
            kind=row.kind,
            id=row.row_id,
            name=row.name and truncate(row.name, MAX_NAME),
            effect=row.effect or "none",
            new_id=row.new_id,
            reason=row.reason or loss,
        )


class ListedChange(OutputModel):
    """A change of the journal."""

    change_id: str
    made_at: Timestamp
    requests: Annotated[list[str], Field(description="Verb, kind and ids.")]
    undone: bool | Absent = None
    undoes: str | Absent = None


class UndoResult(WithChange):
    """What undoing a change did, or would do."""

    undone_change_id: str
    complete: Annotated[bool, Field(description="All is as before.")]
    rows: list[UndoneRow]
    changes: Annotated[list[ListedChange], OBJECTS] | Absent = None


async def undo(args: Undo, call: CallContext) -> UndoResult:
    """Undo a change that was made here in the last 7 days: the last one, or the one of a change_id.

    Use it when the person wants something back. It deletes what was created, puts edits back, and restores what was
    deleted; what was changed again since stays, with a reason. Undo the undo's change_id to redo.
    """
    journal = call.toggl.journal
    change = await journal.find(args.change)
    if call.access != "full" and any(record.kind != "time_entry" for record in change.records):
        message = "This server may only change time entries, and that change was of something else. Ask the person."
        raise Forbidden(message)
    rows = await (journal.plan(change) if args.dry_run else journal.undo(change))
    changes = await journal.list_changes() if args.dry_run else []
    results = [UndoneRow.of(row.result) for row in rows]
    return UndoResult(
        undone_change_id=change.change_id,
        complete=all(result.reason is None for result in results),
        rows=results,
        changes=[
            ListedChange(
                change_id=item.change_id,
                made_at=item.made_at,
                requests=[
                    " ".join([record.verb, record.kind, *(str(row.row_id) for row in record.rows)])
                    for record in item.records
                ],
                undone=item.is_undone or None,
                undoes=item.undoes,
            )
            for item in changes[:MAX_LISTED_CHANGES]
        ]
        or None,
        quota=call.quota(),
    )


TOOLS = (ToolSpec(undo, DESTRUCTIVE),)
