"""The tool that prepares a statement, such as for an invoice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from toggl_mcp.errors import Ambiguous, InvalidArguments
from toggl_mcp.models.base import REF_NONE, Absent, NamedResource, ResourceKind
from toggl_mcp.models.rounding import parse_rounding
from toggl_mcp.models.statement import Line, Rate, make_lines, total_by_currency
from toggl_mcp.models.text import fold_spelling
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.models.totals import EntrySlice, slice_by_day
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.csv_text import to_csv
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import to_candidates
from toggl_mcp.tools.support.results import OBJECTS, OutputModel, describe_objects, take_within_budget
from toggl_mcp.tools.time_entries._args import EntryFilter, EntryRange, GivenRate, PrepareStatement
from toggl_mcp.tools.time_entries._filters import Selection, filter_by_refs, select_entries
from toggl_mcp.tools.time_entries._output import EntryNames, PeriodResult
from toggl_mcp.tools.time_entries._summary import to_hours

Reason = Literal["unbillable", "running", "future", "no_project", "no_client"]
LABELS: Mapping[str, Sequence[str]] = {
    "project": ("project",),
    "task": ("project", "task"),
    "day": ("day",),
    "entry": ("start", "project", "description"),
}
"""What names a line of each kind."""
MAX_IDS = 100
"""The ids of entries that were left out, of each reason."""


class StatementLine(OutputModel):
    """The time of one kind of work at one rate."""

    by: dict[str, str]
    seconds: int
    hours: float
    rounded_hours: float | Absent = None
    rate: float | Absent = None
    currency: str | Absent = None
    rate_source: Literal["toggl", "given", "none"]
    amount: float | Absent = None
    entry_ids: list[int]


class LeftOut(OutputModel):
    """Time of these days that no line has, and why."""

    reason: Reason
    seconds: int
    hours: float
    entries: int
    entry_ids: list[int]


class Statement(PeriodResult):
    """What to charge for a range of days."""

    lines: Annotated[list[StatementLine], describe_objects("by, hours, rate, amount.")] | Absent = None
    csv: str | Absent = None
    remaining: int
    seconds: int
    rounding: str
    rounded_seconds: int
    totals: dict[str, float]
    left_out: Annotated[list[LeftOut], OBJECTS]
    warnings: list[str] | Absent = None


class _Subject(NamedTuple):
    """The entries that a statement is about, and time that may belong to it."""

    entries: Sequence[TimeEntry]
    left_out: Mapping[Reason, Sequence[TimeEntry]]


async def prepare_statement(args: PrepareStatement, call: CallContext) -> Statement:
    """Prepare the lines of an invoice: billable time of a client or project, at Toggl's rates or else the given ones.

    Lines add up to Toggl's total, so one may differ by a cent from its hours times the rate. Without a rate a line has
    no amount. left_out has time that is on no line, by reason: tell the person.
    """
    with naming_argument("rounding"):
        rounding = None if args.rounding is None else parse_rounding(args.rounding)
    fields = {*EntryRange.model_fields, "user"}
    _require_one_rate_each(args.rates or ())
    entry_filter = EntryFilter.model_validate(args.model_dump(include=fields))
    kind = "client" if args.project is None else "project"
    references: Mapping[ResourceKind, Sequence[str]] = {kind: [args.project or args.client or ""]}
    selection = await select_entries(entry_filter, call, from_reports=True, subject=references)
    subject, warnings = await _select_subject(args, selection, call)
    slices = slice_by_day(subject.entries, selection.date_range, call.now, call.now)
    rates = _Rates(args.rates or (), selection)
    lines = make_lines(slices, _Keys(args.group_by, selection).key_of, rates.rate_of, rounding)
    rows = take_within_budget(_to_row(line, args) for line in lines)
    remaining = len(lines) - len(rows)
    if remaining:
        warnings.append(f"{remaining} lines do not fit: take a shorter period, or larger lines (group_by).")
    is_csv = args.format == "csv"
    return Statement.of_selection(
        selection,
        call,
        [*warnings, *_rate_warnings(lines)],
        lines=None if is_csv else rows,
        csv=_to_csv(rows, args) if is_csv else None,
        remaining=remaining,
        seconds=sum(line.seconds for line in lines),
        rounding="none" if rounding is None else rounding.text,
        rounded_seconds=sum(line.rounded for line in lines),
        totals={currency: float(amount) for currency, amount in total_by_currency(lines).items()},
        left_out=[*_list_left_out(subject, selection, call)],
        warnings=[
            *rates.list_unused(),
            *_list_fixed_fees(subject.entries, selection.names),
            *_list_cut_entries(subject.entries, selection, call),
        ]
        or None,
    )


async def _select_subject(
    args: PrepareStatement, selection: Selection, call: CallContext
) -> tuple[_Subject, list[str]]:
    """Return the billable entries of the client or project, what is not among them, and warnings.

    Raises:
        NotFound: There is no such client or project.
        Ambiguous: There are several.
    """
    kind = "client" if args.project is None else "project"
    ref = args.project or args.client or ""
    entries, warnings = await filter_by_refs([ref], kind, selection.entries, [*selection.workspaces], call)
    names = selection.names
    _require_one(ref, kind, entries, names)
    workspaces = await call.workspaces()
    # A free plan has no billable time: there, all of it is charged.
    paid_ids = {key for key, workspace in workspaces.items() if workspace.allows("paid")}
    ids = {entry.workspace_id for entry in entries} or {*selection.workspaces}
    unassigned = [entry for entry in selection.entries if entry.workspace_id in ids]
    left_out: dict[Reason, Sequence[TimeEntry]] = {
        "unbillable": [
            item for item in entries if item.workspace_id in paid_ids and not (item.billable or item.running)
        ],
        "running": [item for item in entries if item.running],
        "no_project": [item for item in unassigned if item.project_id is None],
    }
    if kind == "client":
        without_client = names.filter_entries(REF_NONE, "client", unassigned)
        left_out["no_client"] = [item for item in without_client if item.project_id is not None]
    excluded_ids = {item.id for reason in ("unbillable", "running") for item in left_out[reason]}
    charged = [item for item in entries if item.id not in excluded_ids]
    left_out["future"] = [item for item in charged if item.end_at(call.now) > call.now]
    return _Subject(charged, left_out), warnings


def _require_one(ref: str, kind: Literal["client", "project"], entries: Sequence[TimeEntry], names: EntryNames) -> None:
    """Require that a name means one client or project: an invoice goes to one.

    Raises:
        Ambiguous: It means several, which are the candidates.
    """
    by_id = {entry_ref.item_id: entry_ref for entry in entries for entry_ref in names.refs_of(kind, entry)}
    if len(by_id) > 1:
        message = f"{len(by_id)} {kind}s are called “{ref}”: {', '.join(map(str, by_id))}. Give the id of one."
        items: Mapping[int, NamedResource] = names.projects if kind == "project" else names.clients
        raise Ambiguous(message, to_candidates(items[key] for key in by_id if key is not None and key in items))


def _require_one_rate_each(rates: Iterable[GivenRate]) -> None:
    """Require that of each project there is one rate.

    Raises:
        InvalidArguments: There are several.
    """
    projects = set[str | None]()
    for rate in rates:
        project = None if rate.project is None else fold_spelling(rate.project)
        if project in projects:
            subject = "all other projects" if rate.project is None else f"“{rate.project}”"
            message = f"rates: there are several for {subject}. Give one."
            raise InvalidArguments(message)
        projects.add(project)


def _list_fixed_fees(entries: Iterable[TimeEntry], names: EntryNames) -> Iterator[str]:
    """Yield the fixed fees of the entries' projects, which no line has."""
    for project in {names.projects[key] for entry in entries if (key := entry.project_id) in names.projects}:
        if project.fixed_fee:
            yield f"“{project.name}” has a fixed fee of {project.fixed_fee:g}: its hours may not be billed beside it."


