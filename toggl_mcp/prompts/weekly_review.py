"""The prompt that looks back at a week."""

from datetime import date

from toggl_mcp.icons import WEEK
from toggl_mcp.models.base import Payload
from toggl_mcp.prompts.support import ExpectedHours, Period, PromptSpec, Script, Step


class WeeklyReviewArgs(Payload, frozen=True):
    """The arguments of `weekly_review`."""

    period: Period = "this week"
    expected: ExpectedHours = None


def weekly_review(args: WeeklyReviewArgs, _: date) -> Script:
    """Review a week: hours by project and day, what changed since the week before, and what to fix."""
    period = {"period": args.period}
    expected = {} if args.expected is None else {"expected": [args.expected]}
    return Script(
        "Review my tracked time with me. Make these calls in turn; change nothing that I have not agreed to.",
        (
            Step(
                "hours by project, against the period before.",
                "summarize_time",
                {**period, "group_by": ["project"], "compare": "previous"},
            ),
            Step("hours by day.", "summarize_time", {**period, "group_by": ["day"], "include_empty": True}),
            Step(
                "gaps, overlaps and what is missing; a finding has the call that fixes it.",
                "review_time",
                {**period, **expected},
            ),
            Step("Tell me in a few lines: the total, the projects that took most, and what differs from before."),
            Step("Then list the findings by day, each with its fix.", "review_time"),
            Step("Ask which fixes to make. Make those, and no others.", "edit_time_entries"),
        ),
    )


PROMPTS = (PromptSpec(weekly_review, WEEK),)
