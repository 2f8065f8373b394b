"""The tools about tags."""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from toggl_mcp.errors import DuplicateName, InvalidArguments, TogglError
from toggl_mcp.models.base import Absent, Name
from toggl_mcp.models.period import FIRST_DAY, LAST_DAY
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.models.time_entries import MAX_BULK_ITEMS, TimeEntryBody
from toggl_mcp.tools.support.args import ListArgs, NameOrId, WorkspaceArgs, omit_fields, require_one_of
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.lookup import (
    MAX_CANDIDATES,
    delete_by_ref,
    deletion_question,
    duplicate_name_error,
    require_found,
    resolve,
    resolve_to_delete,
    warn_of_namesakes,
)
from toggl_mcp.tools.support.resources import (
    ChangeResult,
    NamedChangeResult,
    PageResult,
    ResourceOut,
    decode_cursor,
    trim_page,
)

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.tags import AsyncTagEndpoint


class CreateTag(TagBody, WorkspaceArgs, frozen=True):
    """The arguments of `create_tag`."""

    name: Annotated[Name, Field(description="The new tag's name, unique in its workspace.")]  # pyright: ignore[reportGeneralTypeIssues] - the version that requires it


class EditTag(TagBody, WorkspaceArgs, frozen=True):
    """The arguments of `edit_tag`."""

    tag: NameOrId
    name: Annotated[Name, Field(description="The new name.")] | Absent = None
    merge_into: Annotated[NameOrId, Field(description="Another tag that replaces this one.")] | Absent = None

    _change = require_one_of("name", "merge_into")


EditTagRestricted = omit_fields(EditTag, "merge_into")
"""The arguments of `edit_tag` where no tag may be deleted."""


class ListTags(ListArgs, frozen=True):
    """The arguments of `list_tags`."""

    limit: Annotated[int, Field(ge=1, le=200, description="Rows per page.")] = 100


class DeleteTag(WorkspaceArgs, frozen=True):
    """The arguments of `delete_tag`."""

    tag: NameOrId


class TagOut(ResourceOut, Tag, frozen=True):
    """A tag, as results show it."""


class TagResult(NamedChangeResult):
    """One tag after a change."""

    tag: TagOut


class TagEdited(TagResult):
    """The result of `edit_tag`."""

    deleted_tag_id: int | Absent = None
    edited_ids: Annotated[list[int], Field(description="Entries that have tag instead.")] | Absent = None


class TagList(PageResult):
    """One page of tags."""

    tags: list[TagOut]


class TagDeleted(ChangeResult):
    """The result of `delete_tag`."""

    deleted_tag_id: int
    deleted: SkipJsonSchema[TagOut]  # The schema of list_tags has its fields.


async def create_tag(args: CreateTag, call: CallContext) -> TagResult:
    """Create a tag."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    try:
        tag = await tags.add(args)
    except DuplicateName as error:
        raise duplicate_name_error(args.name, tags, await tags.load_cache()) from error
    warnings = await warn_of_namesakes(tag, tags)
    return await TagResult.of_change(tags.workspace_id, call, tag=TagOut.of(tag), warnings=warnings)


async def list_tags(args: ListTags, call: CallContext) -> TagList:
    """List the tags of a workspace by name."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    filters = (tags.workspace_id, args.name)
    after = decode_cursor(args.cursor, filters)
    page = await tags.page(args.name, limit=args.limit, after=after, refresh=args.refresh)
    rows, page = trim_page(page, TagOut.of)
    return await TagList.of_page(page, filters, call, tags.workspace_id, tags=rows)


async def edit_tag(args: EditTag, call: CallContext) -> TagEdited:
    """Rename a tag on all time entries that have it, or replace it on them by another tag, and delete it.

    merge_into is refused if entries of colleagues or before the last 89 days have the tag. Repeat the same call
    to continue after a failure.
    """
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    if args.merge_into is not None:
        return await _merge_tag(args.tag, args.merge_into, tags, call)
    tag_id = (await resolve(args.tag, tags.reserved, call.name_index)).id
    try:
        tag = require_found(await tags.edit(tag_id, args), tag_id, tags)
    except DuplicateName as error:
        duplicate = duplicate_name_error(args.name or "", tags, await tags.load_cache())
        message = str(duplicate)
        if "merge_into" in type(args).model_fields:
            message += " Or give it as merge_into, which replaces this tag by it."
        raise DuplicateName(message, duplicate.candidates) from error
    warnings = await warn_of_namesakes(tag, tags)
    return await TagEdited.of_change(tags.workspace_id, call, tag=TagOut.of(tag), warnings=warnings)


