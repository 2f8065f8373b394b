"""Where reports are asked for, and a week to ask about."""

from typing import Any

from tests.sandbox.diary import add_entry
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

Row = dict[str, Any]

BASE = "http://toggl.sandbox/reports/api/v3/workspace"
SEARCH = f"{BASE}/{HARBOUR_STUDIO}/search/time_entries"
SUMMARY = f"{BASE}/{HARBOUR_STUDIO}/summary/time_entries"
WEEK: Row = {"start_date": "2025-10-01", "end_date": "2025-10-09"}
WEB_SHOP, CHECKOUT, UPKEEP = 201_500_302, 80_400_301, 201_500_307
DESIGN = 17_300_301
ME, TANE = 7_301_001, 7_301_002


def add_week(sandbox: Sandbox) -> list[Row]:
    """Return three entries of the week, of which the second is a colleague's."""
    shop: Row = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "tags": ["design"], "billable": True}
    return [
        add_entry(sandbox, "2025-10-01T00:00", "2025-10-01T02:00", "a first", **shop),
        add_entry(sandbox, "2025-10-02T09:00", "2025-10-02T10:00", "b theirs", project_id=UPKEEP, user_id=TANE),
        add_entry(sandbox, "2025-10-09T23:59", "2025-10-10T00:30", "c Last"),
    ]
