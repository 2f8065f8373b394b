"""The tools about time entries: the timer, entries, changes of several, and totals."""

from toggl_mcp.tools.time_entries import delete, edit, entries, summarize, timer

OFFERS = (*timer.OFFERS, *entries.OFFERS, *edit.OFFERS, *delete.OFFERS)
REPORTS = summarize.OFFERS
