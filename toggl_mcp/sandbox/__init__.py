"""An embedded Toggl Track, to try the server on and to test it against."""

from toggl_mcp.sandbox.app import Call, Sandbox
from toggl_mcp.sandbox.behaviors import Behaviors
from toggl_mcp.sandbox.faults import Fault
from toggl_mcp.sandbox.sample import HARBOUR_STUDIO, NIGHT_SCHOOL, TOKEN

__all__ = ["HARBOUR_STUDIO", "NIGHT_SCHOOL", "TOKEN", "Behaviors", "Call", "Fault", "Sandbox"]
