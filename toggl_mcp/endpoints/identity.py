"""Who is asking, and for what: ids, and the share of the cache that a token opens."""

import hashlib
from typing import Protocol

from toggl_mcp.api import AsyncClient, Auth, Request
from toggl_mcp.errors import InvalidArguments


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
    if isinstance(found, bool) or not isinstance(found, int) or found <= 0:
        message = f"An id has to be a positive whole number, not {type(entity).__name__} {entity!r:.40}."
        raise InvalidArguments(message)
    return found


def scope_of(auth: Auth, client: AsyncClient) -> str:
    """Return the name of the share of the cache that a token has at one Toggl; it does not give the token away."""
    request = next(auth.auth_flow(Request("GET", "https://toggl.invalid")))
    whose = f"{request.headers.get('Authorization')} at {client.base_url}"
    return hashlib.blake2b(whose.encode(), digest_size=16, person=b"toggl-mcp-scope").hexdigest()
