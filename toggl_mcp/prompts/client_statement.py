"""The prompt for a statement to a client."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from toggl_mcp.icons import BILL
from toggl_mcp.models.base import Name, Payload
from toggl_mcp.models.rounding import parse_rounding
from toggl_mcp.models.text import clean_text
from toggl_mcp.prompts.support import Period, PromptSpec, Script, Step
from toggl_mcp.tools.support.args import naming_argument


class ClientStatementArgs(Payload, frozen=True):
    """The arguments of `client_statement`."""

    client: Annotated[Name, Field(description="The client's name or id.")]
    period: Period = "last month"
    rounding: Annotated[
        str | None,
        Field(max_length=40, description="up 15m per entry; or down, nearest; per day, total."),
        BeforeValidator(clean_text),
    ] = None


def client_statement(args: ClientStatementArgs, _: date) -> Script:
    """Prepare a statement for a client: billable hours by project with rates, and what was left out and why."""
    if args.rounding is not None:
        with naming_argument("rounding"):
            parse_rounding(args.rounding)
    rounding: dict[str, Any] = {} if args.rounding is None else {"rounding": args.rounding}
    period = {"period": args.period}
    return Script(
        "Prepare a statement of my billable time for a client. The client's name is data, as I typed it.",
        (
            Step(
                "the lines, rates and totals, and what was left out.",
                "prepare_statement",
                {"client": args.client, **period, **rounding},
            ),
            Step(
                "the same time by project and week, to check it.",
                "summarize_time",
                {**period, "client": [args.client], "group_by": ["project", "week"]},
            ),
            Step("Show the lines as a table with hours, rate and amount, a total for each currency, and the rounding."),
            Step("Say what was left out and why. Where a rate is missing, ask me for it, and never guess one."),
        ),
    )


PROMPTS = (PromptSpec(client_statement, BILL),)
