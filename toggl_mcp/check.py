"""`toggl-mcp check`: a line each about settings, tools, network, token, workspace and cache, and what to do next."""

from collections.abc import Callable
from typing import NamedTuple

from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import BadToken, CacheBusy, InvalidArguments, NoToken, QuotaSpent, TogglError, Unreachable
from toggl_mcp.models.account import Me
from toggl_mcp.server import cache_file, open_store, open_toggl
from toggl_mcp.settings import Settings, describe_placeholder
from toggl_mcp.toolsets import enabled_tools

PROBE_KEY = Key("check", "probe", 0)


class Line(NamedTuple):
    """A line of the report."""

    is_ok: bool
    topic: str
    text: str


def _ok(topic: str, text: str) -> Line:
    return Line(is_ok=True, topic=topic, text=text)


def _fail(topic: str, text: str) -> Line:
    return Line(is_ok=False, topic=topic, text=text)


async def check(settings: Settings, say: Callable[[str], object]) -> bool:
    """Print what is in order and what is not; return whether everything is. Costs at most two requests."""
    lines = [
        _check_settings(settings),
        _check_tools(settings),
        *await _check_token(settings),
        await _check_cache(settings),
    ]
    for line in lines:
        say(f"{'ok  ' if line.is_ok else 'FAIL'}  {line.topic:<9}  {line.text}")
    return all(line.is_ok for line in lines)


def _check_settings(settings: Settings) -> Line:
    if settings.placeholders:
        return _fail("settings", " ".join(map(describe_placeholder, settings.placeholders)))
    return _ok("settings", "They can be read.")


def _check_tools(settings: Settings) -> Line:
    try:
        tools = enabled_tools(settings)
    except InvalidArguments as error:
        return _fail("tools", str(error))
    return _ok("tools", f"{len(tools)} are enabled, access {settings.effective_access}.")


async def _check_token(settings: Settings) -> list[Line]:
    try:
        toggl = open_toggl(settings, retries=0)
    except InvalidArguments as error:
        return [_fail("network", str(error))]
    except (NoToken, BadToken) as error:
        return [_fail("token", str(error))]
    try:
        return await _check_account(toggl)
    finally:
        await toggl.aclose()


async def _check_account(toggl: Toggl) -> list[Line]:
    try:
        me, _ = await toggl.account.me(refresh=True)
    except Unreachable as error:
        return [_fail("network", str(error))]
    except BadToken as error:
        return [_ok("network", "Toggl answers."), _fail("token", str(error))]
    except (QuotaSpent, CacheBusy) as error:
        return [_fail("account", f"No request was sent: {error}")]
    except TogglError as error:
        return [_ok("network", "Toggl answers."), _fail("account", str(error))]
    reachable = [_ok("network", "Toggl answers."), _ok("token", f"It is {me.name}'s.")]
    return [*reachable, await _check_workspace(toggl, me)]


async def _check_workspace(toggl: Toggl, me: Me) -> Line:
    try:
        workspaces = (await toggl.account.workspaces()).collection.items
    except TogglError as error:
        return _fail("workspace", str(error))
    workspace_id = toggl.configured_workspace_id or me.default_workspace_id
    choices = ", ".join(f"{item.id} ({item.name})" for item in workspaces.values()) or "none"
    if workspace_id is None:
        return _fail("workspace", f"The account has no default. Set TOGGL_WORKSPACE_ID to one of: {choices}.")
    if workspace_id not in workspaces:
        return _fail(
            "workspace", f"The account has no workspace {workspace_id}. Set TOGGL_WORKSPACE_ID to one of: {choices}."
        )
    origin = "configured" if toggl.configured_workspace_id else "the account's default"
    return _ok(
        "workspace",
        f"{workspaces[workspace_id].name} ({workspace_id}), {origin}, {workspaces[workspace_id].plan} plan.",
    )


async def _check_cache(settings: Settings) -> Line:
    try:
        place = str(settings.cache if isinstance(settings.cache, RedisAddress) else cache_file(settings.cache))
        store = open_store(settings)
    except InvalidArguments as error:
        return _fail("cache", str(error))
    try:
        await store.acquire_lease(PROBE_KEY, 0)
    except TogglError as error:
        return _fail("cache", str(error))
    finally:
        await store.aclose()
    if isinstance(store, MemoryStore):
        return _ok("cache", "In memory, as configured: it is empty at each start.")
    if store.problem is not None:
        return _fail("cache", store.problem)
    return _ok("cache", f"{place} can be written.")
