"""The tool that finds what a person would look at again in recorded time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import Field, WithJsonSchema

from toggl_mcp.models import review
from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Calendar
from toggl_mcp.models.review import FindingKind
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, TimeEntry
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.results import OutputModel, describe_object, take_within_budget, truncate
from toggl_mcp.tools.time_entries._args import WORKDAYS, EntryFilter, EntryRange, ReviewTime
from toggl_mcp.tools.time_entries._filters import Selection, select_entries
from toggl_mcp.tools.time_entries._output import PeriodResult

MAX_ABOUT = 120
"""Characters that say what the entries of a finding are about."""

_MISSING_FIELDS: Mapping[FindingKind, review.DescribingField] = {
    "no_project": "project",
    "no_description": "description",
    "no_tags": "tags",
}


class Fix(OutputModel):
    """A call that fixes a finding; `add` are the fields of the entries that only the person knows."""

    tool: str
    arguments: dict[str, Any]
    add: list[str] | Absent = None


class Finding(OutputModel):
    """One thing to look at again."""

    # The argument enumerates them.
    kind: Annotated[FindingKind, WithJsonSchema({"type": "string"})]
    day: str
    ids: list[int] | Absent = None
    start: str | Absent = None
    stop: str | Absent = None
    seconds: int | Absent = None
    expected_seconds: int | Absent = None
    about: str | Absent = None
    fix: Annotated[Fix, describe_object("tool, arguments, add.")] | Absent = None


class Review(PeriodResult):
    """What is to be looked at again in a range of days."""

    counts: Annotated[dict[str, int], Field(description="Findings by kind; of no_…, entries.")]
    findings: list[Finding]
    remaining: int


class _Reviewer(NamedTuple):
    """The entries to review, with the days that have begun and the clock that they are told by."""

    selection: Selection
    days: Sequence[date]
    now: datetime

    @property
    def calendar(self) -> Calendar:
        return self.selection.date_range.calendar

    @property
    def entries(self) -> list[TimeEntry]:
        """The entries that begin in the range and are not in the future, and a timer that still runs."""
        start, entries = self.selection.date_range.start, self.selection.entries
        return [entry for entry in entries if entry.start <= self.now and (start <= entry.start or entry.running)]

    def finding(
        self,
        kind: FindingKind,
        entries: Sequence[TimeEntry],
        stretch: review.Stretch | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        """Return a finding about some entries, or about a stretch of time without any."""
        start = entries[0].start if stretch is None else stretch.start
        return Finding(
            kind=kind,
            day=_to_day_text(self.calendar.day_of(start)),
            ids=[entry.id for entry in entries] or None,
            start=self.calendar.to_local_text(start),
            stop=None if stretch is None else self.calendar.to_local_text(stretch.end),
            seconds=sum(entry.count_seconds(self.now) for entry in entries) if stretch is None else stretch.seconds,
            about="; ".join(dict.fromkeys(self._describe(entry) for entry in entries)) or None,
            fix=fix,
        )

    def is_excessive(self, entry: TimeEntry) -> bool:
        """Return whether an entry is probably longer than the work was."""
        return review.measure_excess(entry, self.calendar, self.now) is not None

    def _describe(self, entry: TimeEntry) -> str:
        parts = filter(None, (entry.description, self.selection.names.name_of("project", entry)))
        return truncate(" · ".join(parts), MAX_ABOUT)


async def review_time(args: ReviewTime, call: CallContext) -> Review:
    """Find gaps, overlaps, duplicates, forgotten timers, entries that lack a field, and short days.

    All workspaces. Each finding has ids and a fix, a call to make once the person agrees; add: what to ask them for.
    """
    entry_filter = EntryFilter.model_validate(args.model_dump(include=set(EntryRange.model_fields)))
    selection = await select_entries(entry_filter, call, kinds={"project"})
    reviewer = _Reviewer(selection, review.list_past_days(selection.date_range, call.now), call.now)
    kinds = args.kinds or get_args(FindingKind)
    findings = [finding for finding in _find(reviewer, args) if finding.kind in kinds]
    findings.sort(key=lambda finding: (finding.day, finding.start or ""))
    findings_shown = take_within_budget(findings[: args.limit])
    counts = Counter[FindingKind]()
    for finding in findings:
        counts[finding.kind] += len(finding.ids or ()) if finding.kind in _MISSING_FIELDS else 1
    return Review.of_selection(
        selection,
        call,
        counts=dict(counts),
        findings=findings_shown,
        remaining=len(findings) - len(findings_shown),
    )


def _find(reviewer: _Reviewer, args: ReviewTime) -> Iterator[Finding]:
    duplicates = review.find_duplicates(reviewer.entries)
    yield from _list_duplicates(reviewer, duplicates)
    yield from _list_overlaps(reviewer, duplicates)
    yield from _list_gaps(reviewer, args)
    yield from _list_excesses(reviewer)
    yield from _list_missing(reviewer)
    yield from _list_short_days(reviewer, args)


def _list_duplicates(reviewer: _Reviewer, duplicates: Iterable[Sequence[TimeEntry]]) -> Iterator[Finding]:
    for group in duplicates:
        ids = [entry.id for entry in group[1 : MAX_BULK_ITEMS + 1]]
        yield reviewer.finding("duplicate", group, fix=Fix(tool="delete_time_entries", arguments={"ids": ids}))


def _list_overlaps(reviewer: _Reviewer, duplicates: Iterable[Sequence[TimeEntry]]) -> Iterator[Finding]:
    duplicate_ids = [{entry.id for entry in group} for group in duplicates]
    for earlier, later, stretch in review.find_overlapping_pairs(reviewer.selection.entries, reviewer.now):
        if any({earlier.id, later.id} <= ids for ids in duplicate_ids):
            continue
        excessive_ids = [entry.id for entry in (earlier, later) if reviewer.is_excessive(entry)]
        if len(excessive_ids) == 1:  # The other one is right: to cut it would keep the error.
            fix = Fix(tool="edit_time_entries", arguments={"ids": excessive_ids}, add=["start", "stop"])
        elif earlier.start < later.start and stretch.end < later.end_at(reviewer.now):
            # The earlier one was stopped too late, as the work on the later one went on.
            stop = reviewer.calendar.to_local_text(later.start)
            fix = Fix(tool="edit_time_entries", arguments={"ids": [earlier.id], "stop": stop})
        else:
            fix = Fix(tool="edit_time_entries", arguments={"ids": [later.id]}, add=["start", "stop"])
        yield reviewer.finding("overlap", [earlier, later], stretch, fix)


def _list_gaps(reviewer: _Reviewer, args: ReviewTime) -> Iterator[Finding]:
    entries, calendar, now = reviewer.selection.entries, reviewer.calendar, reviewer.now
    if args.work_hours is None:
        windows = review.find_windows(entries, reviewer.days, calendar, now)
    else:
        hours = review.WorkHours(*map(time.fromisoformat, args.work_hours.split("-")))
        workdays = [day for day in reviewer.days if (args.expected or WORKDAYS)[day.weekday()]]
        # Who asks for the hours of a Saturday alone has worked on it.
        days = workdays or (reviewer.days if args.expected is None else [])
        windows = (hours.on(day, calendar) for day in days)
    for gap in review.find_gaps(entries, windows, now):
        times = {"start": calendar.to_local_text(gap.start), "stop": calendar.to_local_text(gap.end)}
        fix = Fix(tool="create_time_entries", arguments={"entries": [times]}, add=["description", "project"])
        yield reviewer.finding("gap", [], gap, fix)


def _list_excesses(reviewer: _Reviewer) -> Iterator[Finding]:
    for entry in reviewer.entries:
        kind = review.measure_excess(entry, reviewer.calendar, reviewer.now)
        if kind is not None:
            fix = Fix(tool="edit_time_entries", arguments={"ids": [entry.id]}, add=["stop"])
            yield reviewer.finding(kind, [entry], fix=fix)


def _list_missing(reviewer: _Reviewer) -> Iterator[Finding]:
    has_tags = any(entry.tags for entry in reviewer.entries)
    for kind, field in _MISSING_FIELDS.items():
        if field == "tags" and not has_tags:  # Who tags no entry misses no tags.
            continue
        for group in review.group_by_missing(reviewer.entries, field):
            ids = [entry.id for entry in group[:MAX_BULK_ITEMS]]
            yield reviewer.finding(kind, group, fix=Fix(tool="edit_time_entries", arguments={"ids": ids}, add=[field]))


def _list_short_days(reviewer: _Reviewer, args: ReviewTime) -> Iterator[Finding]:
    """Yield the workdays without an entry, and those with less than is expected; today is not over yet."""
    seconds = review.sum_by_day(reviewer.selection.entries, reviewer.selection.date_range, reviewer.now)
    today = reviewer.calendar.day_of(reviewer.now)
    for day in reviewer.days:
        expected = round((args.expected or WORKDAYS)[day.weekday()] * 3600)
        if day == today or not expected:
            continue
        if day not in seconds:
            expected_seconds = expected if args.expected else None
            yield Finding(kind="empty_day", day=_to_day_text(day), expected_seconds=expected_seconds)
        elif args.expected and seconds[day] < expected:
            yield Finding(kind="short_day", day=_to_day_text(day), seconds=seconds[day], expected_seconds=expected)


def _to_day_text(day: date) -> str:
    return f"{day:%Y-%m-%d %A}"


TOOLS = (ToolSpec(review_time, READ_ONLY, app="week"),)
