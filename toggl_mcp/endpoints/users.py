"""The users of a workspace: https://engineering.toggl.com/docs/api/workspaces."""

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from toggl_mcp.api import REPORTS_PATH_PREFIX
from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.parsing import parse_model, parse_rows, to_fields
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.base import Position
from toggl_mcp.models.users import Activity, User

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class ActivityRead(NamedTuple):
    """What each user works on, or worked on last, by the user's id; rows that cannot be read are left out."""

    by_user: Mapping[int, Activity]
    unreadable_count: int


class AsyncUserEndpoint(ReadEndpoint[User]):
    """The users of a workspace, for asyncio; they are read only."""

    MODEL = User
    KIND = "user"
    PATH = "users"
    LIST_PARAMS = {"exclude_deleted": "true"}  # noqa: RUF012 - declared in the base as what it is
    IN_ACCOUNT_RESPONSE = False

    async def page(
        self, name: str | None = None, *, limit: int, after: Position | None = None, refresh: bool = False
    ) -> Page[User]:
        """Return at most `limit` users whose name contains `name` (case ignored), after a position."""
        return (await self.read(refresh=refresh)).page(name, lambda _: True, limit=limit, after=after)

    async def fetch_activity(self) -> ActivityRead:
        """Return what each user works on now or, of one without a running timer, worked on last.

        Source: https://engineering.toggl.com/docs/api/dashboard.

        Raises:
            Forbidden: Only admins may see it.
        """
        response = await self._transport.send("GET", f"workspaces/{self.workspace_id}/dashboard/all_activity")
        # Some programs read an object here, of an older version of the API.
        rows = parse_rows(to_fields(response).get("activity", response))
        activities: list[Activity] = []
        for row in rows:
            try:
                activities.append(parse_model(Activity, row))
            except Unreachable:
                _log.warning("The activity of a user cannot be read, and is left out.")
        activities.sort(key=lambda item: (item.running, item.stop or LONG_AGO))
        return ActivityRead({item.user_id: item for item in activities}, len(rows) - len(activities))

    async def fetch_week(self, first: date) -> Mapping[int, list[int]]:
        """Return the seconds of each user on each of seven days; running timers are in no report.

        Source: https://engineering.toggl.com/docs/reports/weekly_reports.
        """
        path = f"{REPORTS_PATH_PREFIX}workspace/{self.workspace_id}/weekly/time_entries"
        days = {"start_date": first.isoformat(), "end_date": (first + timedelta(days=6)).isoformat()}
        response = await self._transport.query_report(path, days | {"rounding": 0, "rounding_minutes": 0})
        seconds: defaultdict[int, list[int]] = defaultdict(lambda: [0] * 7)
        for row in map(to_fields, parse_rows(response.data)):
            user_seconds = seconds[row["user_id"]]
            seconds[row["user_id"]] = [sum(pair) for pair in zip(user_seconds, row["seconds"], strict=True)]
        return seconds
