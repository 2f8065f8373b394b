"""The lines of a statement: time at a rate, and amounts to the cent that add up to their total."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from toggl_mcp.models.rounding import Rounding
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.models.totals import EntrySlice

CENT = Decimal("0.01")


class Rate(NamedTuple):
    """What an hour costs, and who says so."""

    amount: Decimal
    currency: str
    source: Literal["toggl", "given"]


class Line(NamedTuple):
    """The time of one kind of work at one rate; without a rate it has no amount."""

    key: tuple[str, ...]
    rate: Rate | None
    slices: Sequence[EntrySlice]
    seconds: int
    rounded: int
    amount: Decimal | None


def make_lines(
    slices: Iterable[EntrySlice],
    key_of: Callable[[EntrySlice], tuple[str, ...]],
    rate_of: Callable[[TimeEntry], Rate | None],
    rounding: Rounding | None,
) -> list[Line]:
    """Return a line for each key and rate, by key."""
    members: dict[tuple[tuple[str, ...], Rate | None], list[EntrySlice]] = defaultdict(list)
    for part in slices if rounding is None else rounding.round_slices(slices):
        members[key_of(part), rate_of(part.entry)].append(part)
    exact: dict[str, Fraction] = defaultdict(Fraction)
    lines: list[Line] = []
    for (key, rate), line_slices in sorted(members.items(), key=lambda item: (item[0][0], item[0][1] or ())):
        seconds, rounded = sum(part.seconds for part in line_slices), sum(part.rounded for part in line_slices)
        if rounding is not None and rounding.unit == "total":
            rounded = rounding.round_seconds(seconds)
        amount = None
        if rate is not None:
            # Toggl rounds the sum of all lines once: each line takes what it adds to that, so that the lines add up.
            before = exact[rate.currency]
            exact[rate.currency] += Fraction(rate.amount) * rounded / 3600
            amount = _round_to_cents(exact[rate.currency]) - _round_to_cents(before)
        lines.append(Line(key, rate, line_slices, seconds, rounded, amount))
    return lines


def total_by_currency(lines: Iterable[Line]) -> Mapping[str, Decimal]:
    """Return the total of each currency: amounts of several are never added up."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        if line.rate is not None and line.amount is not None:
            totals[line.rate.currency] = totals.get(line.rate.currency, Decimal()) + line.amount
    return totals


def _round_to_cents(amount: Fraction) -> Decimal:
    """Return an amount to the cent; half a cent goes up."""
    return Decimal((amount * 200 + 1) // 2) * CENT
