"""The tools about time entries: the timer, entries, changes of several, and totals."""

from toggl_mcp.tools.time_entries import delete, edit, entries, summarize, timer

TOOLS = (*timer.TOOLS, *entries.TOOLS, *edit.TOOLS, *delete.TOOLS)
REPORT_TOOLS = summarize.TOOLS
