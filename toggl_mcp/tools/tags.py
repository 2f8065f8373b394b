"""The tools about tags."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

from toggl_mcp.errors import DuplicateName
from toggl_mcp.models.base import Absent
from toggl_mcp.models.tag import CreateTag, EditTag, ListTags, OneTag, Tag
from toggl_mcp.tools.answers import Answer, Known
from toggl_mcp.tools.cursor import cursor, position
from toggl_mcp.tools.finding import context, taken, there
from toggl_mcp.tools.offer import CHANGES, CREATES, READS, Offer

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.toggl import Toggl


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


class TagList(Answer, Known):
    """One page of tags."""

    tags: list[ShownTag]
    total: int
    left: int
    next_cursor: str | Absent = None


class TagDeleted(Answer):
    """A tag that is gone."""

    deleted_tag_id: int


async def create_tag(new: CreateTag, toggl: "Toggl") -> TagAnswer:
    """Create a tag."""
    workspace = await toggl.workspace(new.workspace_id)
    tags = toggl.tags(workspace)
    try:
        tag = await tags.add(new)
    except DuplicateName as error:
        raise await taken(tags, new.name) from error
    return TagAnswer(tag=ShownTag.of(tag), **await context(toggl, workspace))


async def list_tags(asked: ListTags, toggl: "Toggl") -> TagList:
    """List the tags of a workspace by name."""
    workspace = await toggl.workspace(asked.workspace_id)
    filters = (workspace, asked.name)
    page = await toggl.tags(workspace).page(
        asked.name, limit=asked.limit, after=position(asked.cursor, filters), refresh=asked.refresh
    )
    return TagList(
        tags=[ShownTag.of(tag) for tag in page.items],
        total=page.total,
        left=page.left,
        next_cursor=cursor(page.end, filters),
        **Known.of(page.reading.source, page.reading.as_of, toggl.now()),
        **await context(toggl, workspace, page.reading.source),
    )


async def edit_tag(changes: EditTag, toggl: "Toggl") -> TagAnswer:
    """Rename a tag, on all time entries that have it."""
    workspace = await toggl.workspace(changes.workspace_id)
    tags = toggl.tags(workspace)
    tag = there(await tags.edit(changes.tag_id, changes), changes.tag_id, tags)
    return TagAnswer(tag=ShownTag.of(tag), **await context(toggl, workspace))


async def delete_tag(asked: OneTag, toggl: "Toggl") -> TagDeleted:
    """Delete a tag for good, and take it off all time entries that have it."""
    workspace = await toggl.workspace(asked.workspace_id)
    tags = toggl.tags(workspace)
    there((await tags.find(asked.tag_id)).item, asked.tag_id, tags)
    await tags.delete(asked.tag_id)
    return TagDeleted(deleted_tag_id=asked.tag_id, **await context(toggl, workspace))


async def _what_goes(asked: OneTag, toggl: "Toggl") -> str:
    workspace = await toggl.workspace(asked.workspace_id)
    tags = toggl.tags(workspace)
    tag = there((await tags.find(asked.tag_id)).item, asked.tag_id, tags)
    return f"Delete the tag “{tag.name}” ({tag.id}) from workspace {workspace} for good, and from all its time entries?"


OFFERS = (
    Offer(create_tag, "Create tag", CREATES, CreateTag, TagAnswer, needs="tags"),
    Offer(list_tags, "List tags", READS, ListTags, TagList),
    Offer(edit_tag, "Edit tag", CHANGES, EditTag, TagAnswer, needs="tags"),
    Offer(delete_tag, "Delete tag", CHANGES, OneTag, TagDeleted, question=_what_goes, needs="tags"),
)
