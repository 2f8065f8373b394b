"""What an endpoint does so that its changes can be undone."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.models.base import WorkspaceResource

E = TypeVar("E", bound=WorkspaceResource)


class UndoableEndpoint(CachedEndpoint[E], ABC):
    """An endpoint whose edits are put back, and whose deleted ones are restored or made anew."""

    def is_listed(self, item: E) -> bool:  # noqa: ARG002 - overridden where Toggl lists only some
        """Return whether Toggl's list would have an item, if it exists."""
        return True

    async def undelete(self, items: Sequence[E]) -> None:  # noqa: ARG002 - overridden where Toggl can
        """Bring deleted ones back under their ids where Toggl can; a read shows which are back."""
        return

    async def put_back(self, items: Sequence[E], fields: Mapping[str, Any], related_ids: Sequence[int]) -> set[int]:
        """Give items their former values of these fields; return the ids of those that have them then.

        `related_ids` are those of what was archived along.
        """
        results = [await self.put_back_fields(item, fields, related_ids) for item in items]
        return {item.id for item in results if item is not None and has_values(item, fields)}

    @abstractmethod
    async def put_back_fields(self, item: E, fields: Mapping[str, Any], related_ids: Sequence[int]) -> E | None:
        """Give an item its former values of these fields; return it, or None if Toggl has none."""

    @abstractmethod
    async def make_anew(self, item: E) -> E:
        """Create what a deleted item was, under another id."""


def find_differences(item: WorkspaceResource, other: WorkspaceResource) -> dict[str, Any]:
    """Return the fields of an item, with their values, in which it differs from another."""
    content, other_content = item.content(), other.content()
    return {name: getattr(item, name) for name, value in content.items() if other_content[name] != value}


def has_values(item: WorkspaceResource, fields: Mapping[str, Any]) -> bool:
    """Return whether an item has these values."""
    expected = item.model_copy(update=dict(fields))
    return not find_differences(expected, item)
