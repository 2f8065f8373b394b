"""How a project stands, as a resource."""

from datetime import datetime

from toggl_mcp.cache.store import Version
from toggl_mcp.completions import list_projects
from toggl_mcp.endpoints.core.collection import Collection
from toggl_mcp.endpoints.last_projects import ProjectName
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.icons import GAUGE
from toggl_mcp.models.base import parse_stored
from toggl_mcp.models.projects import Project
from toggl_mcp.models.text import strip_invisible
from toggl_mcp.models.time_entries import EARLIEST_START
from toggl_mcp.resources.support import ResourceItem, ResourceSpec, digest, dump_models, list_cached_entries
from toggl_mcp.tools.project_status import ProjectStatus, ProjectStatusArgs, project_status
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import validate_args

MAX_LISTED_PROJECTS = 100
"""Projects that are listed as resources; the others are read by the template."""
ITEM_DESCRIPTION = "How it stands: estimate, tracked time, pace, tasks."


async def read_project(ref: str, call: CallContext) -> ProjectStatus:
    """How a project stands: estimate, tracked time, pace, tasks; what project_status returns. Its id or its name."""
    return await project_status(validate_args(ProjectStatusArgs, {"project": ref}), call)


async def make_project_etag(ref: str, call: CallContext) -> str | None:
    """Return the etag of a project, its tasks and its entries as they are cached; None if it is not."""
    project = await _find_cached(ref, call)
    if project is None:
        return None
    entries = await list_cached_entries(lambda entry: entry.project_id == project.id, call)
    tasks = await call.toggl.tasks(project.workspace_id).any_age_or_none()
    own_tasks = [task for task in tasks.items.values() if task.project_id == project.id] if tasks else []
    return digest(*dump_models([project]), *dump_models(own_tasks), *dump_models(entries or ()))


async def _find_cached(ref: str, call: CallContext) -> Project | None:
    """Return the cached project of a name or an id; the default workspace comes first, as in a read."""
    snapshot = await call.toggl.account.last_snapshot()
    if snapshot is None:
        return None
    default_id = call.toggl.configured_workspace_id or snapshot.me.default_workspace_id
    workspace_ids = sorted((workspace.id for workspace in snapshot.workspaces), key=lambda key: key != default_id)
    collections = [await _find_collection(call.toggl.projects(workspace_id), call) for workspace_id in workspace_ids]
    collections.append(await _read_changed(call))
    matches = (project for collection in collections if collection for project in collection.find_by_ref(ref))
    return next(matches, None)


async def _read_changed(call: CallContext) -> Collection[Project]:
    """Return the projects as the journal has them after the last changes: those that came with the account are gone."""
    records = [record for change in reversed(await call.toggl.journal.list_changes()) for record in change.records]
    texts = {row.row_id: row.after for record in records if record.kind == "project" for row in record.rows}
    return Collection[Project].of(
        {row_id: parse_stored(Project, text) for row_id, text in texts.items() if text}, Version()
    )


async def _find_collection(projects: AsyncProjectEndpoint, call: CallContext) -> Collection[Project] | None:
    """Return the cached list of a workspace, or what came with the account in place of it, as a read does."""
    read = await call.name_index.read_account(projects)
    return await projects.any_age_or_none() if read is None else read.collection


async def list_recent_projects(call: CallContext) -> list[ResourceItem]:
    """Return the active projects that are cached, those with the latest entries first, then by name."""
    projects = await call.toggl.last_projects.list_active()
    if not projects:
        return []
    latest_starts = await _find_latest_starts(call)
    recent_projects = sorted(projects, key=lambda project: latest_starts.get(project.id, EARLIEST_START), reverse=True)
    workspace_names = await _find_workspace_names(call)
    return [
        _describe_project(project, workspace_names.get(project.workspace_id))
        for project in recent_projects[:MAX_LISTED_PROJECTS]
    ]


async def _find_latest_starts(call: CallContext) -> dict[int, datetime]:
    """Return the start of the latest cached entry of each project."""
    starts: dict[int, datetime] = {}
    entries = await call.toggl.entry_cache.any_age_or_none()
    for entry in () if entries is None else entries.items.values():
        project_id = entry.project_id
        # At each call of a tool, over thousands of entries: as a `max` of timestamps it takes seven times as long.
        if project_id and (project_id not in starts or starts[project_id] < entry.start):
            starts[project_id] = entry.start
    return starts


async def _find_workspace_names(call: CallContext) -> dict[int, str]:
    """Return the names of the workspaces by id; none if there is one workspace, as it is that of every project."""
    snapshot = await call.toggl.account.last_snapshot()
    workspaces = [] if snapshot is None else snapshot.workspaces
    return {workspace.id: workspace.name for workspace in workspaces} if len(workspaces) > 1 else {}


def _describe_project(project: ProjectName, workspace: str | None) -> ResourceItem:
    names = {"Client": project.client, "Workspace": workspace}
    sentences = [f"{label}: {strip_invisible(name)}." for label, name in names.items() if name]
    return ResourceItem(str(project.id), strip_invisible(project.name), " ".join([*sentences, ITEM_DESCRIPTION]))


RESOURCES = (
    ResourceSpec(
        "toggl://project/{id}",
        "How a project stands",
        GAUGE,
        0.5,
        read_project,
        make_project_etag,
        list_items=list_recent_projects,
        complete=list_projects,
    ),
)