def _list_cut_entries(entries: Iterable[TimeEntry], selection: Selection, call: CallContext) -> Iterator[str]:
    """Yield which entries reach beyond the days: the rest of them may be rounded up on another statement."""
    days = selection.date_range
    ids = [entry.id for entry in entries if entry.start < days.start or entry.end_at(call.now) > days.end]
    if ids:
        yield f"Of entries that reach beyond these days only the part within them counts: {', '.join(map(str, ids))}."


class _Rates:
    """The rate of each entry: Toggl's where it sent one, else the given one of its project, else that of all."""

    def __init__(self, rates: Sequence[GivenRate], selection: Selection) -> None:
        self._rates = sorted(rates, key=lambda rate: rate.project is None)
        self._names = selection.names
        self._entries = selection.entries
        self._used_projects: set[str | None] = set()

    def rate_of(self, entry: TimeEntry) -> Rate | None:
        """Return an entry's rate; None if there is none."""
        if entry.rate_in_cents:
            return Rate(Decimal(entry.rate_in_cents) / 100, entry.currency or "", "toggl")
        (project,) = self._names.refs_of("project", entry)
        for rate in self._rates:
            if rate.project is None or project.matches(rate.project):
                self._used_projects.add(rate.project)
                return Rate(Decimal(str(rate.amount)), rate.currency, "given")
        return None

    def list_unused(self) -> Iterator[str]:
        """Yield the given rates that no line has: Toggl has others, or there is no such time."""
        for rate in self._rates:
            if rate.project not in self._used_projects:
                project = "" if rate.project is None else f" of “{rate.project}”"
                reason = "Toggl's own rates go first, and what is not billable has none"
                if rate.project and not self._names.filter_entries(rate.project, "project", self._entries):
                    reason = "none of these entries is of a project of that name or id"
                yield f"rates: no line took {rate.amount:g} {rate.currency}{project}: {reason}."


