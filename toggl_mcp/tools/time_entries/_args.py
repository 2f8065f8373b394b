"""The input models of the tools about time entries, and what these share."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from toggl_mcp.models.base import Absent, Payload, is_id
from toggl_mcp.models.period import FIRST_DAY, LAST_DAY
from toggl_mcp.models.review import DescribingField, FindingKind
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, Description
from toggl_mcp.models.time_grammar import parse_hours
from toggl_mcp.models.totals import DATE_GROUPS, Group
from toggl_mcp.tools.support.args import (
    Cursor,
    EditArgs,
    Ref,
    TimeText,
    WorkspaceArgs,
    require_any_of,
    require_days,
    require_one_of,
)

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
ClearableField = Literal["description", "project", "task", "tags"]
TIME_FIELDS = ("start", "stop", "duration")
WORKDAYS = (1, 1, 1, 1, 1, 0, 0)
"""Whether work is expected on a weekday, from Monday on, if nobody says otherwise."""


def _require_entry_ref(ref: str) -> str:
    number = re.sub(r"\.0+$", "", ref)
    if ref.lower() not in REF_WORDS and not is_id(number):
        message = "give the id of an entry, running, or last (the latest completed one)"
        raise ValueError(message)
    return number.lower()


_EVERYBODY = frozenset(("everyone", "everybody", "team", "the team", "all users"))
REF_WORDS = frozenset(("running", "last"))
"""What names an entry without its id: the one whose timer runs, and the latest completed one."""
TimeEntryRef = Annotated[str, Field(max_length=40), AfterValidator(_require_entry_ref)]
TagList = Annotated[list[Ref], Field(max_length=50)]
Refs = Annotated[list[Ref], Field(max_length=20)]
"""Names or ids of one kind."""
Format = Literal["json", "csv"]
RoundingText = Annotated[TimeText, Field(description="up 15m per entry; or down, nearest; per day, total.")]


class EntryFields(Payload, frozen=True):
    """The fields of an entry that describe the work."""

    description: Annotated[Description, Field(description="What was done.")] | Absent = None
    project: Annotated[Ref, Field(description="Name or id.")] | Absent = None
    task: Annotated[Ref, Field(description="Name or id, within project.")] | Absent = None
    tags: Annotated[TagList, Field(description="Names or ids.")] | Absent = None
    create_missing_tags: Annotated[bool, Field(description="Create tags that are missing.")] = False
    billable: Annotated[bool, Field(description="Paid plans only.")] | Absent = None


class WorkFields(EntryFields, frozen=True):
    """The fields of new time, which may be the same work again."""

    like: Annotated[TimeEntryRef, Field(description="Same work again: an entry's id, running or last.")] | Absent = None


class StartTimer(WorkFields, WorkspaceArgs, frozen=True):
    """The arguments of `start_timer`."""

    start: Annotated[TimeText, Field(description="2026-11-24T09:00, 9am, -25m. Default: now.")] | Absent = None
    allow_overlap: Annotated[bool, Field(description="Allow overlaps.")] = False


def _omit_descriptions(schema: dict[str, Any]) -> None:
    """Omit the descriptions that the schema of `start_timer` has of the same fields."""
    for name in schema["properties"].keys() & WorkFields.model_fields.keys():
        schema["properties"][name].pop("description", None)


class NewEntry(WorkFields, frozen=True):
    """A completed entry to create: two of its times, or the duration alone, which ends now."""

    model_config = ConfigDict(json_schema_extra=_omit_descriptions)

    start: (
        Annotated[
            TimeText,
            Field(description="2026-11-24T09:00 in the account's time zone, or with offset; yesterday 14:00, -1h."),
        ]
        | Absent
    ) = None
    stop: Annotated[TimeText, Field(description="Like start.")] | Absent = None
    duration: Annotated[TimeText, Field(description="1h30m, 1:30, 90m or seconds.")] | Absent = None


class CreateTimeEntries(WorkspaceArgs, frozen=True):
    """The arguments of `create_time_entries`."""

    entries: Annotated[
        list[NewEntry],
        Field(
            min_length=1,
            max_length=50,
            description="Fields of start_timer, and two of start, stop and duration, or duration alone: it ends now.",
        ),
    ]
    on_overlap: Annotated[Literal["refuse", "allow"], Field(description="With each other, or with existing ones.")] = (
        "refuse"
    )
    dry_run: Annotated[bool, Field(description="Check and show all, create nothing.")] = False


class StopTimer(Payload, frozen=True):
    """The arguments of `stop_timer`."""

    stop: Annotated[TimeText, Field(description="When it was over: 17:30, -25m. Default: now.")] | Absent = None
    discard: Annotated[bool, Field(description="Delete the entry instead; no stop then.")] = False

    @model_validator(mode="after")
    def _require_one_end(self) -> Self:
        if self.discard and self.stop is not None:
            message = "discard deletes the entry; omit stop, or omit discard"
            raise ValueError(message)
        return self


class GetTimer(Payload, frozen=True):
    """The arguments of `get_timer`."""

    refresh: Annotated[bool, Field(description="Read from Toggl (1 request).")] = False


class EntryRange(Payload, frozen=True):
    """The days of the entries to read."""

    refresh: Annotated[bool, Field(description="Read from Toggl (2+ requests).")] = False
    period: (
        Annotated[
            TimeText,
            Field(description="today, last week, last 14 days, 2026-11, 2026-W47, Q3. Default: today."),
        ]
        | Absent
    ) = None
    start: Annotated[TimeText, Field(description="First day; or period.")] | Absent = None
    end: Annotated[TimeText, Field(description="Last day, inclusive.")] | Absent = None

    @model_validator(mode="after")
    def _require_one_range(self) -> Self:
        if (self.start is None) != (self.end is None) or (self.period is not None and self.start is not None):
            message = "give both start and end, or period, such as since 2026-11-01"
            raise ValueError(message)
        return self


class EntryFilter(EntryRange, frozen=True):
    """The entries to read: their days, and what they are about."""

    workspace: Annotated[Ref, Field(description="Name or id. Default: all.")] | Absent = None
    client: Annotated[Refs, Field(description="Names or ids, any of them; 0: none.")] | Absent = None
    project: Annotated[Refs, Field(description="Like client.")] | Absent = None
    task: Annotated[Refs, Field(description="Like client.")] | Absent = None
    tag: Annotated[Refs, Field(description="Like client.")] | Absent = None
    tag_match: Annotated[Literal["any", "all"], Field(description="Of tag.")] = "any"
    missing: Annotated[list[DescribingField], Field(max_length=3, description="Lacking any.")] | Absent = None
    longer_than: Annotated[TimeText, Field(description="1h30m.")] | Absent = None
    billable: Annotated[bool, Field(description="false: only others.")] | Absent = None
    description: Annotated[Description, Field(description="Part of it; case is ignored.")] | Absent = None
    user: Annotated[Ref, Field(description="A colleague's name or id, or all; from reports.")] | Absent = None

    @field_validator("user")
    @classmethod
    def _read_me(cls, user: str | None) -> str | None:
        """Return no user for oneself, the default, and `all` for other words that mean everybody."""
        word = (user or "").lower()
        return None if word in ("me", "myself") else "all" if word in _EVERYBODY else user


class ReviewTime(EntryRange, frozen=True):
    """The arguments of `review_time`."""

    expected: (
        Annotated[
            list[Annotated[float, Field(ge=0, le=24)]],
            Field(min_length=1, max_length=7, description="Hours a day: one number for Monday to Friday, or seven."),
        ]
        | Absent
    ) = None
    work_hours: Annotated[str, Field(description="09:00-17:30. Default: a day's first to last entry.")] | Absent = None
    kinds: Annotated[list[FindingKind], Field(max_length=11, description="Default: all.")] | Absent = None
    limit: Annotated[int, Field(ge=1, le=200, description="Findings to return.")] = 100

    @model_validator(mode="after")
    def _require_expected_for_short_days(self) -> Self:
        if "short_day" in (self.kinds or ()) and self.expected is None:
            message = "kinds: short_day needs expected, the hours of a day"
            raise ValueError(message)
        return self

    @field_validator("expected")
    @classmethod
    def _spread_over_week(cls, expected: list[float] | None) -> list[float] | None:
        if expected is None or len(expected) == len(WORKDAYS):
            return expected
        if len(expected) > 1:
            message = "give one number of hours, or seven, from Monday on"
            raise ValueError(message)
        return [expected[0] * is_workday for is_workday in WORKDAYS]

    @field_validator("work_hours")
    @classmethod
    def _write_in_figures(cls, work_hours: str | None) -> str | None:
        return None if work_hours is None else "-".join(f"{clock:%H:%M}" for clock in parse_hours(work_hours))


class ListTimeEntries(EntryFilter, frozen=True):
    """The arguments of `list_time_entries`."""

    sort: Annotated[Literal["newest", "oldest", "longest", "shortest"], Field(description="First entry.")] = "newest"
    format: Annotated[Format, Field(description="csv: whole descriptions; pages join to one file.")] = "json"
    limit: Annotated[int, Field(ge=1, le=200, description="Entries per page.")] = 100
    cursor: Cursor | Absent = None


class SummarizeTime(EntryFilter, frozen=True):
    """The arguments of `summarize_time`."""

    group_by: Annotated[list[Group], Field(max_length=2, description="One or two.")] | Absent = None
    amounts: Annotated[bool, Field(description="Add amounts (paid plans); from reports.")] = False
    rounding: RoundingText | Absent = None
    compare: Annotated[Literal["previous"], Field(description="With the days before.")] | Absent = None
    include_empty: Annotated[bool, Field(description="Empty days, too.")] = False
    limit: Annotated[int, Field(ge=1, le=200, description="Groups to return.")] = 100
    cursor: Cursor | Absent = None

    @model_validator(mode="after")
    def _require_dates_for_empty(self) -> Self:
        if self.include_empty and [kind in DATE_GROUPS for kind in self.group_by or ()] != [True]:
            message = f"include_empty: needs group_by with one of {', '.join(DATE_GROUPS)} alone"
            raise ValueError(message)
        return self


def _parse_currency(text: str) -> str:
    """Return a currency's code in capitals."""
    if not re.fullmatch("[A-Za-z]{3}", text):
        message = "should be a currency's code of three letters, such as EUR"
        raise ValueError(message)
    return text.upper()


