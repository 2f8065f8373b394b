"""Totals as results show them: exact and rounded time, money by currency, groups, and the days before."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from toggl_mcp.models.base import Absent
from toggl_mcp.models.period import Comparison
from toggl_mcp.models.rounding import Rounding
from toggl_mcp.models.totals import EntrySlice, Group, Totals, sum_slices
from toggl_mcp.tools.support.results import OutputModel, truncate

MAX_LABEL = 200
"""Characters of a description that a group shows."""


class Total(OutputModel):
    """A total of time."""

    seconds: int
    hours: float
    entries: int
    rounded_seconds: int | Absent = None
    rounded_hours: float | Absent = None
    billable_seconds: int | Absent = None
    amounts: dict[str, float] | Absent = None
    rates: dict[str, float] | Absent = None

    @classmethod
    def of(cls, totals: Totals, shape: "Shape", **fields: object) -> Self:
        """Return totals as a result shows them, with the fields that a subclass adds."""
        rounding, money = shape.rounding, totals.money
        rounded = totals.rounded
        if rounding is not None and rounding.unit == "total":
            rounded = rounding.round_seconds(totals.seconds)
        values: dict[str, object] = {
            "seconds": totals.seconds,
            "hours": to_hours(totals.seconds),
            "entries": totals.entries,
            "rounded_seconds": rounding and rounded,
            "rounded_hours": rounding and to_hours(rounded),
            "billable_seconds": totals.billable or None,
        }
        if shape.has_amounts and money:
            values["amounts"] = {currency: round(cents / 100, 2) for currency, (cents, _) in money.items()}
            values["rates"] = {currency: round(cents * 36 / seconds, 2) for currency, (cents, seconds) in money.items()}
        return cls.model_validate(values | fields)


class GroupTotal(Total):
    """The total of one group; `cells` are the seconds of each column of a table."""

    by: dict[str, str]
    share: float
    previous_seconds: int | Absent = None
    cells: list[int] | Absent = None


class RemainingTotal(Total):
    """The total of the groups after a page."""

    groups: int


class PreviousTotal(Total):
    """The total of the days before, of the last one up to a time; `change_seconds` is that of the range less this."""

    first_day: str
    last_day: str
    until: str | Absent = None
    change_seconds: int


class Average(OutputModel):
    """The seconds of a day, over so many days that have time."""

    seconds: int
    days: int


class Shape(NamedTuple):
    """What each total of a summary shows, and the seconds of which a share is a part."""

    rounding: Rounding | None
    has_amounts: bool
    seconds: int

    def to_group(
        self, by: Sequence[Group], key: Sequence[str], slices: Sequence[EntrySlice], **fields: object
    ) -> GroupTotal:
        """Return the total of a group, with its share in percent."""
        totals = sum_slices(slices)
        labels = {kind: truncate(name, MAX_LABEL) for kind, name in zip(by, key, strict=True)}
        share = round(100 * totals.seconds / self.seconds, 1) if self.seconds else 0.0
        return GroupTotal.of(totals, self, by=labels, share=share, **fields)

    def to_previous(self, comparison: Comparison, previous: Sequence[EntrySlice], seconds_so_far: int) -> PreviousTotal:
        """Return the total of the days before, and how that of the range so far differs."""
        totals = sum_slices(previous)
        return PreviousTotal.of(
            totals,
            self,
            first_day=comparison.previous.first.isoformat(),
            last_day=comparison.previous.last.isoformat(),
            until=comparison.until and comparison.previous.calendar.to_local_text(comparison.until),
            change_seconds=seconds_so_far - totals.seconds,
        )


def to_hours(seconds: int) -> float:
    """Return hours to two decimals."""
    return round(seconds / 3600, 2)


def average_by_day(slices: Sequence[EntrySlice]) -> Average | None:
    """Return the seconds of a day that has time; None if there are not several."""
    days = len({part.day for part in slices if part.seconds})
    return Average(seconds=round(sum(part.seconds for part in slices) / days), days=days) if days > 1 else None


def total_by_key(groups: Mapping[tuple[str, ...], Sequence[EntrySlice]]) -> dict[tuple[str, ...], Totals]:
    """Return the totals of each group."""
    return {key: sum_slices(slices) for key, slices in groups.items()}