class _Keys(NamedTuple):
    """What names the line of a slice."""

    group_by: str
    selection: Selection

    def key_of(self, part: EntrySlice) -> tuple[str, ...]:
        """Return the labels of a slice's line, in the order of lines; an entry's id tells it from those like it."""
        entry, names, calendar = part.entry, self.selection.names, self.selection.date_range.calendar
        project = names.name_of("project", entry) or "(no project)"
        match self.group_by:
            case "project":
                return (project,)
            case "task":
                return project, names.name_of("task", entry) or "(no task)"
            case "day":
                return (part.day.isoformat(),)
            case _:
                description = entry.description or "(no description)"
                return calendar.to_local_text(entry.start), project, description, str(entry.id)


def _to_row(line: Line, args: PrepareStatement) -> StatementLine:
    rate = line.rate
    return StatementLine(
        by=dict(zip(LABELS[args.group_by], line.key, strict=False)),
        seconds=line.seconds,
        hours=to_hours(line.seconds),
        rounded_hours=to_hours(line.rounded) if args.rounding else None,
        rate=None if rate is None else float(rate.amount),
        currency=None if rate is None else rate.currency,
        rate_source="none" if rate is None else rate.source,
        amount=None if line.amount is None else float(line.amount),
        entry_ids=sorted({part.entry.id for part in line.slices}),
    )


def _to_csv(rows: Sequence[StatementLine], args: PrepareStatement) -> str:
    labels = LABELS[args.group_by]
    header = [*labels, "hours", "rounded_hours", "rate", "currency", "amount", "rate_source", "entry_ids"]
    cells = (
        [
            *(row.by[label] for label in labels),
            *(f"{row.hours:.2f}", "" if row.rounded_hours is None else f"{row.rounded_hours:.2f}"),
            *("" if row.rate is None else f"{row.rate:.2f}", row.currency),
            *("" if row.amount is None else f"{row.amount:.2f}", row.rate_source),
            " ".join(map(str, row.entry_ids)),
        ]
        for row in rows
    )
    return to_csv([header, *cells])


def _rate_warnings(lines: Sequence[Line]) -> Iterator[str]:
    """Yield how much time has no rate."""
    unpriced = [line for line in lines if line.rate is None]
    if unpriced:
        hours = to_hours(sum(line.rounded for line in unpriced))
        yield f"No rate for {len(unpriced)} lines of {hours} h, which totals lack: ask for the rate, and give rates."


def _list_left_out(subject: _Subject, selection: Selection, call: CallContext) -> Iterator[LeftOut]:
    """Yield the time of these days that is in no line, by reason."""
    for reason, entries in subject.left_out.items():
        slices = [*slice_by_day(entries, selection.date_range, call.now)]
        seconds, ids = sum(part.seconds for part in slices), sorted({part.entry.id for part in slices})
        if reason == "future":  # What is over by now is on a line.
            seconds -= sum(part.seconds for part in slice_by_day(entries, selection.date_range, call.now, call.now))
            ids = ids if seconds else []
        if ids:
            yield LeftOut(
                reason=reason, seconds=seconds, hours=to_hours(seconds), entries=len(ids), entry_ids=ids[:MAX_IDS]
            )


TOOLS = (ToolSpec(prepare_statement, READ_ONLY),)
