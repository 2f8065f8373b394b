"""How reports round: by the request, and by the user's preference where that is silent."""

import math
from collections.abc import Callable, Mapping

from toggl_mcp.sandbox.request import RequestContext
from toggl_mcp.sandbox.responses import Refusal, error
from toggl_mcp.sandbox.rows import Row

_STEPS = (0, 1, 5, 6, 10, 12, 15, 30, 60, 240)
_DIRECTIONS: Mapping[int, Callable[[float], int]] = {
    -1: math.floor,
    0: lambda steps: math.floor(steps + 0.5),
    1: math.ceil,
}
_PREFERRED_DIRECTION = 1


def rounded_seconds(request: RequestContext, body: Row, row: Row) -> int:
    """How long an entry is in a report: entry by entry, and not at all in steps of 0 minutes."""
    arguments = body if request.behaviors.report_rounding_arguments == "used" else {}
    minutes = arguments.get("rounding_minutes", request.behaviors.report_rounding_minutes)
    direction = arguments.get("rounding", _PREFERRED_DIRECTION)
    for field, value, allowed in (("rounding_minutes", minutes, _STEPS), ("rounding", direction, _DIRECTIONS)):
        if value not in allowed:
            text = f"Invalid '{field}' value, allowed values are: '{', '.join(map(str, allowed))}'"
            raise Refusal(error(400, text))
    step = 60 * minutes
    return _DIRECTIONS[direction](row["duration"] / step) * step if step else row["duration"]
