"""The files of the cache on the disk: which there are, and how they are created, renamed and removed."""

import contextlib
import itertools
import os
import sqlite3
import stat
import struct
from collections.abc import Generator
from pathlib import Path

FILE_SUFFIXES = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.
_FIRST_BYTES = {
    "-journal": (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",),
    "-wal": (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"),
    "-shm": (struct.pack("=I", 3007000),),
}
"""What SQLite's own files beside a database begin with (https://sqlite.org/fileformat2.html, walformat.html)."""
_HEADER_SIZE = 28
"""Bytes of the shortest header of these files: of a journal that was committed, all of it are zeros."""
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


def require_no_foreign_files_beside(path: Path) -> None:
    """Require that files which SQLite would take for those of a missing or empty file are SQLite's: it deletes them.

    Raises:
        ForeignFile: One of them is something else; it was not changed.
    """
    if get_size(path):
        return
    for suffix, beginnings in _FIRST_BYTES.items():
        file = Path(f"{path}{suffix}")
        require_regular_file(file)
        if get_size(file):
            with file.open("rb") as stream:
                first_bytes = stream.read(_HEADER_SIZE)
            if any(first_bytes) and not first_bytes.startswith(beginnings):
                message = f"{file.name} beside it is not this program's, and would be deleted"
                raise ForeignFile(message)


def get_size(path: Path) -> int:
    """Return the bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


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


def connect(uri: str, busy_timeout: float) -> sqlite3.Connection:
    """Return a connection to a file, which waits `busy_timeout` seconds for a lock."""
    # Transactions begin where the code says so, not where sqlite3 would. A connection is used by several threads, one
    # at a time: a lock of SqliteFile sees to that.
    db = sqlite3.connect(uri, timeout=busy_timeout, isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA cell_size_check = ON")  # Finds a corrupt page when it is read, rather than later.
    return db


@contextlib.contextmanager
def lock_exclusively(path: Path, busy_timeout: float) -> Generator[None]:
    """Hold a lock on a path that one process has at a time; the system releases it when the process ends.

    Raises:
        OSError, sqlite3.Error: The lock, a file beside the path, is not to be had within `busy_timeout` seconds.
    """
    lock = Path(f"{path}.lock")
    create_file(lock)
    with contextlib.closing(connect(f"{lock.as_uri()}?mode=rw", busy_timeout)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")  # Nothing is written, so no journal has to be left behind.
        db.execute("BEGIN EXCLUSIVE")
        yield


def _create_folder(folder: Path) -> None:
    if not folder.exists():
        _create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
