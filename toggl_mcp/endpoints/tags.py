"""Tags: https://engineering.toggl.com/docs/api/tags."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from toggl_mcp.endpoints.core.change import Cascade
from toggl_mcp.endpoints.core.collection import Page
from toggl_mcp.endpoints.core.keys import HasId, require_name, to_id
from toggl_mcp.endpoints.time_entry_cache import CascadingEndpoint
from toggl_mcp.models.base import Position
from toggl_mcp.models.tags import Tag, TagBody


class AsyncTagEndpoint(CascadingEndpoint[Tag]):
    """The tags of a workspace, for asyncio."""

    MODEL = Tag
    KIND = "tag"
    PATH = "tags"
    PAGED = True
    CASCADING_VERBS = frozenset({"edit", "delete"})

    async def add(self, body: TagBody) -> Tag:
        """Create a tag, at most once.

        Raises:
            NamingError: The body has no name.
            DuplicateName: The workspace has a tag of that name.
            OutcomeUnknown: Toggl never confirmed it, and it was not found.
        """
        name = require_name(body.name, self.KIND)
        return await self._create(body.format("add"), lambda item: item.name == name)

    async def edit(self, tag: int | HasId, body: TagBody) -> Tag | None:
        """Rename a tag; return it, or None if Toggl has no such tag.

        Raises:
            NotFound: Toggl has none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        names = await self._names_in_entries(to_id(tag))
        return await self._update(
            to_id(tag), body.format("edit"), write_cascade=partial(self._rename_in_entries, names)
        )

    async def delete(self, entity: int | HasId) -> None:
        """Delete a tag; it is no error if Toggl has none. Its time entries stay, without it."""
        names = await self._names_in_entries(to_id(entity))
        await self._remove(to_id(entity), self._path(to_id(entity)), partial(self._rename_in_entries, names))

    async def put_back_fields(self, item: Tag, fields: Mapping[str, Any]) -> Tag | None:
        """Give a tag its former name."""
        return await self.edit(item, TagBody.model_construct(**fields))

    async def recreate(self, item: Tag) -> Tag:
        """Create what a deleted tag was."""
        return await self.add(TagBody.model_construct(name=item.name))

    async def page(
        self, name: str | None = None, *, limit: int, after: Position | None = None, refresh: bool = False
    ) -> Page[Tag]:
        """Return at most `limit` tags whose name contains `name` (case ignored), after a position."""
        return (await self.read(refresh=refresh)).page(name, lambda _: True, limit=limit, after=after)

    async def _names_in_entries(self, tag_id: int) -> set[str]:
        """Return the names that a tag may have in cached entries: its cached name, and its present one."""
        cached_tag = await self._collection.get_any_age(tag_id)
        # In the web app the tag may have been renamed, and its former name given to another tag, whose entries must not
        # be changed: a list from over a minute ago does not tell.
        is_too_old = not self._proves_absence((await self._collection.get_version()).as_of)
        tags = (await self.reserved.read(refresh=is_too_old)).collection.items
        names = {tag.name for tag in (cached_tag, tags.get(tag_id)) if tag is not None}
        names_of_others = {tag.name for key, tag in tags.items() if key != tag_id}
        return names - names_of_others

    async def _rename_in_entries(self, names: set[str], tag: Tag | None) -> Cascade:
        """Rename a tag in the cached entries, or remove it from them: they have the names of their tags, not ids."""
        return await self._entry_cache.update_where(
            lambda entry: entry.workspace_id == self.workspace_id and not names.isdisjoint(entry.tags),
            lambda entry: entry.rename_tag(names, None if tag is None else tag.name),
        )

    async def _fetch_one(self, entity_id: int) -> Tag | None:
        """Return one by its id; Toggl lists them only all at once."""
        return (await self._fetch_all(self._transport)).get(entity_id)
