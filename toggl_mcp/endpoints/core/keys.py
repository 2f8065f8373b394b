"""Who is asking, and for what: ids, and the share of the cache that a token opens."""

import hashlib
from typing import Protocol

from toggl_mcp.api import AsyncClient, Auth, Quota, Request, base_url_of
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.account import Workspace
from toggl_mcp.models.base import MAX_ID


class HasId(Protocol):
    """Anything with an id: a model is accepted wherever its id is."""

    @property
    def id(self) -> int:
        """The id."""
        ...


def to_id(entity: int | HasId) -> int:
    """Return an id, or the id of a model.

    Raises:
        InvalidArguments: It is neither: a string, say, could lead to another path.
    """
    value: object = getattr(entity, "id", entity)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
        message = f"An id has to be a positive whole number, not {type(entity).__name__} {entity!r:.40}."
        raise InvalidArguments(message)
    return value


def make_quota(cache: Store, scope: str) -> Quota:
    """Return what is known of a token's quotas, shared through its cache."""

    async def organization_of(workspace_id: int) -> int | None:
        _, text = await cache.get_row(workspaces_key(scope), workspace_id)
        return None if text is None else Workspace.model_validate_json(text).organization_id

    return Quota(cache, scope, cache.clock, organization_of)


def workspaces_key(scope: str) -> Key:
    """Return the name of the collection of a token's workspaces."""
    return Key(scope, "workspace", 0)


def related_key(scope: str) -> Key:
    """Return the name of the collection of what a token's workspaces are told to have, one row a workspace."""
    return Key(scope, "related", 0)


def derive_scope(auth: Auth, client: AsyncClient) -> str:
    """Return the name of the share of the cache that a token has at one Toggl; it does not give the token away."""
    request = next(auth.auth_flow(Request("GET", "https://toggl.invalid")))
    identity = f"{request.headers.get('Authorization')} at {base_url_of(client)}"
    return hashlib.blake2b(identity.encode(), digest_size=16, person=b"toggl-mcp-scope").hexdigest()
