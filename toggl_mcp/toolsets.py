"""Which tools are offered: by toolset, by name, and by what may be changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.account import Access
from toggl_mcp.settings import Settings
from toggl_mcp.tools import account, clients, projects, tags, tasks, time_entries
from toggl_mcp.tools.support.define import Offer

TOOLSETS: Mapping[str, Sequence[Offer[Any, Any]]] = {
    "time_entries": time_entries.OFFERS,
    "reports": time_entries.REPORTS,
    "clients": clients.OFFERS,
    "projects": projects.OFFERS,
    "tags": tags.OFFERS,
    "tasks": tasks.OFFERS,
}
"""Every tool but the account's, which tells of these."""
LEFT_OUT = ("tasks",)
"""Toolsets that are offered only when they are asked for."""
ABOUT = account.offers("full", ())
"""The account's tools, for their names."""


def offers(settings: Settings) -> list[Offer[Any, Any]]:
    """Return every tool that is offered, in the order in which hosts list them.

    Raises:
        InvalidArguments: The settings name a toolset or a tool that does not exist, or leave none.
    """
    access = settings.effective_access
    chosen = {offer.name for offer in _chosen(settings)} | set(_names(settings.tools, "tools"))
    chosen -= set(_names(settings.exclude_tools, "exclude-tools"))
    found = [_as_allowed(offer, access) for offer in _everything() if offer.name in chosen and _allowed(offer, access)]
    about = [offer for offer in account.offers(access, found) if offer.name in chosen]
    if not found and not about:
        message = "These settings leave no tool to offer. Name more toolsets or tools, or exclude fewer."
        raise InvalidArguments(message)
    return [*found, *about]


def _everything() -> list[Offer[Any, Any]]:
    return [offer for offers_ in TOOLSETS.values() for offer in offers_]


def _chosen(settings: Settings) -> list[Offer[Any, Any]]:
    """Return the tools of the toolsets that are meant."""
    if settings.toolsets is None and settings.tools is not None:
        return []
    names = _listed(settings.toolsets) or [name for name in [*TOOLSETS, "account"] if name not in LEFT_OUT]
    sets = {**TOOLSETS, "account": ABOUT, "all": (*_everything(), *ABOUT)}
    _known(names, [*sets], "toolsets")
    return [offer for name in names for offer in sets[name]]


def _names(text: str | None, setting: str) -> list[str]:
    """Return the names of tools in a setting."""
    names = _listed(text)
    _known(names, [offer.name for offer in (*_everything(), *ABOUT)], setting)
    return names


def _listed(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _known(names: list[str], known: list[str], setting: str) -> None:
    for name in names:
        if name not in known:
            message = f"{setting}: there is no {name!r}; choose from {', '.join(known)}."
            raise InvalidArguments(message)


def _as_allowed(offer: Offer[Any, Any], access: Access) -> Offer[Any, Any]:
    """Return a tool that takes only what an access mode allows."""
    return replace(offer, takes=offer.sparing) if offer.sparing and access == "time-tracking" else offer


def _allowed(offer: Offer[Any, Any], access: Access) -> bool:
    """Tell whether an access mode has a tool."""
    if access == "time-tracking":
        return not offer.removes or offer in TOOLSETS["time_entries"]
    return offer.reads or access == "full"
