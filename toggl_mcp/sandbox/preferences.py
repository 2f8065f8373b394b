"""What the user and a workspace prefer, and what a workspace's plan has."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import json_response
from toggl_mcp.sandbox.rows import Row

# The features of a plan, by id, each with the setting of the workspace that has it.
_FEATURES = ((0, "free", None), (13, "pro", "premium"), (15, "business", "business_ws"), (64, "tasks", "premium"))


def _get_own(request: RequestContext) -> Response:
    me, step = request.state.me, request.behaviors.report_rounding_minutes
    preferences: Row = {
        "beginningOfWeek": me["beginning_of_week"],
        "date_format": "YYYY-MM-DD",
        "duration_format": "classic",
        "pg_time_zone_name": me["timezone"],
        "timeofday_format": "H:mm",
    }
    # What is empty is left out.
    rounding: Row = {"reportRounding": True, "reportRoundingStepInMinutes": step} if step else {}
    return json_response(preferences | rounding)


def _get_of_workspace(request: RequestContext) -> Response:
    return json_response({"hide_start_end_times": request.workspace()["hide_start_end_times"]})


def _features(request: RequestContext) -> Response:
    return json_response(
        [
            {
                "workspace_id": row["id"],
                "features": [
                    {"feature_id": feature_id, "name": name, "enabled": setting is None or row[setting]}
                    for feature_id, name, setting in _FEATURES
                ],
            }
            for row in request.state.workspaces.values()
        ]
    )


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/features": _features,
    "GET /me/preferences": _get_own,
    "GET /workspaces/{workspace_id}/preferences": _get_of_workspace,
}
