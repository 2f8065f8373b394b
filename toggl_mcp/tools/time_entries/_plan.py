"""A plan of entries to create: all are checked, and compared with what is there, before any is sent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from toggl_mcp.errors import InvalidArguments, Overlap, PlanRequired, TogglError
from toggl_mcp.models.duration_grammar import describe_doubt, parse_duration
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.problems import collect_problems, join_problems
from toggl_mcp.tools.time_entries._args import CreateTimeEntries, NewEntry
from toggl_mcp.tools.time_entries._draft import is_same, to_draft
from toggl_mcp.tools.time_entries._input import PreparedEntry, prepare_new_entry
from toggl_mcp.tools.time_entries._overlap import describe_entries, do_overlap, enumerate_overlaps, find_overlaps
from toggl_mcp.tools.time_entries._refs import choose_workspace, load_like
from toggl_mcp.tools.time_entries._times import check_duration, parse_time_argument, parse_times

Status = Literal["planned", "created", "already_there", "refused", "unconfirmed", "not_sent"]
_Span = tuple[datetime, datetime]
"""When an entry starts and stops."""


class PlannedEntry(NamedTuple):
    """An entry to create: as it will be, the request that creates it, and what became of it."""

    entry: TimeEntry
    prepared: PreparedEntry
    status: Status = "planned"


class Plan(NamedTuple):
    """The entries of a plan, in the order of the arguments, and what could not be checked."""

    entries: list[PlannedEntry]
    warnings: list[str]

    @property
    def positions_to_send(self) -> list[int]:
        """The positions of the entries that are still to be created."""
        return [position for position, draft in enumerate(self.entries) if draft.status == "planned"]


async def make_plan(args: CreateTimeEntries, call: CallContext) -> Plan:
    """Return the plan of the arguments; the entries that Toggl has already are found, and not planned again.

    Raises:
        TogglError: Some entries have problems; the message has all of them, each with the entry's index.
    """
    problems: list[list[TogglError]] = []
    spans: dict[int, _Span] = {}
    drafts: dict[int, PlannedEntry] = {}
    for index, entry in enumerate(args.entries):
        problems.append([])
        with collect_problems(problems[index]):
            spans[index] = await _resolve_times(entry, call)
        with collect_problems(problems[index]):
            draft = await _plan_entry(entry, spans.get(index), args, call)
            if index in spans:
                drafts[index] = draft
    warnings = await _compare(spans, drafts, problems, args, call)
    if any(problems):
        raise _combine(problems)
    doubts = {index: describe_doubt(entry.duration) for index, entry in enumerate(args.entries)}
    warnings += [f"entries[{index}]: {doubt}" for index, doubt in doubts.items() if doubt]
    return Plan([drafts[index] for index in sorted(drafts)], warnings)


async def describe_shortage(plan: Plan, call: CallContext) -> list[str]:
    """Return for which workspaces fewer requests remain this hour than the plan needs."""
    needed = Counter(plan.entries[position].entry.workspace_id for position in plan.positions_to_send)
    buckets = {workspace_id: await call.toggl.get_quota(workspace_id) for workspace_id in needed}
    return [
        f"{count} entries need as many requests, and {bucket.remaining} remain this hour in workspace {workspace_id}. "
        "The rest can follow by the same call after the reset."
        for workspace_id, count in needed.items()
        if (bucket := buckets[workspace_id]) is not None and bucket.remaining < count
    ]


async def _plan_entry(
    args: NewEntry, span: _Span | None, plan_args: CreateTimeEntries, call: CallContext
) -> PlannedEntry:
    """Return the plan of one entry, which is not compared with others yet; of one that has no times, all else."""
    start, stop = span or (call.now, call.now)
    like = await load_like(args.like, call)
    workspace_id = await choose_workspace(plan_args.workspace, like, call)
    prepared = await prepare_new_entry(args, like, workspace_id, call)
    duration = round((stop - start).total_seconds())
    body = prepared.body.model_copy(update={"start": start, "duration": duration})
    entry = to_draft(body, workspace_id)
    await _check_workspace_rules(entry, call)
    return PlannedEntry(entry, prepared._replace(body=body))


async def _resolve_times(args: NewEntry, call: CallContext) -> _Span:
    """Return the start and the stop of an entry.

    Raises:
        InvalidArguments: They are too few or too many, none in any grammar, or no time that Toggl takes.
    """
    calendar, now = await call.calendar(), call.now
    times = [time for time in (args.start, args.stop, args.duration) if time is not None]
    if len(times) != 2 and [args.duration] != times:  # noqa: PLR2004 - two times say when an entry is
        message = "give two of start, stop and duration, or duration alone; start_timer starts a timer."
        raise InvalidArguments(message)
    with naming_argument("duration"):
        length = timedelta(seconds=parse_duration(args.duration or "0"))
    if args.start is not None and args.stop is not None:
        start, stop = parse_times(args.start, args.stop, now, calendar)
        check_duration(start, stop, calendar)
        return start, stop
    start = None if args.start is None else parse_time_argument("start", args.start, now, calendar, is_past=True)
    stop = None if args.stop is None else parse_time_argument("stop", args.stop, now, calendar, is_past=True)
    if start is None:
        stop = stop or now
        start = stop - length
    stop = stop or start + length
    check_duration(start, stop, calendar)
    return start, stop


async def _check_workspace_rules(entry: TimeEntry, call: CallContext) -> None:
    """Check what the workspace's plan allows and its settings require, as far as the account shows it.

    Raises:
        PlanRequired: It is billable in a free workspace.
        InvalidArguments: It lacks what the workspace requires.
    """
    workspace = (await call.workspaces()).get(entry.workspace_id)
    if workspace is None:
        return
    if entry.billable and not workspace.allows("paid"):
        message = f"billable: workspace “{workspace.name}” is on the free plan. Omit it."
        raise PlanRequired(message)
    values = {"description": entry.description, "project": entry.project_id, "task": entry.task_id, "tag": entry.tags}
    missing = [field for field in workspace.required_entry_fields if not values[field]]
    if missing:
        message = f"Workspace “{workspace.name}” requires {', '.join(missing)}. Ask the person for it."
        raise InvalidArguments(message)


async def _compare(
    spans: Mapping[int, _Span],
    drafts: dict[int, PlannedEntry],
    problems: Sequence[list[TogglError]],
    args: CreateTimeEntries,
    call: CallContext,
) -> list[str]:
    """Find the planned entries that are there already, and add the problem of each that overlaps others.

    Returns what could not be checked, where overlaps are allowed.
    """
    warnings: list[str] = []
    twin_ids: set[int] = set()
    calendar = await call.calendar()
    for index, span in spans.items():
        draft = drafts.get(index)
        try:
            existing = await find_overlaps(*span, calendar, call)
        except Overlap as error:
            if args.on_overlap == "refuse":
                problems[index].append(error)
            else:
                warnings.append(f"entries[{index}] could not be compared with those of its day.")
            continue
        # Whether it is billable counts if the arguments say so: a project's default may have been corrected since.
        twins = [item for item in existing if args.entries[index].billable in (None, item.billable)]
        twin = draft and next((item for item in twins if item.id not in twin_ids and is_same(item, draft.entry)), None)
        if draft is not None and twin is not None:
            twin_ids.add(twin.id)
            drafts[index] = draft._replace(entry=twin, status="already_there")
        elif args.on_overlap == "refuse":
            overlaps = await describe_entries(existing, call)
            overlaps += [f"entries[{other_index}]" for other_index in _find_overlapping(index, spans)]
            if overlaps:
                problems[index].append(Overlap(f"overlaps {enumerate_overlaps(overlaps)}."))
    return warnings


def _find_overlapping(index: int, spans: Mapping[int, _Span]) -> list[int]:
    """Return the indexes of the entries of the plan that overlap one."""
    return [
        other_index for other_index, span in spans.items() if other_index != index and do_overlap(*span, *spans[index])
    ]


def _combine(problems: Sequence[Sequence[TogglError]]) -> TogglError:
    """Return the problems of a plan as one error."""
    sentences = [f"entries[{index}]: {error}" for index, errors in enumerate(problems) for error in errors]
    all_errors = [error for errors in problems for error in errors]
    if any(isinstance(error, Overlap) for error in all_errors):
        sentences.append('Change the times, or pass on_overlap: "allow".')
    return join_problems(all_errors, " ".join([*sentences, "Nothing was created."]))
