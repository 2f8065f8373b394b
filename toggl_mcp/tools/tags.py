"""The tools about tags."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, PartOfName, Refreshable
from toggl_mcp.tools.support.define import CHANGES, CREATES, READS, Offer
from toggl_mcp.tools.support.lookup import context, gone, taken, target, there
from toggl_mcp.tools.support.pagination import Listed, fitted, listed, position
from toggl_mcp.tools.support.results import Answer

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


TagId = Annotated[Id, Field(description="The tag's id.")]


class CreateTag(TagBody, InWorkspace, frozen=True):
    """The arguments of `create_tag`."""

    name: Annotated[Name, Field(description="The new tag's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditTag(TagBody, InWorkspace, frozen=True):
    """The arguments of `edit_tag`."""

    tag_id: TagId
    name: Annotated[Name, Field(description="The new name.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class ListTags(Refreshable, frozen=True):
    """The arguments of `list_tags`."""

    name: PartOfName | Absent = None
    limit: Annotated[int, Field(ge=1, le=200, description="Tags in a page.")] = 100
    cursor: Cursor | Absent = None


class OneTag(InWorkspace, frozen=True):
    """The arguments of `delete_tag`."""

    tag_id: TagId


class ShownTag(BaseModel):
    """A tag, as answers show it."""

    id: int
    name: str

    @classmethod
    def of(cls, tag: Tag) -> "ShownTag":
        """Return what is shown of a tag."""
        return cls(id=tag.id, name=tag.name)


class TagAnswer(Answer):
    """One tag after a change."""

    tag: ShownTag


class TagList(Listed):
    """One page of tags."""

    tags: list[ShownTag]


class TagDeleted(Answer):
    """A tag that is gone."""

    deleted_tag_id: int


async def create_tag(new: CreateTag, toggl: "Toggl") -> TagAnswer:
    """Create a tag."""
    workspace = await toggl.resolve_workspace(new.workspace_id)
    tags = toggl.tags(workspace)
    try:
        tag = await tags.add(new)
    except DuplicateName as error:
        raise await taken(tags, new.name) from error
    return TagAnswer(tag=ShownTag.of(tag), **await context(toggl, workspace))


async def list_tags(asked: ListTags, toggl: "Toggl") -> TagList:
    """List the tags of a workspace by name."""
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    filters = (workspace, asked.name)
    page = await toggl.tags(workspace).page(
        asked.name, limit=asked.limit, after=position(asked.cursor, filters), refresh=asked.refresh
    )
    tags, page = fitted(page, ShownTag.of)
    return TagList(
        tags=tags,
        **await listed(page, filters, toggl, workspace),
    )


async def edit_tag(changes: EditTag, toggl: "Toggl") -> TagAnswer:
    """Rename a tag, on all time entries that have it."""
    workspace = await toggl.resolve_workspace(changes.workspace_id)
    tags = toggl.tags(workspace)
    tag = there(await tags.edit(changes.tag_id, changes), changes.tag_id, tags)
    return TagAnswer(tag=ShownTag.of(tag), **await context(toggl, workspace))


async def delete_tag(asked: OneTag, toggl: "Toggl") -> TagDeleted:
    """Delete a tag for good, and take it off all time entries that have it."""
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    said = await gone(asked.tag_id, toggl.tags(workspace), toggl)
    return TagDeleted(deleted_tag_id=asked.tag_id, **said)


async def _what_goes(asked: OneTag, toggl: "Toggl") -> str:
    workspace = await toggl.resolve_workspace(asked.workspace_id)
    tag = await target(asked.tag_id, toggl.tags(workspace))
    return f"Delete the tag “{tag.name}” ({tag.id}) from workspace {workspace} for good, and from all its time entries?"


OFFERS = (
    Offer(create_tag, "Create tag", CREATES, CreateTag, TagAnswer, needs="tags"),
    Offer(list_tags, "List tags", READS, ListTags, TagList),
    Offer(edit_tag, "Edit tag", CHANGES, EditTag, TagAnswer, needs="tags"),
    Offer(delete_tag, "Delete tag", CHANGES, OneTag, TagDeleted, question=_what_goes, needs="tags"),
)
