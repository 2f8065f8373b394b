"""The state that every endpoint of one token shares."""

from toggl_mcp.api import AsyncClient, Auth, Timeout, Transport, connect
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.core.keys import derive_scope, make_rate_limiter


class Session:
    """One token's HTTP client, transport and share of the cache.

    Args:
        auth: `BasicAuth(token, "api_token")`.
        cache: The store of its collections; None requests them from Toggl every time.
        client: An HTTP client to share; None opens one, which `aclose` closes.
        timeout: Seconds for each of connecting, sending, receiving; or httpx's `Timeout`.
        re_raise: Serve no stale collection, and send no request twice.
        retries: How often a request is repeated where that is safe.
    """

    def __init__(
        self,
        auth: Auth,
        cache: Store | None,
        *,
        client: AsyncClient | None = None,
        timeout: Timeout | float = 10,
        re_raise: bool = False,
        retries: int = 3,
    ) -> None:
        self.cache = cache
        self.re_raise = re_raise
        self.may_be_stale = cache is not None and not re_raise
        # Without a cache nothing is ever fresh; quotas and pacing need a store all the same.
        self.store = MemoryStore(expire_after=0) if cache is None else cache
        self._client = client or connect()
        self._owns_client = client is None
        self.scope = derive_scope(auth, self._client)
        self.rate_limiter = make_rate_limiter(self.store, self.scope)
        self.transport = Transport(
            self._client, auth, self.rate_limiter, self.store.clock, timeout=timeout, retries=0 if re_raise else retries
        )

    async def aclose(self) -> None:
        """Close the HTTP client if it was opened here; the store stays open."""
        if self._owns_client:
            await self._client.aclose()
