"""What Toggl tells along with the account: the names in use in each workspace."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from toggl_mcp.models.base import LARGEST_ID
from toggl_mcp.models.client import Client
from toggl_mcp.models.project import Project
from toggl_mcp.models.tag import Tag
from toggl_mcp.models.task import Task


class Related(BaseModel, frozen=True):
    """What a workspace (`id`) is told to have; what is archived is left out, so nothing can be denied by it."""

    model_config = ConfigDict(extra="ignore")

    id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    client: list[Client] = Field(default_factory=list[Client])
    project: list[Project] = Field(default_factory=list[Project])
    tag: list[Tag] = Field(default_factory=list[Tag])
    task: list[Task] = Field(default_factory=list[Task])
