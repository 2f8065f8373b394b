"""The prompts: what people do with their time every day, week and month, as steps over the tools."""

from toggl_mcp.prompts import client_statement, fill_my_week, month_end, standup, weekly_review

PROMPTS = (
    *weekly_review.PROMPTS,
    *fill_my_week.PROMPTS,
    *standup.PROMPTS,
    *client_statement.PROMPTS,
    *month_end.PROMPTS,
)
