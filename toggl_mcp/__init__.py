"""The Model Context Protocol server for Toggl Track; the names below are its Python API."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toggl_mcp.api import BasicAuth, connect
    from toggl_mcp.cache.memory import MemoryStore
    from toggl_mcp.cache.sqlite.store import SqliteStore
    from toggl_mcp.endpoints.blocking import (
        ClientEndpoint,
        ProjectEndpoint,
        TagEndpoint,
        TaskEndpoint,
        TimeEntryEndpoint,
    )
    from toggl_mcp.endpoints.clients import AsyncClientEndpoint
    from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
    from toggl_mcp.endpoints.tags import AsyncTagEndpoint
    from toggl_mcp.endpoints.tasks import AsyncTaskEndpoint
    from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
    from toggl_mcp.endpoints.toggl import Toggl
    from toggl_mcp.errors import (
        Ambiguous,
        BadToken,
        CacheBusy,
        Candidate,
        Declined,
        DuplicateName,
        Forbidden,
        ForeignWorkspace,
        InvalidArguments,
        InvalidConnection,
        NamingError,
        NoCache,
        NotFound,
        NoToken,
        OutcomeUnknown,
        Overlap,
        OversizedList,
        PlanRequired,
        QuotaSpent,
        RateLimited,
        TogglError,
        Unreachable,
    )
    from toggl_mcp.models.account import Workspace
    from toggl_mcp.models.clients import Client, ClientBody
    from toggl_mcp.models.projects import Project, ProjectBody
    from toggl_mcp.models.query import Comparison, Query
    from toggl_mcp.models.tags import Tag, TagBody
    from toggl_mcp.models.tasks import Task, TaskBody
    from toggl_mcp.models.time_entries import BulkEditResult, TimeEntry, TimeEntryBody, TimerStart
else:
    # PEP 562: a name is imported when it is first used, so that the command starts without httpx and Pydantic.
    _MODULES = {
        "Ambiguous": "errors",
        "AsyncClientEndpoint": "endpoints.clients",
        "AsyncProjectEndpoint": "endpoints.projects",
        "AsyncTagEndpoint": "endpoints.tags",
        "AsyncTaskEndpoint": "endpoints.tasks",
        "AsyncTimeEntryEndpoint": "endpoints.time_entries",
        "BadToken": "errors",
        "BasicAuth": "api",
        "BulkEditResult": "models.time_entries",
        "CacheBusy": "errors",
        "Candidate": "errors",
        "Client": "models.clients",
        "ClientBody": "models.clients",
        "ClientEndpoint": "endpoints.blocking",
        "Comparison": "models.query",
        "Declined": "errors",
        "DuplicateName": "errors",
        "Forbidden": "errors",
        "ForeignWorkspace": "errors",
        "InvalidArguments": "errors",
        "InvalidConnection": "errors",
        "MemoryStore": "cache.memory",
        "NamingError": "errors",
        "NoCache": "errors",
        "NoToken": "errors",
        "NotFound": "errors",
        "OutcomeUnknown": "errors",
        "Overlap": "errors",
        "OversizedList": "errors",
        "PlanRequired": "errors",
        "Project": "models.projects",
        "ProjectBody": "models.projects",
        "ProjectEndpoint": "endpoints.blocking",
        "Query": "models.query",
        "QuotaSpent": "errors",
        "RateLimited": "errors",
        "SqliteStore": "cache.sqlite.store",
        "Tag": "models.tags",
        "TagBody": "models.tags",
        "TagEndpoint": "endpoints.blocking",
        "Task": "models.tasks",
        "TaskBody": "models.tasks",
        "TaskEndpoint": "endpoints.blocking",
        "TimeEntry": "models.time_entries",
        "TimeEntryBody": "models.time_entries",
        "TimeEntryEndpoint": "endpoints.blocking",
        "TimerStart": "models.time_entries",
        "Toggl": "endpoints.toggl",
        "TogglError": "errors",
        "Unreachable": "errors",
        "Workspace": "models.account",
        "connect": "api",
    }

    def __getattr__(name: str) -> object:
        """Return a name of the API, imported now."""
        if name not in _MODULES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
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
    "Candidate",
    "Client",
    "ClientBody",
    "ClientEndpoint",
    "Comparison",
    "Declined",
    "DuplicateName",
    "Forbidden",
    "ForeignWorkspace",
    "InvalidArguments",
    "InvalidConnection",
    "MemoryStore",
    "NamingError",
    "NoCache",
    "NoToken",
    "NotFound",
    "OutcomeUnknown",
    "Overlap",
    "OversizedList",
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
