"""Files that an operator edits while the server runs."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from toggl_mcp.errors import InvalidArguments

T = TypeVar("T")
_log = logging.getLogger(__name__)


class WatchedFile(Generic[T]):
    """The content of a file, parsed again whenever the file has changed; a file that cannot be read changes nothing.

    Args:
        path: The file.
        parse: Returns what a text holds; raises ValueError, with what is wrong, if it holds nothing of the kind.
    """

    def __init__(self, path: Path, parse: Callable[[str], T]) -> None:
        self._path = path
        self._parse = parse
        self._stamp: tuple[int, int, int] | None = None
        self._content = self._read()

    def read(self) -> T:
        """Return what the file holds, or what it held when it could last be read."""
        if self._stamp != self._find_stamp():
            try:
                self._content = self._read()
            except InvalidArguments as error:
                _log.error("%s Until then its former content counts.", error)
        return self._content

    def _read(self) -> T:
        self._stamp = self._find_stamp()
        try:
            return self._parse(self._path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            message = f"{self._path} cannot be read: {reason}. Correct it."
            raise InvalidArguments(message) from error

    def _find_stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
