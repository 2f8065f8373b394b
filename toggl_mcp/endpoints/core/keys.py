"""Who is asking, and for what: ids, and the share of the cache that a token opens."""

import hashlib
from typing import Protocol

from toggl_mcp.api import AsyncClient, Auth, Quota, Request, address_of
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import LARGEST_ID


class HasId(Protocol):
    """Anything with an id: a model is accepted wherever its id is."""

    @property
    def id(self) -> int:
        """The id."""
        ...


def id_of(entity: int | HasId) -> int:
    """Return an id, or the id of a model.

    Raises:
        InvalidArguments: It is neither: a string, say, could lead to another path.
    """
    found: object = getattr(entity, "id", entity)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= LARGEST_ID:
        message = f"An id has to be a positive whole number, not {type(entity).__name__} {entity!r:.40}."
        raise InvalidArguments(message)
    return found


def quota_of(cache: Store, scope: str) -> Quota:
    """Return what is known of a token's quotas, shared through its cache."""

    async def organization_of(workspace_id: int) -> int | None:
        _, text = await cache.row(workspaces_key(scope), workspace_id)
        return None if text is None else Workspace.model_validate_json(text).organization_id

    return Quota(cache, scope, cache.clock, organization_of)


def workspaces_key(scope: str) -> Key:
    """Return the name of the collection of a token's workspaces."""
    return Key(scope, "workspace", 0)


def log_key(scope: str) -> Key:
    """Return the name of the collection of the time entries of a token's owner, in all workspaces."""
    return Key(scope, "time_entry", 0)


def related_key(scope: str) -> Key:
    """Return the name of the collection of what a token's workspaces are told to have, one row a workspace."""
    return Key(scope, "related", 0)


def scope_of(auth: Auth, client: AsyncClient) -> str:
    """Return the name of the share of the cache that a token has at one Toggl; it does not give the token away."""
    request = next(auth.auth_flow(Request("GET", "https://toggl.invalid")))
    whose = f"{request.headers.get('Authorization')} at {address_of(client)}"
    return hashlib.blake2b(whose.encode(), digest_size=16, person=b"toggl-mcp-scope").hexdigest()