class GivenRate(Payload, frozen=True):
    """A rate an hour that Toggl does not have."""

    project: Annotated[Ref, Field(description="Omitted: all others.")] | Absent = None
    amount: Annotated[float, Field(gt=0, le=100_000)]
    currency: Annotated[str, AfterValidator(_parse_currency)]


class PrepareStatement(EntryRange, frozen=True):
    """The arguments of `prepare_statement`."""

    period: (
        Annotated[TimeText, Field(description="today, last week, last 14 days, 2026-11, 2026-W47, Q3.")] | Absent
    ) = None
    client: Annotated[Ref, Field(description="Name or id; or project.")] | Absent = None
    project: Annotated[Ref, Field(description="Name or id; or client.")] | Absent = None
    user: Annotated[Ref, Field(description="A colleague, or all. Default: your time.")] | Absent = None
    group_by: Annotated[Literal["project", "task", "day", "entry"], Field(description="Lines.")] = "project"
    rounding: RoundingText | Absent = None
    rates: (
        Annotated[list[GivenRate], Field(max_length=50, description="An hour, where Toggl has none; never guess.")]
        | Absent
    ) = None
    format: Annotated[Format, Field(description="How lines come.")] = "json"

    _subject = require_one_of("client", "project")

    _days = require_days("last month")


