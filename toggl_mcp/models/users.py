"""The users of a workspace, and what they work on."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from toggl_mcp.models.base import MAX_ID, Absent, NamedResource
from toggl_mcp.models.time_entries import LATEST_START, TextOrEmpty

DAYS_IN_WEEK = 7


class User(NamedResource, frozen=True):
    """A user of a workspace. `role` is Toggl's word, such as `admin` or `user`."""

    name: str = Field(validation_alias="fullname")
    email: str | Absent = None
    role: str | Absent = None
    inactive: bool = False


class DailySeconds(BaseModel, frozen=True):
    """The seconds of each of some days."""

    seconds: list[int]


class WeekOfUser(BaseModel, frozen=True):
    """The seconds of one user on each day of a week, of some of their work."""

    user_id: Annotated[int, Field(gt=0, le=MAX_ID)]
    seconds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=DAYS_IN_WEEK, max_length=DAYS_IN_WEEK)]


class Activity(BaseModel, frozen=True):
    """What a user works on, or worked on last: `duration` is the negated UNIX time of the start of a running timer."""

    model_config = ConfigDict(extra="ignore", defer_build=True)

    user_id: Annotated[int, Field(gt=0, le=MAX_ID)]
    project_id: int | None = None
    duration: Annotated[int, Field(ge=-int(LATEST_START.timestamp()))]
    description: TextOrEmpty = ""
    stop: AwareDatetime | None = None

    @field_validator("project_id")
    @classmethod
    def _read_zero_as_none(cls, project_id: int | None) -> int | None:
        return project_id or None

    @property
    def running(self) -> bool:
        """Whether the user's timer runs."""
        return self.duration < 0

    def count_seconds(self, now: datetime) -> int:
        """Return the seconds of the work, or so far."""
        return max(0, int(now.timestamp()) + self.duration) if self.running else self.duration
