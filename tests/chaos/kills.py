"""A process that takes steps, of its store or of requests to Toggl, and is killed at a chosen one of a change."""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, cast

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
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.time_entries._args import CreateTimeEntries
from toggl_mcp.tools.time_entries.create import create_time_entries

AUTH = BasicAuth(TOKEN, "api_token")


class Killed(BaseException):
    """The end of a process, which no handler of ours may outlive."""


class Steps(Protocol):
    """What a process does at each of its steps; `has_begun` is whether it has begun a change."""

    has_begun: bool

    async def step(self) -> None: ...


class Lifetime:
    """The steps that a process has left after it began a change; then every further step raises `Killed`."""

    def __init__(self, steps: int) -> None:
        self.has_begun = False
        self._remaining = steps

    @property
    def is_over(self) -> bool:
        return self._remaining < 0

    async def step(self) -> None:
        self._remaining -= self.has_begun
        if self.is_over:
            raise Killed


class SteppedStore:
    """A store that takes a step before and after each of its methods."""

    def __init__(self, store: Store, steps: Steps) -> None:
        self._store = store
        self._steps = steps

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - passed on
        value = getattr(self._store, name)
        return self._with_steps(value) if inspect.iscoroutinefunction(value) else value

    def _with_steps(self, method: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def call(*args: object, **options: object) -> object:
            await self._steps.step()
            result = await method(*args, **options)
            await self._steps.step()
            return result

        return call


class SteppedProxy:
    """A way to Toggl that takes a step before a request arrives, and after Toggl has carried it out."""

    def __init__(self, sandbox: Sandbox, steps: Steps) -> None:
        self._sandbox = sandbox
        self._steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._steps.has_begun |= scope["method"] != "GET"
        await self._steps.step()
        await self._sandbox(scope, receive, send)
        await self._steps.step()


@asynccontextmanager
async def run_process(
    sandbox: Sandbox, place: Path | RedisAddress | None, clock: Clock, steps: Steps | None = None
) -> AsyncGenerator[Toggl]:
    """Yield the account of a process, and close what the system closes at its end; it may share a file or a server."""
    if isinstance(place, RedisAddress):
        store = RedisStore(place, clock=clock, decode_time=time_of(clock))
    else:
        store = MemoryStore(clock=clock) if place is None else SqliteStore(place, clock=clock)
    app = sandbox if steps is None else SteppedProxy(sandbox, steps)
    stepped_store = store if steps is None else cast("Store", SteppedStore(store, steps))
    async with connect_in_process(app) as connection:
        try:
            yield Toggl(AUTH, stepped_store, client=connection, workspace_id=HARBOUR_STUDIO)
        finally:
            await store.aclose()


async def create_plan(toggl: Toggl, entries: list[dict[str, Any]]) -> list[str]:
    """Return what became of each entry of a plan."""
    args = CreateTimeEntries.model_validate({"entries": entries})
    result = await create_time_entries(args, CallContext(toggl, "full", {}))
    return [row.status for row in result.entries]
