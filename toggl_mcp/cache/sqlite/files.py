"""The files of the cache on the disk: which there are, and how they are created, renamed and removed."""

import contextlib
import itertools
import os
import stat
from pathlib import Path

FILE_SUFFIXES = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.
Identity = tuple[int, int]
"""Device and inode: two files that had the same name one after the other differ in them."""


class ForeignFile(OSError):
    """What has the name of the cache file is not this program's, or of a later version of it: it is left alone."""


def get_identity(path: Path) -> Identity | None:
    """Return which file has this name; None if there is none, or it cannot be looked up."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def create_file(path: Path) -> None:
    """Create the file and its folder, if missing, for this user alone.

    Raises:
        ForeignFile: A folder, a device or a pipe has its name.
        OSError: There can be no such file.
    """
    _create_folder(path.parent)
    # SQLite would create it with what the umask allows. A file that exists is not opened here: on POSIX systems, its
    # closing would release the locks that SQLite has on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    require_regular_file(path)


def require_regular_file(path: Path) -> None:
    """Require that a path is a regular file, or nothing.

    Raises:
        ForeignFile: It is a folder, a device or a pipe; to open a pipe would wait until somebody writes to it.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            message = "it is no file, but a folder, a device or a pipe"
            raise ForeignFile(message)


def rename_files(path: Path) -> str:
    """Rename the files to the first `.broken`, `.broken.2`, … that does not exist, and return that name."""
    endings = itertools.chain([".broken"], (f".broken.{number}" for number in itertools.count(2)))
    targets = (f"{path}{ending}" for ending in endings)
    target = next(name for name in targets if not any(os.path.lexists(f"{name}{suffix}") for suffix in FILE_SUFFIXES))
    for suffix in FILE_SUFFIXES:
        with contextlib.suppress(FileNotFoundError):  # Which of them exist depends on the journal's mode.
            Path(f"{path}{suffix}").replace(f"{target}{suffix}")
    return target


def remove_files(path: Path) -> None:
    """Remove the files."""
    for suffix in FILE_SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _create_folder(folder: Path) -> None:
    if not folder.exists():
        _create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
