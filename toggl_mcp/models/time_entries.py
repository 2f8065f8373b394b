"""Time entries. https://engineering.toggl.com/docs/api/time_entries."""

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AliasChoices, AwareDatetime, BeforeValidator, Field

from toggl_mcp.models.base import Absent, Payload, WorkspaceResource
from toggl_mcp.models.period import VALID_YEARS
from toggl_mcp.models.text import clean_text

CREATED_WITH = "toggl_mcp"
"""The name of this program, which Toggl requires in a new entry."""
MAX_DESCRIPTION = 3000
MAX_DURATION = timedelta(hours=999)
EARLIEST_START = datetime(VALID_YEARS.start, 1, 1, tzinfo=UTC) - timedelta(days=1)
LATEST_START = datetime(VALID_YEARS.stop, 1, 1, tzinfo=UTC) + timedelta(days=1)
MAX_SECONDS = int((LATEST_START - EARLIEST_START).total_seconds())
"""Seconds that an entry can last: a timer that was forgotten lasts longer than what may be created."""

Description = Annotated[str, Field(max_length=MAX_DESCRIPTION), BeforeValidator(clean_text)]
TagNames = Annotated[list[str], BeforeValidator(lambda value: [] if value is None else value)]
TextOrEmpty = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
BoolOrFalse = Annotated[bool, BeforeValidator(bool)]
Verb = Literal["add", "edit"]
MAX_BULK_ITEMS = 100
"""Time entries that one request can edit."""
_TIMES = ("start", "stop", "duration")


class TimeEntry(WorkspaceResource, frozen=True):
    """A time entry. Times are UTC; `duration` is in seconds, and negative while the timer runs.

    Only entries from a report have `user_name`, `amount_in_cents`, `rate_in_cents` (an hour) and `currency`; the amount
    is rounded up where the report has no rate.
    """

    FIELDS_OF_TOGGL = WorkspaceResource.FIELDS_OF_TOGGL | {
        *("user_id", "deleted_at", "user_name", "amount_in_cents", "rate_in_cents", "currency", "is_amount_rounded")
    }

    user_id: int | None = Field(default=None, validation_alias=AliasChoices("user_id", "uid"))
    start: Annotated[AwareDatetime, Field(ge=EARLIEST_START, le=LATEST_START)]
    duration: Annotated[int, Field(le=MAX_SECONDS)]
    description: TextOrEmpty = ""
    project_id: int | None = None
    task_id: int | None = None
    billable: BoolOrFalse = False
    tags: TagNames = Field(default_factory=list)
    updated_at: AwareDatetime | None = Field(default=None, validation_alias=AliasChoices("updated_at", "at"))
    deleted_at: datetime | None = Field(default=None, validation_alias=AliasChoices("deleted_at", "server_deleted_at"))
    user_name: str | None = None
    amount_in_cents: float | None = None
    rate_in_cents: float | None = None
    currency: str | None = None
    is_amount_rounded: bool | None = None

    @property
    def running(self) -> bool:
        """Whether its timer runs."""
        return self.duration < 0

    @property
    def pricing_key(self) -> tuple[object, ...]:
        """The fields that its amount depends on."""
        return self.duration, self.project_id, self.task_id, self.billable

    def content(self) -> dict[str, Any]:
        """Return what a change can give it: Toggl tells the length of a running timer in several ways."""
        return super().content() | {"tags": sorted(self.tags), "duration": max(self.duration, -1)}

    def stop_at(self, at: datetime) -> "TimeEntry":
        """Return the entry with its timer stopped at a moment; `updated_at` is unknown then."""
        length = max(0, round((at - self.start).total_seconds()))
        return self.model_copy(update={"duration": length, "updated_at": None})

    def rename_tag(self, names: AbstractSet[str], name: str | None) -> "TimeEntry":
        """Return the entry with a tag of one of these names renamed to `name`, or removed if that is None."""
        tags = (name if tag in names else tag for tag in self.tags)
        return self.model_copy(update={"tags": [tag for tag in tags if tag is not None]})

    def clear_fields(self, *fields: str) -> "TimeEntry":
        """Return the entry with these fields set to None."""
        return self.model_copy(update=dict.fromkeys(fields))

    def end_at(self, now: datetime) -> datetime:
        """Return the end; that of a running timer is `now`, or its start if that is later."""
        return max(self.start, now) if self.running else self.start + timedelta(seconds=self.duration)

    def count_seconds(self, now: datetime) -> int:
        """Return the seconds from the start to the end, or to `now` if the timer runs."""
        return round((self.end_at(now) - self.start).total_seconds())