def _omit_user_and_descriptions(schema: dict[str, Any]) -> None:
    """Omit `user`, and what the schema of `list_time_entries` says of the other fields: descriptions and limits."""
    del schema["properties"]["user"]
    for part in schema["properties"].values():
        for keyword in ("description", "maxItems"):
            part.pop(keyword, None)


class OwnFilter(EntryFilter, frozen=True):
    """The filters of a change: those of `list_time_entries`, which describes them, for one's own entries."""

    model_config = ConfigDict(json_schema_extra=_omit_user_and_descriptions)

    @field_validator("user")
    @classmethod
    def _require_own_entries(cls, user: str | None) -> None:
        if user is not None:
            message = "user: only your own entries can be changed; omit it"
            raise ValueError(message)

    _days = require_days("this month")  # Who wants all entries of a project deleted does not mean today's.


class EntrySelection(Payload, frozen=True):
    """The entries to change: by their ids, or by filters and their number."""

    ids: (
        Annotated[
            list[TimeEntryRef], Field(min_length=1, max_length=MAX_BULK_ITEMS, description="Ids, running or last.")
        ]
        | Absent
    ) = None
    filters: (
        Annotated[OwnFilter, Field(description="As in list_time_entries, instead of ids; needs expected_count.")]
        | Absent
    ) = None
    expected_count: (
        Annotated[int, Field(ge=1, le=MAX_BULK_ITEMS, description="Entries that filters match.")] | Absent
    ) = None
    dry_run: Annotated[bool, Field(description="List the entries, change nothing.")] = False

    _selection = require_one_of("ids", "filters")

    @field_validator("ids", mode="before")
    @classmethod
    def _split_ids(cls, ids: object) -> object:
        """Return ids one by one, also of several in one text: no id has a comma or a space."""
        match ids:
            case [str(text)]:
                return re.split("[ ,;]+", text.strip(" ,;"))
            case _:
                return ids

    @model_validator(mode="after")
    def _require_count(self) -> Self:
        if self.filters is not None and self.expected_count is None and not self.dry_run:
            message = "filters need expected_count, the number of entries that they match; dry_run: true lists them"
            raise ValueError(message)
        return self


