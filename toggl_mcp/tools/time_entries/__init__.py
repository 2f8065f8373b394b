"""The tools about time entries: the timer, entries, changes of several, totals, and what to look at again."""

from toggl_mcp.tools.time_entries import create, delete, edit, listing, review, split, statement, summarize, timer

TOOLS = (*timer.TOOLS, *create.TOOLS, *listing.TOOLS, *edit.TOOLS, *split.TOOLS, *delete.TOOLS)
REPORT_TOOLS = (*summarize.TOOLS, *review.TOOLS, *statement.TOOLS)
