"""The account of the caller: open ones are shared by all calls of a token, and close when they are idle."""

from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from toggl_mcp.api import AsyncClient, TokenAuth
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.clock import Clock, SystemClock

MAX_ACCOUNTS = 256
"""Accounts that are open at a time; the one that was idle longest closes first."""
MAX_UNPROVEN_ACCOUNTS = 64
"""Accounts that are open besides, whose tokens Toggl has never accepted: invented ones close no account of a caller."""
MAX_IDLE_SECONDS = 3600.0
"""Seconds after its last call at which an account closes."""
MAX_WORKSPACES = 8
"""Workspaces of an account that are open at a time, as its requests name them."""

WORKSPACE_ID: ContextVar[int | None] = ContextVar("workspace_id", default=None)
"""The workspace of this request's calls that name none; None leaves it to the settings."""


@dataclass(slots=True)
class _Account:
    """The account of a token: the endpoints of each workspace that calls are for, all over one store."""

    auth: TokenAuth
    open_workspace: Callable[[int | None], Toggl]
    used_at: float = 0.0


class AccountPool:
    """Opens the accounts of callers, over one HTTP client and one store, in which each token has its own keys.

    Args:
        find_token: Returns the Toggl token of the current request's caller, or raises NoToken or BadToken.
        client: The HTTP client; closed with the pool.
        store: The store; closed with the pool. In memory, each account gets its own, which goes with it.
        workspace_id: The workspace of calls that name none; None means each account's default.
        clock: What idle time is measured by.
    """

    def __init__(
        self,
        find_token: Callable[[], str],
        client: AsyncClient,
        store: Store,
        *,
        workspace_id: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._find_token = find_token
        self._client = client
        self._store = store
        self._workspace_id = workspace_id
        self._clock = clock or SystemClock()
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    @property
    def size(self) -> int:
        """How many accounts are open."""
        return len(self._accounts)

    def open(self) -> Toggl:
        """Return the account of the current request's caller.

        Raises:
            NoToken, BadToken: The caller has no Toggl token.
        """
        token, now = self._find_token(), self._clock()
        account = self._accounts.get(token)
        if account is None:
            account = self._accounts[token] = self._make_account(token)
            self._close_surplus()
        account.used_at = now
        self._accounts.move_to_end(token)
        self._close_idle(now)
        return account.open_workspace(WORKSPACE_ID.get() or self._workspace_id)

    async def aclose(self) -> None:
        """Close every account."""
        self._accounts.clear()
        await self._client.aclose()
        await self._store.aclose()

    def _make_account(self, token: str) -> _Account:
        """Return what opens the workspaces of a token over one store: they share its quota, pace and journal."""
        store = self._store
        if isinstance(store, MemoryStore):
            store = MemoryStore(expire_after=store.expire_after, clock=store.clock)
        auth = TokenAuth(token)

        @lru_cache(MAX_WORKSPACES)
        def open_workspace(workspace_id: int | None) -> Toggl:
            return Toggl(auth, store, client=self._client, workspace_id=workspace_id)

        return _Account(auth, open_workspace)

    def _close_idle(self, now: float) -> None:
        # A call in progress keeps its account; what an account has of its own is memory.
        while now - self._get_oldest().used_at > MAX_IDLE_SECONDS:
            self._accounts.popitem(last=False)

    def _close_surplus(self) -> None:
        for is_accepted, limit in ((True, MAX_ACCOUNTS), (False, MAX_UNPROVEN_ACCOUNTS)):
            tokens = [token for token, item in self._accounts.items() if item.auth.is_accepted is is_accepted]
            for token in tokens[: max(0, len(tokens) - limit)]:
                del self._accounts[token]

    def _get_oldest(self) -> _Account:
        return next(iter(self._accounts.values()))
