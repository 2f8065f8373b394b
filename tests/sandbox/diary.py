"""Time entries that a person made in the web app, by the time on a clock in Auckland."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

AUCKLAND = ZoneInfo("Pacific/Auckland")
Row = dict[str, Any]


def at(text: str, zone: ZoneInfo = AUCKLAND) -> float:
    """Return the UNIX time of what a clock in Auckland shows."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def add_entry(
    sandbox: Sandbox,
    start: str,
    stop: str,
    description: str = "",
    workspace: int = HARBOUR_STUDIO,
    **more: Any,  # noqa: ANN401 - fields of a row
) -> Row:
    """Add a completed entry, and return its row."""
    return sandbox.state.add_entry(workspace, at(start), stop=at(stop), description=description, **more)


def running(sandbox: Sandbox, start: str, description: str = "", workspace: int = HARBOUR_STUDIO) -> Row:
    """Start a timer, and return its row."""
    return sandbox.state.add_entry(workspace, at(start), running=True, description=description)


def list_changes(sandbox: Sandbox) -> list[str]:
    """Return the method and path of each change that reached Toggl."""
    return [f"{call.method} {call.path}" for call in sandbox.calls if call.method != "GET"]


def timers(sandbox: Sandbox) -> list[str]:
    """Return the descriptions of the user's running timers."""
    rows = [row for row in sandbox.state.entries.values() if row["user_id"] == sandbox.state.me["id"]]
    return [row["description"] for row in rows if row["duration"] < 0]
