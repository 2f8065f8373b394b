"""The prompt that closes a month."""

from datetime import date

from toggl_mcp.icons import CHECK
from toggl_mcp.models.base import Payload
from toggl_mcp.prompts.support import ExpectedHours, Period, PromptSpec, Script, Step


class MonthEndArgs(Payload, frozen=True):
    """The arguments of `month_end`."""

    period: Period = "last month"
    expected: ExpectedHours = None


def month_end(args: MonthEndArgs, _: date) -> Script:
    """Close a month: fix what is missing, total it by client and project, and see what is to be billed."""
    period = {"period": args.period}
    expected = {} if args.expected is None else {"expected": [args.expected]}
    return Script(
        "Close the month with me. Change nothing that I have not agreed to.",
        (
            Step(
                "what is to be fixed first; a finding has the call that fixes it.",
                "review_time",
                {**period, **expected, "limit": 200},
            ),
            Step("List these findings by kind, each with its fix.", "review_time"),
            Step(
                "Ask which fixes to make. Make those, and go on when I say that the rest may stay.",
                "edit_time_entries",
            ),
            Step("hours by client and project.", "summarize_time", {**period, "group_by": ["client", "project"]}),
            Step("hours that are billable, and that are not.", "summarize_time", {**period, "group_by": ["billable"]}),
            Step("once for each client of the totals that is billed.", "prepare_statement", {"client": "…", **period}),
            Step("Tell me: the total, each client's hours and amount by currency, and what is still open."),
        ),
    )


PROMPTS = (PromptSpec(month_end, CHECK),)