class TimeEntryBody(Payload, frozen=True):
    """The fields of a time entry to create or to change. `project_id=0` and `task_id=0` remove them.

    `tags` are names, and replace the entry's tags unless `tag_action` is given; Toggl creates unknown ones, which the
    tags' endpoint has after a `refresh`.
    A new one needs a `start`, and one of `stop` and `duration` (seconds) unless its timer is to run.
    """

    description: Annotated[Description, Field(description="What was done.")] | Absent = None
    project_id: Annotated[int, Field(ge=0)] | Absent = None
    task_id: Annotated[int, Field(ge=0)] | Absent = None
    billable: bool | Absent = None
    tags: Annotated[list[str], Field(max_length=50)] | Absent = None
    tag_action: Literal["add", "delete"] | Absent = None
    start: AwareDatetime | Absent = None
    stop: AwareDatetime | Absent = None
    duration: Annotated[int, Field(ge=0)] | Absent = None

    def format(self, endpoint: Verb, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - the JSON edge
        """Return the JSON body of a request: the fields that are set, and `body`.

        `add` starts a timer if neither `stop` nor `duration` is set: Toggl creates an entry without length otherwise.
        """
        values = self._set_fields()
        values |= {field: to_rfc3339(values[field]) for field in ("start", "stop") if field in values}
        if endpoint == "edit":
            return body | values
        runs = {} if {"stop", "duration"} & values.keys() else {"duration": -1}
        return {"created_with": CREATED_WITH} | runs | body | values

    def to_json_patch(self) -> list[dict[str, Any]]:
        """Return the JSON Patch that changes many entries as an edit changes one."""
        values = self.format("edit")
        verb = {"add": "add", "delete": "remove"}.get(values.pop("tag_action", ""), "replace")
        return [
            {"op": verb if field == "tags" else "replace", "path": f"/{field}", "value": value}
            for field, value in values.items()
        ]

    def apply_to(self, entry: TimeEntry) -> TimeEntry | None:
        """Return the entry with this change applied; None where only Toggl knows the result."""
        fields = self._set_fields()
        # Toggl derives one of start, stop and duration from the others, and drops a task that is not the new project's.
        may_drop_task = "project_id" in fields and "task_id" not in fields and entry.task_id is not None
        if may_drop_task or not fields.keys().isdisjoint(_TIMES):
            return None
        fields.pop("tag_action", None)
        return entry.model_copy(update=fields | {"tags": self._apply_to_tags(entry.tags), "updated_at": None})

    def is_applied_to(self, entry: TimeEntry) -> bool:
        """Return whether the entry has this change; not, where only Toggl knows the result."""
        result = self.apply_to(entry)
        return result is not None and all(
            sorted(value) == sorted(entry.tags) if field == "tags" else value == getattr(entry, field)
            for field, value in result
            if field != "updated_at"
        )

    def _apply_to_tags(self, tags: list[str]) -> list[str]:
        """Return an entry's tags with this change applied."""
        if self.tags is None:
            return tags
        match self.tag_action:
            case "add":
                return list(dict.fromkeys([*tags, *self.tags]))
            case "delete":
                return [tag for tag in tags if tag not in self.tags]
            case None:
                return self.tags

    def _set_fields(self) -> dict[str, Any]:
        """Return the fields that are set; an id of 0 becomes null, with which Toggl removes it."""
        values = self.model_dump(include=set(TimeEntryBody.model_fields), exclude_none=True)
        return values | {field: None for field in ("project_id", "task_id") if values.get(field) == 0}


class TimerStart(NamedTuple):
    """A started timer, the entry whose timer it stopped, and the id of a timer that could not be stopped.

    `is_confirmed` is false where Toggl could not be read after the start.
    """

    entry: TimeEntry
    stopped_entry: TimeEntry | None
    still_running_id: int | None = None
    is_confirmed: bool = True


class BulkEditResult(NamedTuple):
    """The ids of the entries that a bulk edit changed, and of those that Toggl did not change."""

    edited_ids: list[int]
    unchanged_ids: list[int]


def to_rfc3339(moment: datetime) -> str:
    """Return a moment as RFC 3339 text in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
