"""The owner of pending changes: a process, for as long as it holds the lock on a file of its own."""

import sqlite3
from contextlib import ExitStack
from glob import escape
from pathlib import Path
from uuid import uuid4

from toggl_mcp.cache.sqlite.files import lock_exclusively


class Owner:
    """One store's claim to the changes that it has recorded; the system releases its lock when the process dies."""

    def __init__(self, path: Path) -> None:
        self.id = uuid4().hex
        self._path = path.absolute()
        self._locks = ExitStack()
        self._is_held = False

    def hold(self) -> None:
        """Hold the lock until `release`, and remove the files of owners that died.

        Raises:
            OSError, sqlite3.Error: The file beside the cache cannot be created or locked.
        """
        if not self._is_held:
            self._locks.enter_context(lock_exclusively(_owner_path(self._path, self.id), 0))
            self._is_held = True
            for file in self._path.parent.glob(f"{escape(self._path.name)}.owner-*.lock"):
                is_alive(self._path, file.name.removesuffix(".lock").rpartition("-")[2])

    def release(self) -> None:
        """Release the lock: what is still recorded counts as abandoned."""
        self._locks.close()
        if self._is_held:
            Path(f"{_owner_path(self._path, self.id)}.lock").unlink(missing_ok=True)


def is_alive(path: Path, owner_id: str) -> bool:
    """Return whether an owner holds its lock; the file of one that does not is removed."""
    owner_path = _owner_path(path.absolute(), owner_id)
    file = Path(f"{owner_path}.lock")
    if not file.exists():
        return False
    try:
        with lock_exclusively(owner_path, 0):
            pass
        file.unlink(missing_ok=True)
    except (OSError, sqlite3.Error):
        return True
    return False


def _owner_path(path: Path, owner_id: str) -> Path:
    return path.with_name(f"{path.name}.owner-{owner_id}")
