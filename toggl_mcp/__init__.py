"""The Model Context Protocol server for Toggl Track; the names below are its Python API."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toggl_mcp.api import BasicAuth, connect
    from toggl_mcp.cache.memory import MemoryStore
    from toggl_mcp.cache.sqlite import SqliteStore
    from toggl_mcp.endpoints.blocking import ClientEndpoint, ProjectEndpoint, TagEndpoint, TaskEndpoint
    from toggl_mcp.endpoints.blocking import TrackerEndpoint as TimeEntryEndpoint
    from toggl_mcp.endpoints.clients import AsyncClientEndpoint
    from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
    from toggl_mcp.endpoints.tags import AsyncTagEndpoint
    from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.endpoints.tracker import AsyncTrackerEndpoint as AsyncTimeEntryEndpoint
    from toggl_mcp.errors import (
        Ambiguous,
        BadToken,
        CacheBusy,
        Declined,
        DuplicateName,
        Forbidden,
        InvalidArguments,
        NamingError,
        NoCache,
        NotFound,
        NoToken,
        OutcomeUnknown,
        Overlap,
        PlanRequired,
        QuotaSpent,
        RateLimited,
        TogglError,
        Unreachable,
    )
    from toggl_mcp.models.account import Workspace
    from toggl_mcp.models.client import Client, ClientBody
    from toggl_mcp.models.project import Project, ProjectBody
    from toggl_mcp.models.query import Comparison, Query
    from toggl_mcp.models.tag import Tag, TagBody
    from toggl_mcp.models.task import Task, TaskBody
    from toggl_mcp.models.time_entry import Edited as BulkEditResult
    from toggl_mcp.models.time_entry import Started as TimerStart
    from toggl_mcp.models.time_entry import TimeEntry
    from toggl_mcp.models.time_entry import TrackerBody as TimeEntryBody
else:
    # PEP 562: a name is imported when it is first used, so that the command starts without httpx and Pydantic.
    _ORIGINS = {
        "Ambiguous": "errors:Ambiguous",
        "AsyncClientEndpoint": "endpoints.clients:AsyncClientEndpoint",
        "AsyncProjectEndpoint": "endpoints.projects:AsyncProjectEndpoint",
        "AsyncTagEndpoint": "endpoints.tags:AsyncTagEndpoint",
        "AsyncTaskEndpoint": "endpoints.tasks:AsyncTaskEndpoint",
        "AsyncTimeEntryEndpoint": "endpoints.tracker:AsyncTrackerEndpoint",
        "BadToken": "errors:BadToken",
        "BasicAuth": "api:BasicAuth",
        "BulkEditResult": "models.time_entry:Edited",
        "CacheBusy": "errors:CacheBusy",
        "Client": "models.client:Client",
        "ClientBody": "models.client:ClientBody",
        "ClientEndpoint": "endpoints.blocking:ClientEndpoint",
        "Comparison": "models.query:Comparison",
        "Declined": "errors:Declined",
        "DuplicateName": "errors:DuplicateName",
        "Forbidden": "errors:Forbidden",
        "InvalidArguments": "errors:InvalidArguments",
        "MemoryStore": "cache.memory:MemoryStore",
        "NamingError": "errors:NamingError",
        "NoCache": "errors:NoCache",
        "NoToken": "errors:NoToken",
        "NotFound": "errors:NotFound",
        "OutcomeUnknown": "errors:OutcomeUnknown",
        "Overlap": "errors:Overlap",
        "PlanRequired": "errors:PlanRequired",
        "Project": "models.project:Project",
        "ProjectBody": "models.project:ProjectBody",
        "ProjectEndpoint": "endpoints.blocking:ProjectEndpoint",
        "Query": "models.query:Query",
        "QuotaSpent": "errors:QuotaSpent",
        "RateLimited": "errors:RateLimited",
        "SqliteStore": "cache.sqlite:SqliteStore",
        "Tag": "models.tag:Tag",
        "TagBody": "models.tag:TagBody",
        "TagEndpoint": "endpoints.blocking:TagEndpoint",
        "Task": "models.task:Task",
        "TaskBody": "models.task:TaskBody",
        "TaskEndpoint": "endpoints.blocking:TaskEndpoint",
        "TimeEntry": "models.time_entry:TimeEntry",
        "TimeEntryBody": "models.time_entry:TrackerBody",
        "TimeEntryEndpoint": "endpoints.blocking:TrackerEndpoint",
        "TimerStart": "models.time_entry:Started",
        "Toggl": "endpoints.toggl:Toggl",
        "TogglError": "errors:TogglError",
        "Unreachable": "errors:Unreachable",
        "Workspace": "models.account:Workspace",
        "connect": "api:connect",
    }

    def __getattr__(name: str) -> object:
        """Return a name of the API, imported now."""
        if name not in _ORIGINS:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        module, _, attribute = _ORIGINS[name].partition(":")
        value = getattr(import_module(f"{__name__}.{module}"), attribute)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Return the names of the API, imported or not."""
        return sorted({*globals(), *__all__})


__all__ = [
    "Ambiguous",
    "AsyncClientEndpoint",
    "AsyncProjectEndpoint",
    "AsyncTagEndpoint",
    "AsyncTaskEndpoint",
    "AsyncTimeEntryEndpoint",
    "BadToken",
    "BasicAuth",
    "BulkEditResult",
    "CacheBusy",
    "Client",
    "ClientBody",
    "ClientEndpoint",
    "Comparison",
    "Declined",
    "DuplicateName",
    "Forbidden",
    "InvalidArguments",
    "MemoryStore",
    "NamingError",
    "NoCache",
    "NoToken",
    "NotFound",
    "OutcomeUnknown",
    "Overlap",
    "PlanRequired",
    "Project",
    "ProjectBody",
    "ProjectEndpoint",
    "Query",
    "QuotaSpent",
    "RateLimited",
    "SqliteStore",
    "Tag",
    "TagBody",
    "TagEndpoint",
    "Task",
    "TaskBody",
    "TaskEndpoint",
    "TimeEntry",
    "TimeEntryBody",
    "TimeEntryEndpoint",
    "TimerStart",
    "Toggl",
    "TogglError",
    "Unreachable",
    "Workspace",
    "connect",
]
