"""Rounding as people agree on it: `up 15m per entry`, `nearest 6m per day`, `down 30m per total`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, cast

from toggl_mcp.models.duration_grammar import parse_duration
from toggl_mcp.models.totals import EntrySlice

Direction = Literal["up", "down", "nearest"]
Unit = Literal["entry", "day", "total"]
MAX_STEP_MINUTES = 240
_ROUNDING = re.compile(
    r"(?:round(?:ed|ing)? )?(?P<direction>up|down|(?:to )?(?:the )?nearest)(?: to)?(?: the)?(?: next| an?)?(?: full)?"
    r" (?P<step>.+?)(?: (?:(?:(?:per|each|every|an?) )?(?P<unit>entry|day|total)(?: of a project)?|(?P<daily>daily)))?"
)
_STEPS = {"quarter": "15m", "quarter hour": "15m", "quarter-hour": "15m", "hour": "1h"}
"""Steps in words that are no durations."""


class Rounding(NamedTuple):
    """A step to whose multiples time is rounded: that of each entry, of each day of a project, or of each total."""

    direction: Direction
    minutes: int
    unit: Unit

    @property
    def text(self) -> str:
        """The rounding as it is written."""
        return f"{self.direction} {self.minutes}m per {self.unit}{' of a project' if self.unit == 'day' else ''}"

    def round_seconds(self, seconds: int) -> int:
        """Return the nearest multiple of the step, or the next one up or down; half a step goes up."""
        step = self.minutes * 60
        match self.direction:
            case "up":
                return -(-seconds // step) * step
            case "down":
                return seconds // step * step
            case "nearest":
                return (seconds + step // 2) // step * step

    def round_slices(self, slices: Iterable[EntrySlice]) -> list[EntrySlice]:
        """Return slices with their shares of the rounded time of their entry or day; of a total nothing is shared."""
        if self.unit == "total":
            return list(slices)
        members: dict[object, list[EntrySlice]] = defaultdict(list)
        for part in slices:
            entry = part.entry
            key = entry.id if self.unit == "entry" else (part.day, entry.workspace_id, entry.project_id)
            members[key].append(part)
        return [part for unit in members.values() for part in self._share_out(unit)]

    def _share_out(self, slices: Sequence[EntrySlice]) -> Iterator[EntrySlice]:
        """Yield slices whose rounded seconds add up to those of all of them, each in proportion to its seconds."""
        exact = sum(part.seconds for part in slices)
        rounded = self.round_seconds(exact)
        seconds = shared = 0
        for part in slices:
            seconds += part.seconds
            share = rounded * seconds // exact - shared if exact else 0
            shared += share
            yield part._replace(rounded=share)


def parse_rounding(text: str) -> Rounding:
    """Return a rounding; of each entry if it names nothing else.

    Raises:
        ValueError: It is no rounding, or its step is no number of minutes that Toggl's users round to.
    """
    match = _ROUNDING.fullmatch(" ".join(text.lower().split()))
    if match is None:
        message = f"{text!r:.60} is not a rounding; write up, down or nearest, and a step: up 15m per entry, day, total"
        raise ValueError(message)
    minutes, rest = divmod(parse_duration(_STEPS.get(match["step"], match["step"])), 60)
    if rest or not 1 <= minutes <= MAX_STEP_MINUTES:
        message = f"{match['step']!r:.60} is not a step; give 1m to {MAX_STEP_MINUTES}m, such as 15m"
        raise ValueError(message)
    direction, unit = match["direction"].rpartition(" ")[2], "day" if match["daily"] else match["unit"] or "entry"
    return Rounding(cast("Direction", direction), minutes, cast("Unit", unit))
