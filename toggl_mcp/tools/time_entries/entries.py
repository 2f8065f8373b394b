"""The tool that creates a time entry."""

from datetime import timedelta

from toggl_mcp.models.duration_grammar import parse_duration
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import ADDITIVE, CallContext, ToolSpec
from toggl_mcp.tools.time_entries._args import CreateTimeEntry
from toggl_mcp.tools.time_entries._input import check_duration, parse_time_argument, prepare_entry, settle_references
from toggl_mcp.tools.time_entries._output import TimeEntryResult, to_output
from toggl_mcp.tools.time_entries._overlap import reject_overlaps


async def create_time_entry(args: CreateTimeEntry, call: CallContext) -> TimeEntryResult:
    """Create a completed time entry. Overlaps and duplicates are refused unless allow_overlap is true."""
    workspace, calendar = await call.workspace_id(args.workspace), await call.calendar()
    start = parse_time_argument("start", args.start, call.now, calendar)
    if args.stop is None:
        with naming_argument("duration"):
            stop = start + timedelta(seconds=parse_duration(args.duration or "0"))
    else:
        stop = parse_time_argument("stop", args.stop, call.now, calendar)
    check_duration(start, stop)
    prepared = await prepare_entry(args, workspace, call)
    if not args.allow_overlap:
        await reject_overlaps(start, stop, calendar, call)
    times = {"start": start, "duration": round((stop - start).total_seconds())}
    body = prepared.body.model_copy(update=times)
    async with settle_references(prepared, workspace, call):
        entry = await call.toggl.time_entries(workspace).add(body)
    output, warnings = await to_output(entry, call)
    return TimeEntryResult(entry=output, warnings=warnings, quota=call.quota())


TOOLS = (ToolSpec(create_time_entry, ADDITIVE),)
