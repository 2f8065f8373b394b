"""The tools of a server: by toolset, by name, and by access mode."""

from collections.abc import Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.account import Access
from toggl_mcp.settings import Settings
from toggl_mcp.tools import account, clients, project_status, projects, tags, tasks, team, time_entries, undo
from toggl_mcp.tools.support.define import Requirement, ToolSpec

TOOLSETS: Mapping[str, Sequence[ToolSpec[Any, Any]]] = {
    "time_entries": time_entries.TOOLS,
    "reports": time_entries.REPORT_TOOLS,
    "clients": clients.TOOLS,
    "projects": (*projects.TOOLS, *project_status.TOOLS, tasks.LIST_TASKS),
    "tags": tags.TOOLS,
    "tasks": tasks.TOOLS,
    "team": team.TOOLS,
    "undo": undo.TOOLS,
    "account": account.TOOLS,
}
"""The tools of each toolset; `list_tasks` is of two, as projects have tasks."""
OPT_IN_TOOLSETS = ("tasks", "team")
"""Toolsets that are enabled only by name."""
RESOURCE_TOOLS: Mapping[str, str] = {
    "account": "get_account",
    "day": "list_time_entries",
    "week": "summarize_time",
    "project": "project_status",
    "changes": "undo",
}
"""The tool whose result each resource has: without it, the resource is not offered."""
PROMPT_TOOLS: Mapping[str, str] = {
    "weekly_review": "summarize_time",
    "fill_my_week": "create_time_entries",
    "standup": "list_time_entries",
    "client_statement": "prepare_statement",
    "month_end": "summarize_time",
}
"""The tool without which each prompt is not offered; steps with other tools that are not enabled are left out."""
TOOL_NAMES: ContextVar[Collection[str] | None] = ContextVar("tool_names", default=None)
"""The tools that the current request may use; None for all of the server's."""


def enabled_tools(settings: Settings) -> list[ToolSpec[Any, Any]]:
    """Return the enabled tools, in the order in which hosts list them.

    Raises:
        InvalidArguments: The settings name a toolset or a tool that does not exist, or leave none.
    """
    access = settings.effective_access
    names = {tool.name for tool in _select_by_toolset(settings)} | set(_parse_tool_names(settings.tools, "tools"))
    names -= set(_parse_tool_names(settings.exclude_tools, "exclude-tools"))
    tools = [
        replace(tool, is_restricted=access == "time-tracking", needs_confirmation=settings.confirm == "always")
        for tool in all_tools()
        if tool.name in names and _is_allowed(tool, access)
    ]
    if not tools:
        message = "These settings leave no tool. Name more toolsets or tools, or exclude fewer."
        raise InvalidArguments(message)
    return tools


def current_tools(tool_names: Collection[str]) -> frozenset[str]:
    """Return those of a server's tools that the current request may use."""
    names = TOOL_NAMES.get()
    return frozenset(tool_names) if names is None else frozenset(tool_names) & {*names}


def missing_tool_error(name: str, tool_names: Collection[str]) -> InvalidArguments:
    """Return the error that a server with these tools has none of a name."""
    if name in {tool.name for tool in all_tools()}:
        reason = "is left out by the settings of this server, such as TOGGL_MCP_TOOLSETS and TOGGL_MCP_ACCESS"
    else:
        reason = " ".join(["does not exist", *(f"({match} does)" for match in get_close_matches(name, tool_names, 1))])
    return InvalidArguments(f"The tool {name:.60} {reason}. Use one that tools/list names.")


def group_by_requirement(tools: Sequence[ToolSpec[Any, Any]]) -> dict[Requirement, list[str]]:
    """Return the names of the tools that a workspace may not allow, by what they require."""
    names: dict[Requirement, list[str]] = {}
    for tool in tools:
        for requirement in tool.requires:
            names.setdefault(requirement, []).append(tool.name)
    return names


def all_tools() -> list[ToolSpec[Any, Any]]:
    """Return every tool, in the order in which hosts list them."""
    return list({tool.name: tool for specs in TOOLSETS.values() for tool in specs}.values())


def _select_by_toolset(settings: Settings) -> list[ToolSpec[Any, Any]]:
    """Return the tools of the configured toolsets, or of the default ones."""
    if settings.toolsets is None and settings.tools is not None:
        return []
    names = _split_names(settings.toolsets) or [name for name in TOOLSETS if name not in OPT_IN_TOOLSETS]
    sets = {**TOOLSETS, "all": all_tools()}
    _require_known_names(names, [*sets], "toolsets")
    return [tool for name in names for tool in sets[name]]


def _parse_tool_names(text: str | None, setting: str) -> list[str]:
    """Return the names of tools in a setting, all of which exist."""
    names = _split_names(text)
    _require_known_names(names, [tool.name for tool in all_tools()], setting)
    return names


def _split_names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _require_known_names(names: list[str], valid_names: list[str], setting: str) -> None:
    for name in names:
        if name not in valid_names:
            message = f"{setting}: there is no {name!r}; choose from {', '.join(valid_names)}."
            raise InvalidArguments(message)


def _is_allowed(tool: ToolSpec[Any, Any], access: Access) -> bool:
    """Tell whether an access mode allows a tool."""
    if access == "time-tracking":
        return not tool.needs_full_access
    return tool.is_read_only or access == "full"