class EditTimeEntries(EditArgs, EntryFields, EntrySelection, frozen=True):
    """The arguments of `edit_time_entries`."""

    tags: Annotated[TagList, Field(description="Names or ids; see tag_action.")] | Absent = None
    tag_action: Annotated[Literal["replace", "add", "remove"], Field(description="What to do with tags.")] = "replace"
    start: Annotated[TimeText, Field(description="One id only; as in create_time_entries.")] | Absent = None
    stop: Annotated[TimeText, Field(description="One id only.")] | Absent = None
    duration: Annotated[TimeText, Field(description="Instead of stop.")] | Absent = None
    allow_overlap: Annotated[bool, Field(description="Allow overlaps.")] = False

    clear: Annotated[list[ClearableField], Field(max_length=4, description="Fields to empty.")] | Absent = None

    _change = require_any_of("description", "project", "task", "tags", "billable", *TIME_FIELDS, "clear")

    @property
    def has_times(self) -> bool:
        """Whether it changes when an entry starts or stops."""
        return any(getattr(self, field) is not None for field in TIME_FIELDS)

    @model_validator(mode="after")
    def _check_combination(self) -> Self:
        if self.create_missing_tags and self.tag_action == "remove":
            message = "create_missing_tags: a missing tag cannot be removed; omit this argument"
            raise ValueError(message)
        if self.has_times and len(self.ids or ()) != 1:
            message = "start, stop and duration need exactly one id in ids"
            raise ValueError(message)
        if None not in (self.start, self.stop, self.duration):
            message = "start, stop and duration are one too many; give two of them, or one"
            raise ValueError(message)
        return self


class LaterHalf(EntryFields, frozen=True):
    """What differs in the later half of an entry: the fields of `create_time_entries`, which describes them."""

    model_config = ConfigDict(json_schema_extra=_omit_descriptions)


class SplitTimeEntry(Payload, frozen=True):
    """The arguments of `split_time_entry`."""

    entry: Annotated[TimeEntryRef, Field(description="Id, or last.")]
    at: Annotated[TimeText, Field(description="When the second begins: 14:00 of its day, 2026-11-24T14:00.")]
    second: Annotated[LaterHalf, Field(description="What differs in the second.")] | Absent = None


class DeleteTimeEntries(EntrySelection, frozen=True):
    """The arguments of `delete_time_entries`."""
