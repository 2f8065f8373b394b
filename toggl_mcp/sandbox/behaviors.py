"""What is unknown about Toggl, each with the safest guess as its default."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Behaviors:
    """One setting for each open question about how Toggl behaves."""

    archive_answer: Literal["array", "items"] = "array"
    archive_on_free_status: Literal[402, 403] = 402
    audit_filters_below_premium: Literal["refused", "ignored"] = "refused"
    billable_on_free_status: Literal[400, 402] = 402
    burst: int = 27
    duplicate_ignores_case: bool = False
    duplicate_text: Literal["taken", "exists"] = "taken"
    empty_list: Literal["null", "[]"] = "null"
    foreign_workspace_body: Literal["recorded", "documented", "empty"] = "recorded"
    longest_report_page: int = 200
    max_client_name: int = 255
    missing_task_status: Literal[400, 404] = 404
    most_entries: int = 1000
    null_clears_client: bool = True
    project_limit_status: Literal[400, 402, 403] = 402
    report_next_id: Literal["next row", "last row"] = "next row"
    report_rows_have_rates: bool = True
    report_rounding_minutes: Literal[0, 15] = 0
    report_rounding_arguments: Literal["used", "ignored"] = "used"
    restore_all_by_default: bool = False
    row_and_id_find_nothing: bool = True
    spent_as_json_string: bool = False
    start_stops_others: bool = True
    tasks_on_free_status: Literal[402, 403] = 402
    team_activity: Literal["latest of each user", "latest 20"] = "latest of each user"
    undelete_by_patch: Literal["done", "refused", "ignored"] = "done"
    user_requests_per_hour: Literal[30, 600] = 30
