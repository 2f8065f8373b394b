"""The journal of changes as a resource."""

from toggl_mcp.icons import HISTORY
from toggl_mcp.resources.support import ResourceSpec, digest
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import OutputModel
from toggl_mcp.tools.undo import ListedChange, list_last_changes


class Changes(OutputModel):
    """The last changes."""

    changes: list[ListedChange]


async def read_changes(_: str, call: CallContext) -> Changes:
    """The last 20 changes of 7 days that were made through this server, each with the change_id that undo takes."""
    return Changes(changes=await list_last_changes(call))


async def make_changes_etag(_: str, call: CallContext) -> str:
    """Return the etag of the list, which is read without a request."""
    return digest(*(change.model_dump_json() for change in await list_last_changes(call)))


RESOURCES = (ResourceSpec("toggl://changes", "Last changes", HISTORY, 0.3, read_changes, make_changes_etag),)
