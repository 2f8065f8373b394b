"""The prompt for a daily standup."""

from datetime import date
from typing import Annotated

from pydantic import Field

from toggl_mcp.icons import SPEECH
from toggl_mcp.models.base import Payload
from toggl_mcp.prompts.support import Period, PromptSpec, Script, Step

FIRST_WORKDAY, DAYS_OFF = 0, (5, 6)
"""Monday, and Saturday and Sunday: before them the last workday is a Friday."""


class StandupArgs(Payload, frozen=True):
    """The arguments of `standup`."""

    period: Annotated[Period | None, Field(description="since Monday, yesterday. Default: since the last workday.")] = (
        None
    )


def standup(args: StandupArgs, today: date) -> Script:
    """Say in a minute what you did since the last workday, what is running now, and what is left open."""
    since = "since Friday" if today.weekday() in (FIRST_WORKDAY, *DAYS_OFF) else "since yesterday"
    return Script(
        "Prepare what I say at the standup, from what I tracked. Invent nothing.",
        (
            Step("what runs now, and today's total.", "get_timer", {}),
            Step("what I did.", "list_time_entries", {"period": args.period or since, "sort": "oldest", "limit": 200}),
            Step(
                "Write at most six short lines: first what I did before today by project, then today, then what seems "
                "unfinished. No ids."
            ),
        ),
    )


PROMPTS = (PromptSpec(standup, SPEECH),)
