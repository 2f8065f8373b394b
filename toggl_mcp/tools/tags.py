"""The tools about tags."""

from typing import Annotated

from pydantic import Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent, Id, Name
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.tools.support.args import Cursor, InWorkspace, NameContains, Refreshable
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_id,
    duplicate_name_error,
    get_or_raise,
    require_found,
)
from toggl_mcp.tools.support.pagination import PageResult, decode_cursor, trim_page
from toggl_mcp.tools.support.results import OutputModel, WorkspaceResult

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

    name: NameContains | Absent = None
    limit: Annotated[int, Field(ge=1, le=200, description="Tags per page.")] = 100
    cursor: Cursor | Absent = None


class DeleteTag(InWorkspace, frozen=True):
    """The arguments of `delete_tag`."""

    tag_id: TagId


class TagOut(OutputModel):
    """A tag, as results show it."""

    id: int
    name: str

    @classmethod
    def of(cls, tag: Tag) -> "TagOut":
        """Return a tag as results show it."""
        return cls(id=tag.id, name=tag.name)


class TagResult(WorkspaceResult):
    """One tag after a change."""

    tag: TagOut


class TagList(PageResult):
    """One page of tags."""

    tags: list[TagOut]


class TagDeleted(WorkspaceResult):
    """The result of `delete_tag`."""

    deleted_tag_id: int


async def create_tag(args: CreateTag, call: CallContext) -> TagResult:
    """Create a tag."""
    workspace_id = await call.workspace_id(args.workspace_id)
    tags = call.toggl.tags(workspace_id)
    try:
        tag = await tags.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, tags, await tags.load_cache()) from error
    return TagResult(tag=TagOut.of(tag), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def list_tags(args: ListTags, call: CallContext) -> TagList:
    """List the tags of a workspace by name."""
    workspace_id = await call.workspace_id(args.workspace_id)
    filters = (workspace_id, args.name)
    page = await call.toggl.tags(workspace_id).page(
        args.name, limit=args.limit, after=decode_cursor(args.cursor, filters), refresh=args.refresh
    )
    tags, page = trim_page(page, TagOut.of)
    return await TagList.of_page(page, filters, call, workspace_id, tags=tags)


async def edit_tag(args: EditTag, call: CallContext) -> TagResult:
    """Rename a tag, on all time entries that have it."""
    workspace_id = await call.workspace_id(args.workspace_id)
    tags = call.toggl.tags(workspace_id)
    tag = require_found(await tags.edit(args.tag_id, args), args.tag_id, tags)
    return TagResult(tag=TagOut.of(tag), workspace_id=workspace_id, quota=await call.quota(workspace_id))


async def delete_tag(args: DeleteTag, call: CallContext) -> TagDeleted:
    """Delete a tag permanently, and remove it from all time entries."""
    workspace_id = await call.workspace_id(args.workspace_id)
    await delete_by_id(args.tag_id, call.toggl.tags(workspace_id))
    quota = await call.quota(workspace_id)
    return TagDeleted(deleted_tag_id=args.tag_id, workspace_id=workspace_id, quota=quota)


async def _confirmation_text(args: DeleteTag, call: CallContext) -> str:
    workspace_id = await call.workspace_id(args.workspace_id)
    tag = await get_or_raise(args.tag_id, call.toggl.tags(workspace_id))
    return (
        f"Delete the tag “{tag.name}” ({tag.id}) from workspace {workspace_id} permanently, "
        "and from all its time entries?"
    )


TOOLS = (
    ToolSpec(create_tag, "Create tag", ADDITIVE, CreateTag, TagResult, requires="tags"),
    ToolSpec(list_tags, "List tags", READ_ONLY, ListTags, TagList),
    ToolSpec(edit_tag, "Edit tag", DESTRUCTIVE, EditTag, TagResult, requires="tags"),
    ToolSpec(
        delete_tag,
        "Delete tag",
        DESTRUCTIVE,
        DeleteTag,
        TagDeleted,
        confirm=_confirmation_text,
        needs_full_access=True,
        requires="tags",
    ),
)
