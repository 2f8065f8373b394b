"""The tool that undoes a change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.errors import Forbidden, NotFound
from toggl_mcp.models.base import Absent, Payload
from toggl_mcp.tools.support.define import DESTRUCTIVE_EACH_TIME, CallContext, ToolSpec
from toggl_mcp.tools.support.results import OBJECTS, OutputModel, Timestamp, WithChange, truncate

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from collections.abc import Callable

    from toggl_mcp.endpoints.journal import JournalChange
    from toggl_mcp.endpoints.undo_plan import JournalRow
    from toggl_mcp.models.journal import ChangeRecord

MAX_LISTED_CHANGES = 20
"""Changes that `dry_run` lists."""
MAX_NAMES_IN_STEP = 3
"""Names of what one request of a change was about."""
MAX_NAME_LENGTH = 60
"""Characters of a name in a result."""
_LOST_BY_ENTRIES = (
    "Entries that are not among these rows, as those of colleagues and old ones, have lost it: set it again."
)
LOST_REFERENCES = {
    "client": "Projects that are not among these rows have lost it: set it again.",
    "project": f"Tasks that are not among these rows are gone. {_LOST_BY_ENTRIES}",
    "task": _LOST_BY_ENTRIES,
    "tag": _LOST_BY_ENTRIES,
}
"""What of an item is not brought back with it, by its kind."""


class UndoArguments(Payload, frozen=True):
    """The arguments of `undo`."""

    change: (
        Annotated[
            str,
            Field(max_length=100),
            Field(description="A result's change_id. Default: the last change not undone; undos do not count."),
        ]
        | Absent
    ) = None
    dry_run: Annotated[bool, Field(description="Only list the last changes and what undoing would do.")] = False


class UndoneRow(OutputModel):
    """What undoing does to one thing."""

    kind: str
    id: int | Absent = None
    name: str | Absent = None
    effect: Literal["delete", "edit", "undelete", "recreate", "none"]
    new_id: int | Absent = None
    reason: str | Absent = None
    warning: str | Absent = None
    fields: SkipJsonSchema[list[str] | None] = None
    """The fields that an edit puts back."""

    @classmethod
    def of(cls, row: "JournalRow") -> Self:
        """Return a row as results show it."""
        effect = "none" if row.effect is None or row.reason is not None else row.effect
        # Toggl brings nothing but time entries back under the same id.
        is_new = row.new_id is not None or (effect == "undelete" and row.kind in LOST_REFERENCES)
        return cls(
            kind=row.kind,
            id=row.journal_id,
            name=row.name and truncate(row.name, MAX_NAME_LENGTH),
            effect="recreate" if is_new else effect,
            new_id=row.new_id,
            reason=row.reason,
            warning=LOST_REFERENCES.get(row.kind, row.warning) if is_new else row.warning,
            fields=sorted(row.fields) if effect == "edit" else None,
        )


class ListedChange(OutputModel):
    """A change of the journal."""

    change_id: str
    made_at: Timestamp
    steps: Annotated[list[str], Field(description="Verb, kind, ids, names and edited fields.")]
    undone: bool | Absent = None
    undoes: str | Absent = None

    @classmethod
    def of(cls, change: "JournalChange", list_fields: "Callable[[ChangeRecord], list[str]]") -> Self:
        """Return a change as results list it, with the edited fields of each of its requests."""
        return cls(
            change_id=change.change_id,
            made_at=change.made_at,
            steps=[_describe_step(record, list_fields(record)) for record in change.records],
            undone=change.is_undone or None,
            undoes=change.undoes,
        )


def _describe_step(record: "ChangeRecord", fields: Sequence[str]) -> str:
    """Return what a request did, to which ids, some of their names, and which fields it edited."""
    names = list(dict.fromkeys(f"“{truncate(row.name, MAX_NAME_LENGTH)}”" for row in record.rows if row.name))
    rest = " and others" if len(names) > MAX_NAMES_IN_STEP else ""
    ids = (str(row.row_id) for row in record.rows)
    text = " ".join(filter(None, [record.verb, record.kind, *ids, ", ".join(names[:MAX_NAMES_IN_STEP]) + rest]))
    return f"{text}: {', '.join(fields)}" if fields and record.verb == "edit" else text


class UndoResult(WithChange):
    """What undoing a change did, or would do."""

    undone_change_id: str | Absent = None
    complete: bool
    rows: list[UndoneRow]
    changes: Annotated[list[ListedChange], OBJECTS] | Absent = None


async def undo(args: UndoArguments, call: CallContext) -> UndoResult:
    """Undo a change that was made through this server in the last 7 days: the last one, or the one of a change_id.

    Use it when the person wants something back. It deletes what was created, puts edits back, and brings deleted ones
    back; rows changed since then stay as they are, each with a reason. Undo the undo's change_id to redo.
    """
    if args.dry_run:
        return await _list_changes(args, call)
    change = await call.toggl.journal.find(args.change)
    if call.access != "full" and any(record.kind != "time_entry" for record in change.records):
        message = "In access mode time-tracking, undo is limited to time entries. Undo this change in Toggl's web app."
        raise Forbidden(message)
    rows = [UndoneRow.of(row) for row in await call.toggl.undo.run(change)]
    return UndoResult(
        undone_change_id=change.change_id,
        complete=all(row.reason is None for row in rows),
        rows=rows,
        quota=call.quota(),
    )


async def list_last_changes(call: CallContext) -> list[ListedChange]:
    """Return the last changes of the journal, the newest first."""
    changes = (await call.toggl.journal.list_changes())[:MAX_LISTED_CHANGES]
    return [ListedChange.of(item, call.toggl.undo.list_edited_fields) for item in changes]


async def _list_changes(args: UndoArguments, call: CallContext) -> UndoResult:
    """Return the last changes, and what undoing the one of the arguments would do, if there is one."""
    try:
        change = await call.toggl.journal.find(args.change)
    except NotFound:
        if args.change is not None:
            raise
        change = None
    rows = [] if change is None else [UndoneRow.of(row) for row in await call.toggl.undo.plan(change)]
    return UndoResult(
        undone_change_id=None if change is None else change.change_id,
        complete=all(row.reason is None for row in rows),
        rows=rows,
        changes=await list_last_changes(call),
        quota=call.quota(),
    )


TOOLS = (ToolSpec(undo, DESTRUCTIVE_EACH_TIME),)