async def _merge_tag(ref: str, target_ref: str, tags: "AsyncTagEndpoint", call: CallContext) -> TagEdited:
    """Replace a tag by another one on all entries that have it, and delete it.

    Raises:
        InvalidArguments: Both are one tag, entries out of reach have it, or Toggl refused to change some.
    """
    tag = await resolve_to_delete(ref, tags, call.name_index)
    target = await resolve_to_delete(target_ref, tags, call.name_index)
    if tag.id == target.id:
        message = f"merge_into: is the same tag, “{tag.name}” ({tag.id}). Give another one, or name to rename it."
        raise InvalidArguments(message)
    endpoint = call.toggl.time_entries(tags.workspace_id)
    entries = (await endpoint.reserved.read(refresh=True)).collection.items
    await _require_reach(tag, entries.keys(), call)
    tagged = [entry for entry in entries.values() if entry.workspace_id == tags.workspace_id and tag.name in entry.tags]
    # Only what lacks the other tag is changed, so that the same call continues after a failure.
    missing = [entry for entry in tagged if target.name not in entry.tags]
    body = TimeEntryBody(tags=[target.name], tag_action="add")
    for start in range(0, len(missing), MAX_BULK_ITEMS):
        result = await endpoint.bulk_edit(missing[start : start + MAX_BULK_ITEMS], body)
        if result.unchanged_ids:
            ids = ", ".join(map(str, result.unchanged_ids))
            message = f"Toggl refused to change entries {ids}, so “{tag.name}” stays. Edit one of them to learn why."
            raise InvalidArguments(message)
    try:
        await tags.delete(tag.id)
    except TogglError as error:
        outcome_text = f"The entries that have “{tag.name}” have “{target.name}” as well now ({len(tagged)})."
        error.args = (
            f"{error} {outcome_text} The same call deletes “{tag.name}”; undo takes “{target.name}” off again.",
        )
        raise
    edited_ids = [entry.id for entry in tagged]
    return await TagEdited.of_change(
        tags.workspace_id, call, tag=TagOut.of(target), deleted_tag_id=tag.id, edited_ids=edited_ids
    )


async def _require_reach(tag: Tag, ids_in_reach: AbstractSet[int], call: CallContext) -> None:
    """Require that every entry which has a tag can be changed from here.

    Raises:
        InvalidArguments: Entries of colleagues, or older ones, have it.
    """
    calendar, me = await call.calendar(), (await call.account()).me
    last = min(calendar.day_of(call.toggl.entry_cache.latest_start()), LAST_DAY)
    since = FIRST_DAY if me.created_at is None else calendar.day_of(me.created_at)
    async for tagged_ids in call.toggl.entry_source.fetch_tagged_ids(tag.workspace_id, tag.id, last, since):
        if ids := sorted(tagged_ids - ids_in_reach):
            text = ", ".join(map(str, ids[:MAX_CANDIDATES])) + (", …" if len(ids) > MAX_CANDIDATES else "")
            message = (
                f"“{tag.name}” is also on entries of colleagues, or older than 89 days, which cannot be changed here: "
                f"{text}. They would lose it, so nothing was changed. Rename the tag instead, or replace it there."
            )
            raise InvalidArguments(message)


async def delete_tag(args: DeleteTag, call: CallContext) -> TagDeleted:
    """Delete a tag permanently, and remove it from all time entries."""
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    tag = await delete_by_ref(args.tag, tags, call.name_index)
    return await TagDeleted.of_change(tags.workspace_id, call, deleted_tag_id=tag.id, deleted=TagOut.of(tag))


async def _merge_question(args: EditTag, call: CallContext) -> str | None:
    if args.merge_into is None:
        return None
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    tag = await resolve_to_delete(args.tag, tags, call.name_index)
    return f"Replace the tag “{tag.name}” by {args.merge_into} on all time entries, and delete it?"


async def _confirmation_text(args: DeleteTag, call: CallContext) -> str:
    tags = call.toggl.tags(await call.workspace_id(args.workspace))
    return await deletion_question(args.tag, tags, call.name_index, "All its time entries lose it.")


TOOLS = (
    ToolSpec(create_tag, ADDITIVE, requires=["tags"]),
    ToolSpec(list_tags, READ_ONLY),
    ToolSpec(edit_tag, DESTRUCTIVE, confirm=_merge_question, requires=["tags"], restricted_input=EditTagRestricted),
    ToolSpec(delete_tag, DESTRUCTIVE, confirm=_confirmation_text, needs_full_access=True, requires=["tags"]),
)
