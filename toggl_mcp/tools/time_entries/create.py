"""The tool that creates time entries."""

from contextlib import nullcontext
from typing import Annotated, NamedTuple, get_args

from toggl_mcp.errors import REFUSALS, OutcomeUnknown, TogglError
from toggl_mcp.models.base import Absent
from toggl_mcp.tools.support.define import (
    ADDITIVE,
    MAX_BULK_CALL_SECONDS,
    CallContext,
    ToolSpec,
)
from toggl_mcp.tools.support.results import WithChange, describe_objects
from toggl_mcp.tools.time_entries._args import CreateTimeEntries
from toggl_mcp.tools.time_entries._bulk import limit_change
from toggl_mcp.tools.time_entries._input import settle_references
from toggl_mcp.tools.time_entries._output import TimeEntryOut, to_outputs
from toggl_mcp.tools.time_entries._plan import Plan, PlannedEntry, Status, describe_shortage, make_plan

HINT_CONTINUE = (
    "Repeat the same call to continue; existing entries are skipped. "
    "For times relative to now, pass the start and stop shown here."
)


class CreatedEntry(TimeEntryOut):
    """An entry of the plan, and what became of it."""

    status: Status


class TimeEntriesCreated(WithChange):
    """What became of each entry of a plan, in the order of the arguments."""

    entries: Annotated[
        list[CreatedEntry], describe_objects(f"As get_timer has it, with status: {', '.join(get_args(Status))}.")
    ]
    incomplete_reason: str | Absent = None
    warnings: list[str] | Absent = None


class _Failure(NamedTuple):
    """The failure that ended a plan, and the position of the entry that it is about."""

    position: int
    error: TogglError

    @property
    def status(self) -> Status:
        """What became of the entry."""
        if isinstance(self.error, OutcomeUnknown):
            return "unconfirmed"
        return "refused" if isinstance(self.error, REFUSALS) else "not_sent"


async def create_time_entries(args: CreateTimeEntries, call: CallContext) -> TimeEntriesCreated:
    """Create 1 to 50 completed time entries, one request each. All are checked first; if any is wrong, none is created.

    Existing ones are skipped, so repeat the same call to continue where a spent quota stopped it.
    """
    # A host that waits for less long than Toggl takes repeats a call whose first try goes on.
    async with nullcontext() if args.dry_run else call.toggl.creation_lock.hold():
        plan = await make_plan(args, call)
        warnings = [*plan.warnings, *await describe_shortage(plan, call)]
        failure = None if args.dry_run else await _send(plan, call)
    statuses = [draft.status for draft in plan.entries]
    if failure is not None and "created" not in statuses and (len(statuses) == 1 or failure.status != "unconfirmed"):
        raise failure.error
    outputs = await to_outputs([draft.entry for draft in plan.entries], call)
    warnings += [f"entries[{index}]: {text}" for index, (_, texts) in enumerate(outputs) for text in texts]
    return TimeEntriesCreated(
        entries=[
            CreatedEntry.model_validate({**output.model_dump(), "status": draft.status})
            for draft, (output, _) in zip(plan.entries, outputs, strict=True)
        ],
        incomplete_reason=failure and f"entries[{failure.position}]: {failure.error} {HINT_CONTINUE}",
        warnings=warnings or None,
        quota=call.quota(),
    )


async def _send(plan: Plan, call: CallContext) -> _Failure | None:
    """Create one entry after another, up to the first failure, which is returned."""
    positions = plan.positions_to_send
    for count, position in enumerate(positions):
        draft = plan.entries[position]
        try:
            created = await _create(draft, call)
        except TogglError as error:
            failure = _Failure(position, error)
            for rest in positions[count:]:
                plan.entries[rest] = plan.entries[rest]._replace(status="not_sent")
            plan.entries[position] = draft._replace(status=failure.status)
            return failure
        plan.entries[position] = created
        await call.record.report_step(remaining=len(positions) - count - 1)
    return None


async def _create(draft: PlannedEntry, call: CallContext) -> PlannedEntry:
    """Create one entry, within the time of a call of its own.

    Raises:
        Unreachable: So much time no longer remains.
        OutcomeUnknown: Toggl never confirmed it.
    """
    workspace_id = draft.entry.workspace_id
    with limit_change():
        async with settle_references(draft.prepared, workspace_id, call):
            entry = await call.toggl.time_entries(workspace_id).add(draft.prepared.body)
    return draft._replace(entry=entry, status="created")


TOOLS = (ToolSpec(create_time_entries, ADDITIVE, max_seconds=MAX_BULK_CALL_SECONDS),)
