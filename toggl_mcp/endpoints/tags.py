"""Tags: https://engineering.toggl.com/docs/api/tags."""

from toggl_mcp.endpoints.core.collection import Page, moment, page
from toggl_mcp.endpoints.core.endpoint import ListedEndpoint
from toggl_mcp.endpoints.core.keys import HasId, id_of
from toggl_mcp.errors import NamingError
from toggl_mcp.models.base import Position
from toggl_mcp.models.tags import Tag, TagBody


class AsyncTagEndpoint(ListedEndpoint[Tag]):
    """The tags of a workspace, for asyncio."""

    MODEL = Tag
    KIND = "tag"
    PATH = "tags"
    PAGED = True
    AMENDS = ("edit", "delete")

    async def add(self, body: TagBody) -> Tag:
        """Create a tag, at most once.

        Raises:
            NamingError: The body has no name.
            DuplicateName: The workspace has a tag of that name.
            OutcomeUnknown: Toggl never confirmed it, and it is not to be found.
        """
        if body.name is None:
            message = "A tag needs a name; give one."
            raise NamingError(message)
        return await self._create(body.format("add"), lambda found: found.name == body.name)

    async def edit(self, tag: int | HasId, body: TagBody) -> Tag | None:
        """Rename a tag; return it, or None if Toggl has no such tag.

        Raises:
            NotFound: There is none, and `re_raise` is set.
            OutcomeUnknown: Toggl never confirmed it.
        """
        names = await self._names(id_of(tag))
        edited = await self._update(id_of(tag), body.format("edit"))
        if edited is not None:
            await self._retag(names, edited.name)
        return edited

    async def delete(self, entity: int | HasId) -> None:
        """Delete a tag; already gone is done. Its time entries stay, without it."""
        names = await self._names(id_of(entity))
        await super().delete(entity)
        await self._retag(names, None)

    async def page(
        self, name: str | None = None, *, limit: int, after: Position | None = None, refresh: bool = False
    ) -> Page[Tag]:
        """Return at most `limit` tags whose name contains `name`, in any case, after a position."""
        return page(await self.read(refresh=refresh), name, lambda _: True, limit=limit, after=after)

    async def _names(self, tag_id: int) -> set[str]:
        """Return what entries may call a tag: its name when they were read, and now; nothing that is another's name."""
        known = await self._snapshots.known(tag_id)
        stale = not self._just_now(moment(await self._snapshots.mark()))
        tags = (await self.read(refresh=stale, urgent=True)).collection.items
        names = {tag.name for tag in (known, tags.get(tag_id)) if tag is not None}
        return names - {tag.name for key, tag in tags.items() if key != tag_id}

    async def _retag(self, names: set[str], name: str | None) -> None:
        """Tell the log, in which entries know their tags by name only."""
        await self._amend(lambda entry: entry.retagged(names, name))

    async def _single(self, entity_id: int, *, urgent: bool = False) -> Tag | None:
        """Ask Toggl for all of them: it does not tell of one."""
        return (await self._listed(urgent=urgent)).get(entity_id)
