"""How a project stands, as a resource."""

from toggl_mcp.completions import list_projects
from toggl_mcp.icons import GAUGE
from toggl_mcp.models.base import is_id
from toggl_mcp.models.text import fold_accents
from toggl_mcp.resources.support import ResourceSpec, digest_entries
from toggl_mcp.tools.project_status import ProjectStatus, ProjectStatusArgs, project_status
from toggl_mcp.tools.support.define import CallContext


async def read_project(ref: str, call: CallContext) -> ProjectStatus:
    """How a project stands: estimate, tracked time, pace, tasks; what project_status returns. Its id or its name."""
    return await project_status(ProjectStatusArgs(project=ref), call)


async def make_project_etag(ref: str, call: CallContext) -> str | None:
    """Return the etag of a project's cached entries; None if no project of its name is cached."""
    if is_id(ref):
        ids = {int(ref)}
    else:
        projects = await call.name_index.list_cached("project", may_request=False)
        ids = {project.id for project in projects if fold_accents(project.name) == fold_accents(ref)}
    return await digest_entries(lambda entry: entry.project_id in ids, call) if ids else None


RESOURCES = (
    ResourceSpec(
        "toggl://project/{id}",
        "How a project stands",
        GAUGE,
        0.5,
        read_project,
        make_project_etag,
        complete=list_projects,
    ),
)
