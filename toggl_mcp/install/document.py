"""What all formats of configurations have: an item in a container of the root, and edits that keep all else."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

Item = Mapping[str, object]


class Place(NamedTuple):
    """Where an item is: under its name in an object of the root, or in a list of the root as the object with its id."""

    container: str
    name: str
    is_list: bool = False


class UneditableDocument(Exception):
    """A document cannot be read, or holds what cannot be edited here; the message says what."""


class Document(Protocol):
    """A format, as functions on the text of a document; each raises UneditableDocument."""

    def find_item(self, text: str, place: Place) -> Item | None:
        """Return the item at a place, or None."""
        ...

    def put_item(self, text: str, place: Place, item: Item) -> str:
        """Return the text with the item at its place, and every other byte as it was."""
        ...

    def remove_item(self, text: str, place: Place) -> str:
        """Return the text without the item that is at a place."""
        ...
