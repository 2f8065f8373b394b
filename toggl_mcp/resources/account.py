"""The account as a resource."""

from toggl_mcp.icons import PERSON
from toggl_mcp.resources.support import ResourceSpec, digest
from toggl_mcp.tools.account import Account, GetAccount, get_account
from toggl_mcp.tools.support.define import CallContext


async def read_account(_: str, call: CallContext) -> Account:
    """The token's owner, workspaces and plans, time zone, and the requests that remain; what get_account returns."""
    return await get_account(GetAccount(), call)


async def make_account_etag(_: str, call: CallContext) -> str | None:
    """Return the etag of the cached account: requests that remain, and the time, are nothing new."""
    snapshot = await call.toggl.account.last_snapshot()
    return None if snapshot is None else digest(snapshot.model_dump_json(exclude={"has_recent_entries"}))


RESOURCES = (ResourceSpec("toggl://account", "Toggl account", PERSON, 0.6, read_account, make_account_etag),)
