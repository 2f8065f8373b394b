"""`toggl-mcp check`: a line each about settings, tools, network, token, workspace and cache, and what to do next."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from typing import NamedTuple

import anyio

from toggl_mcp.api.connection import TOGGL_URL
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import (
    BadToken,
    CacheBusy,
    InvalidArguments,
    InvalidConnection,
    NoToken,
    QuotaSpent,
    TogglError,
    Unreachable,
)
from toggl_mcp.models.account import Me
from toggl_mcp.server import cache_file, open_store, open_toggl
from toggl_mcp.settings import Settings, describe_placeholder, variable_name
from toggl_mcp.shell import Shell
from toggl_mcp.toolsets import enabled_tools

PROBE_KEY = Key("check", "probe", 0)
MAX_ACCOUNT_SECONDS = 30.0
"""Seconds for what Toggl says of the account: a response may come byte by byte, without an end."""


class Line(NamedTuple):
    """A line of the report, and what repairs that of which it speaks: lines to copy into the shell, or to read."""

    is_ok: bool
    topic: str
    text: str
    repair: Sequence[str] = ()

    def __str__(self) -> str:
        """The line, with the repair below it."""
        report = f"{'ok  ' if self.is_ok else 'FAIL'}  {self.topic:<9}  {self.text}"
        return "\n".join([report, *(f"      repair     {line}" for line in self.repair)])


def _ok(topic: str, text: str) -> Line:
    return Line(is_ok=True, topic=topic, text=text)


def _fail(topic: str, text: str, repair: Iterable[str] = ()) -> Line:
    return Line(is_ok=False, topic=topic, text=text, repair=[*repair])


async def check(settings: Settings, say: Callable[[str], object], shell: Shell) -> bool:
    """Print what is in order, and what is not and how to repair it in this shell; return whether everything is.

    Costs at most two requests, and changes nothing.
    """
    is_ok = True
    async for line in _list_lines(settings, shell):
        say(str(line))
        is_ok &= line.is_ok
    return is_ok


async def _list_lines(settings: Settings, shell: Shell) -> AsyncGenerator[Line]:
    yield _check_settings(settings, shell)
    yield _check_tools(settings, shell)
    for line in await _check_token(settings, shell):
        yield line
    yield await _check_cache(settings, shell)


def _check_settings(settings: Settings, shell: Shell) -> Line:
    if settings.placeholders:
        text = " ".join(map(describe_placeholder, settings.placeholders))
        return _fail("settings", text, map(shell.unset_line, settings.placeholders))
    return _ok("settings", "They can be read.")


def _check_tools(settings: Settings, shell: Shell) -> Line:
    try:
        tools = enabled_tools(settings)
    except InvalidArguments as error:
        names = [name for name in ("toolsets", "tools", "exclude_tools") if getattr(settings, name)]
        return _fail("tools", str(error), [_leave_out(shell, name) for name in names])
    return _ok("tools", f"{len(tools)} are enabled, access {settings.effective_access}.")


async def _check_token(settings: Settings, shell: Shell) -> list[Line]:
    try:
        toggl = open_toggl(settings, retries=0)
    except InvalidConnection as error:
        return [_fail("network", str(error), map(shell.unset_line, error.variable.split(", ")))]
    except InvalidArguments as error:
        return [_fail("network", str(error))]
    except (NoToken, BadToken) as error:
        return [_fail("token", str(error), _read_token(shell))]
    try:
        with anyio.fail_after(MAX_ACCOUNT_SECONDS):  # A request ends somewhat before, with an error of its own.
            return await _check_account(toggl, settings, shell)
    finally:
        await toggl.aclose()


async def _check_account(toggl: Toggl, settings: Settings, shell: Shell) -> list[Line]:
    try:
        me, _ = await toggl.account.me(refresh=True)
    except Unreachable as error:
        return [_fail("network", str(error), [_reach_toggl(settings, shell)])]
    except BadToken as error:
        return [_ok("network", "Toggl answers."), _fail("token", str(error), _read_token(shell))]
    except (QuotaSpent, CacheBusy) as error:
        return [_fail("account", f"No request was sent: {error}")]
    except TogglError as error:
        return [_ok("network", "Toggl answers."), _fail("account", str(error))]
    reachable = [_ok("network", "Toggl answers."), _ok("token", f"It is {me.name}'s.")]
    return [*reachable, await _check_workspace(toggl, me, shell)]


async def _check_workspace(toggl: Toggl, me: Me, shell: Shell) -> Line:
    try:
        workspaces = (await toggl.account.workspaces()).collection.items
    except TogglError as error:
        return _fail("workspace", str(error))
    workspace_id = toggl.configured_workspace_id or me.default_workspace_id
    choices = ", ".join(f"{item.id} ({item.name})" for item in workspaces.values()) or "none"
    if workspace_id is None:
        repair = [shell.set_line("TOGGL_WORKSPACE_ID", str(item)) for item in [*workspaces][:1]]
        text = f"The account has no default. Set TOGGL_WORKSPACE_ID to one of: {choices}."
        return _fail("workspace", text, repair)
    if workspace_id not in workspaces:
        text = f"The account has no workspace {workspace_id}. Set TOGGL_WORKSPACE_ID to one of: {choices}."
        return _fail("workspace", text, [_leave_out(shell, "workspace_id")])
    origin = "configured" if toggl.configured_workspace_id else "the account's default"
    return _ok(
        "workspace",
        f"{workspaces[workspace_id].name} ({workspace_id}), {origin}, {workspaces[workspace_id].plan} plan.",
    )


async def _check_cache(settings: Settings, shell: Shell) -> Line:
    try:
        place = str(settings.cache if isinstance(settings.cache, RedisAddress) else cache_file(settings.cache))
        store = open_store(settings)
    except InvalidArguments as error:
        return _fail("cache", str(error), [_keep_in_memory(settings, shell)])
    try:
        await store.acquire_lease(PROBE_KEY, 0)
    except TogglError as error:
        return _fail("cache", str(error))
    finally:
        await store.aclose()
    if isinstance(store, MemoryStore):
        return _ok("cache", "In memory, as configured: it is empty at each start.")
    if store.problem is not None:
        return _fail("cache", store.problem, [_keep_in_memory(settings, shell)])
    return _ok("cache", f"{place} can be written.")


def _read_token(shell: Shell) -> Sequence[str]:
    return (
        "Open https://track.toggl.com/profile, copy the API token from its end, run this line, and paste the token:",
        shell.read_line("TOGGL_API_TOKEN"),
    )


def _leave_out(shell: Shell, setting: str) -> str:
    """Return what a person does so that a setting has its default."""
    variable = variable_name(setting)
    return shell.unset_line(variable) if variable in shell.environment else f"Leave out --{setting.replace('_', '-')}."


def _reach_toggl(settings: Settings, shell: Shell) -> str:
    if settings.api_url:
        return shell.unset_line("TOGGL_API_URL")
    return f"See what else says of it: {'curl.exe' if shell.name == 'powershell' else 'curl'} -I {TOGGL_URL}/me"


def _keep_in_memory(settings: Settings, shell: Shell) -> str:
    variable = variable_name("cache")
    if settings.cache is None or variable in shell.environment:
        return shell.set_line(variable, "memory")
    return "Give --cache memory."
