"""A row whose changes Toggl refuses, as it does those of a locked entry or of what belongs to an archived project."""

import random
from collections.abc import Callable
from functools import partial

from toggl_mcp.sandbox import Call, Fault
from toggl_mcp.sandbox.state import State

NO_USER = 0
"""A user's id that no user has."""
ACTIONS = ("/stop", "/archive", "/restore")
"""What follows a row's id in the path of a change."""


class Refusals:
    """Refuses the changes of one row while it has the id of one; what else goes wrong is as before.

    Args:
        faults: Returns what else goes wrong.
        state: Has the row.
        chance: Chooses how Toggl refuses.
    """

    def __init__(self, faults: Callable[[Call], Fault | None], state: State, chance: random.Random) -> None:
        self.row_id: int | None = None
        self._faults = faults
        self._state = state
        self._chance = chance

    def __call__(self, call: Call) -> Fault | None:
        path = call.path
        for action in ACTIONS:
            path = path.removesuffix(action)
        if call.method == "GET" or str(self.row_id) not in path.rpartition("/")[2].split(","):
            return self._faults(call)
        if call.method == "PATCH" and path == call.path:
            return self._refuse_among_others(self._state.entries[self.row_id or 0])
        return Fault("rejected", rejection=self._chance.choice((400, 402, 409)))

    def _refuse_among_others(self, row: dict[str, object]) -> Fault:
        """Let an edit of several entries leave one out: for that request it is another user's."""
        user_id, row["user_id"] = row["user_id"], NO_USER
        return Fault("slow", until=partial(self._give_back, row, user_id))

    async def _give_back(self, row: dict[str, object], user_id: object) -> None:
        row["user_id"] = user_id
