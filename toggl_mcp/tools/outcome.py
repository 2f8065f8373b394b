"""What became of a change of several entries."""

from typing import NamedTuple

from toggl_mcp.errors import OutcomeUnknown, TogglError
from toggl_mcp.models.time_entries import TimeEntry


class Outcome(NamedTuple):
    """What ended a change of several before its end, if anything, and the ids that were asked for then."""

    failure: TogglError | None
    asked: list[int]

    @property
    def unconfirmed(self) -> list[int]:
        """The ids of which nobody knows what became."""
        return self.asked if isinstance(self.failure, OutcomeUnknown) else []

    @property
    def why(self) -> str | None:
        """What ended it, in words."""
        return None if self.failure is None else str(self.failure)

    def untouched(self, found: list[TimeEntry], done: list[int]) -> list[int] | None:
        """Return the ids that Toggl refused, or was not asked for."""
        return [entry.id for entry in found if entry.id not in {*done, *self.unconfirmed}] or None

    def raise_if_alone(self, done: list[int]) -> None:
        """Fail as a whole where nothing was done; what is not known of which entries is said."""
        if self.failure is None or done:
            return
        if self.unconfirmed:
            listed = ", ".join(map(str, self.unconfirmed))
            message = f"{self.failure} That is so of {listed}, and nothing else was sent."
            raise OutcomeUnknown(message) from self.failure
        raise self.failure
