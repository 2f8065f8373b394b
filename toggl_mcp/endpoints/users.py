"""The users of a workspace: https://engineering.toggl.com/docs/api/workspaces."""

from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.read_endpoint import ReadEndpoint
from toggl_mcp.models.base import Position
from toggl_mcp.models.users import User


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
