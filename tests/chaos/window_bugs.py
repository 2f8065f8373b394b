"""Bugs to inject that only a window of several responses can have."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.chaos.bugs import Bug, Patch
from toggl_mcp.endpoints import time_entry_cache
from toggl_mcp.endpoints.time_entry_window import EntryWindow
from toggl_mcp.models.time_entries import TimeEntry

Entries = Mapping[int, TimeEntry | None]


def continue_window_without_changes(patch: Patch) -> None:
    original = vars(time_entry_cache)["_merge"]

    def merge(entries: Entries, changes: Entries, now: datetime) -> Entries:
        is_window = len(entries) >= time_entry_cache.MAX_ROWS
        return original(entries, {} if is_window else changes, now)

    patch.setattr(time_entry_cache, "_merge", merge)


def continue_window_before_its_oldest_second(patch: Patch) -> None:
    original = EntryWindow.add_page

    def add_page(window: EntryWindow, page: Entries, first: datetime, *, is_truncated: bool) -> None:
        original(window, page, first, is_truncated=is_truncated)
        window.end -= timedelta(seconds=1)

    patch.setattr(EntryWindow, "add_page", add_page)


WINDOW_BUGS: tuple[Bug, ...] = (
    continue_window_without_changes,
    continue_window_before_its_oldest_second,
)
