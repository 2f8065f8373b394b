"""A process that is killed at a chosen step, of its store or of a request to Toggl, after it began a change."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from starlette.types import Receive, Scope, Send

from tests.cache.redis.server import time_of
from tests.sandbox.clock import Clock
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.redis.store import RedisStore
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.sandbox import HARBOUR_STUDIO, TOKEN, Sandbox

AUTH = BasicAuth(TOKEN, "api_token")


class Killed(BaseException):
    """The end of a process, which no handler of ours may outlive."""


class Lifetime:
    """The steps that a process has left after it began a change; then every further step raises `Killed`."""

    def __init__(self, steps: int) -> None:
        self.has_begun = False
        self._remaining = steps

    @property
    def is_over(self) -> bool:
        return self._remaining < 0

    def step(self) -> None:
        self._remaining -= self.has_begun
        if self.is_over:
            raise Killed


class MortalStore:
    """A store whose process can be killed before and after each of its steps."""

    def __init__(self, store: Store, lifetime: Lifetime) -> None:
        self._store = store
        self._lifetime = lifetime

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - passed on
        value = getattr(self._store, name)
        return self._mortal(value) if inspect.iscoroutinefunction(value) else value

    def _mortal(self, method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def call(*args: object, **options: object) -> object:
            self._lifetime.step()
            result = await method(*args, **options)
            self._lifetime.step()
            return result

        return call


class MortalProxy:
    """A way to Toggl whose process can be killed before a request arrives, and after Toggl has carried it out."""

    def __init__(self, sandbox: Sandbox, lifetime: Lifetime) -> None:
        self._sandbox = sandbox
        self._lifetime = lifetime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._lifetime.has_begun |= scope["method"] != "GET"
        self._lifetime.step()
        await self._sandbox(scope, receive, send)
        self._lifetime.step()


@asynccontextmanager
async def run_process(
    sandbox: Sandbox, place: Path | RedisAddress | None, clock: Clock, lifetime: Lifetime | None = None
) -> AsyncGenerator[Toggl]:
    """Yield the account of a process, and close what the system closes at its end; it may share a file or a server."""
    if isinstance(place, RedisAddress):
        store = RedisStore(place, clock=clock, decode_time=time_of(clock))
    else:
        store = MemoryStore(clock=clock) if place is None else SqliteStore(place, clock=clock)
    app = sandbox if lifetime is None else MortalProxy(sandbox, lifetime)
    mortal = store if lifetime is None else cast("Store", MortalStore(store, lifetime))
    async with connect_in_process(app) as connection:
        try:
            yield Toggl(AUTH, mortal, client=connection, workspace_id=HARBOUR_STUDIO)
        finally:
            await store.aclose()
