"""Ids and names of what a caller means, and the keys of what the cache holds for a token."""

import hashlib
from typing import Protocol

from toggl_mcp.api import AsyncClient, Auth, RateLimiter, Request, base_url_of
from toggl_mcp.cache.store import Key, Store
from toggl_mcp.errors import InvalidArguments, NamingError
from toggl_mcp.models.account import AccountSnapshot
from toggl_mcp.models.base import MAX_ID, parse_stored


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


def require_name(name: str | None, kind: str) -> str:
    """Return the name of what is to be created.

    Raises:
        NamingError: There is none.
    """
    if name is None:
        message = f"A {kind} needs a name; give one."
        raise NamingError(message)
    return name


ACCOUNT_ID = 0
"""The id of the one row of an account's collection."""


def make_rate_limiter(store: Store, scope: str) -> RateLimiter:
    """Return the quotas of a token, which its processes share through their store."""

    async def organization_of(workspace_id: int) -> int | None:
        _, text = await store.get_row(account_key(scope), ACCOUNT_ID)
        snapshot = parse_stored(AccountSnapshot, text)
        workspaces = [] if snapshot is None else snapshot.workspaces
        return next((item.organization_id for item in workspaces if item.id == workspace_id), None)

    return RateLimiter(store, scope, store.clock, organization_of)


def account_key(scope: str) -> Key:
    """Return the key of a token's account: its owner and its workspaces."""
    return Key(scope, "account", 0)


def names_key(scope: str) -> Key:
    """Return the key of the names in use in a token's workspaces, one row a workspace."""
    return Key(scope, "names", 0)


def derive_scope(auth: Auth, client: AsyncClient) -> str:
    """Return the scope of a token's keys: a digest of the token and of the address of Toggl."""
    request = next(auth.auth_flow(Request("GET", "https://toggl.invalid")))
    identity = f"{request.headers.get('Authorization')} at {base_url_of(client)}"
    return hashlib.blake2b(identity.encode(), digest_size=16, person=b"toggl-mcp-scope").hexdigest()
