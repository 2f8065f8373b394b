"""The tools about tags."""

from typing import Annotated

from pydantic import Field

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Name
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.tools.support.args import ListArgs, NameOrId, WorkspaceArgs
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    delete_by_ref,
    deletion_question,
    duplicate_name_error,
    require_found,
    resolve,
)
from toggl_mcp.tools.support.resources import ChangeResult, PageResult, ResourceOut, decode_cursor, trim_page


class CreateTag(TagBody, WorkspaceArgs, frozen=True):
    """The arguments of `create_tag`."""

    name: Annotated[Name, Field(description="The new tag's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditTag(TagBody, WorkspaceArgs, frozen=True):
    """The arguments of `edit_tag`."""

    tag: NameOrId
    name: Annotated[Name, Field(description="The new name.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class ListTags(ListArgs, frozen=True):
    """The arguments of `list_tags`."""

    limit: Annotated[int, Field(ge=1, le=200, description="Rows per page.")] = 100


class DeleteTag(WorkspaceArgs, frozen=True):
    """The arguments of `delete_tag`."""

    tag: NameOrId


class TagOut(ResourceOut, Tag, frozen=True):
    """A tag, as results show it."""


class TagResult(ChangeResult):
    """One tag after a change."""

    tag: TagOut


class TagList(PageResult):
    """One page of tags."""

    tags: list[TagOut]


class TagDeleted(ChangeResult):
    """The result of `delete_tag`."""

    deleted_tag_id: int


async def create_tag(args: CreateTag, call: CallContext) -> TagResult:
    """Create a tag."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    try:
        tag = await tags.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, tags, await tags.load_cache()) from error
    return await TagResult.of_change(tags.workspace_id, call, tag=TagOut.of(tag))


async def list_tags(args: ListTags, call: CallContext) -> TagList:
    """List the tags of a workspace by name."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    filters = (tags.workspace_id, args.name)
    after = decode_cursor(args.cursor, filters)
    page = await tags.page(args.name, limit=args.limit, after=after, refresh=args.refresh)
    rows, page = trim_page(page, TagOut.of)
    return await TagList.of_page(page, filters, call, tags.workspace_id, tags=rows)


async def edit_tag(args: EditTag, call: CallContext) -> TagResult:
    """Rename a tag, on all time entries that have it."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    tag_id = (await resolve(args.tag, tags.reserved, call.name_index)).id
    tag = require_found(await tags.edit(tag_id, args), tag_id, tags)
    return await TagResult.of_change(tags.workspace_id, call, tag=TagOut.of(tag))


async def delete_tag(args: DeleteTag, call: CallContext) -> TagDeleted:
    """Delete a tag permanently, and remove it from all time entries."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    tag_id = await delete_by_ref(args.tag, tags, call.name_index)
    return await TagDeleted.of_change(tags.workspace_id, call, deleted_tag_id=tag_id)


async def _confirmation_text(args: DeleteTag, call: CallContext) -> str:
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    return await deletion_question(args.tag, tags, call.name_index, "All its time entries lose it.")


TOOLS = (
    ToolSpec(create_tag, ADDITIVE, requires=["tags"]),
    ToolSpec(list_tags, READ_ONLY),
    ToolSpec(edit_tag, DESTRUCTIVE, requires=["tags"]),
    ToolSpec(delete_tag, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["tags"]),
)
