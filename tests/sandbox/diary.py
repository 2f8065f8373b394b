"""Entries for a test's own world, in the words that people write times in."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

AUCKLAND = ZoneInfo("Pacific/Auckland")
Row = dict[str, Any]


def at(text: str, zone: ZoneInfo = AUCKLAND) -> float:
    """Return the UNIX time of what a clock on a wall in Auckland shows."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def done(
    sandbox: Sandbox,
    start: str,
    stop: str,
    description: str = "",
    workspace: int = HARBOUR_STUDIO,
    **more: Any,  # noqa: ANN401 - fields of a row
) -> Row:
    """Return the row of an entry that somebody has logged in the web app."""
    return sandbox.state.add_entry(workspace, at(start), stop=at(stop), description=description, **more)


def running(sandbox: Sandbox, start: str, description: str = "", workspace: int = HARBOUR_STUDIO) -> Row:
    """Return the row of an entry whose timer somebody has started in the web app."""
    return sandbox.state.add_entry(workspace, at(start), running=True, description=description)


def sent(sandbox: Sandbox) -> list[str]:
    """Return the changes that Toggl was asked for."""
    return [f"{call.method} {call.path}" for call in sandbox.calls if call.method != "GET"]


def timers(sandbox: Sandbox) -> list[str]:
    """Return what the timers that run are about."""
    return [row["description"] for row in sandbox.state.entries.values() if row["duration"] < 0]
