"""Opening a SQLite file: nobody else may read it, and it has our tables."""

import contextlib
import os
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

JOURNAL_MODE = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"  # Before, WAL has a data race.

Identity = tuple[int, int]
"""Tells one file from another that has taken its name."""


class Damaged(sqlite3.DatabaseError):
    """What was read is not what was written."""


class Schema(NamedTuple):
    """The tables of a file. A file with another version is not ours."""

    version: int
    tables: tuple[str, ...]


def identity(path: Path) -> Identity | None:
    """Return which file has this name; None when none can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def create(path: Path) -> None:
    """Create the file and its folder, if missing, for this user alone.

    Raises:
        OSError: There can be no such file.
    """
    _create_folder(path.parent)
    # SQLite would let the umask decide. A file that is there is not opened: to close it would end SQLite's locks on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextlib.contextmanager
def alone(path: Path, patience: float) -> Generator[None]:
    """Let in one at a time, of all processes that ask with this path; one that is killed lets the next one in.

    Raises:
        OSError, sqlite3.Error: The lock, a file beside it, cannot be had, or not within `patience` seconds.
    """
    lock = Path(f"{path}.lock")
    create(lock)
    with contextlib.closing(_connect(f"{lock.as_uri()}?mode=rw", patience)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield


def reader(path: Path, schema: Schema) -> sqlite3.Connection:
    """Return a connection that only reads, and never waits.

    Raises:
        Damaged: The file has other tables.
        sqlite3.Error: The file cannot be opened or read now.
    """
    db = _connect(f"{path.as_uri()}?mode=ro", 0)
    with _closed_on_error(db):
        _check(db, schema)
    return db


def writer(path: Path | None, schema: Schema, patience: float) -> sqlite3.Connection:
    """Return a connection to a file that exists, or to memory, with the tables in place.

    It waits `patience` seconds for others.

    Raises:
        Damaged: The file has other tables.
        sqlite3.Error: The file cannot be opened, or is held by another process.
    """
    db = _connect(":memory:" if path is None else f"{path.as_uri()}?mode=rw", patience)
    with _closed_on_error(db):
        db.execute("PRAGMA synchronous = OFF")  # A killed process loses nothing; after a power cut checksums decide.
        if _version(db) != schema.version:
            _create_tables(db, schema)
        _check(db, schema)
        with contextlib.suppress(sqlite3.OperationalError):  # While others hold it open, their mode is good enough.
            db.execute(f"PRAGMA journal_mode = {JOURNAL_MODE}")
    return db


@contextlib.contextmanager
def _closed_on_error(db: sqlite3.Connection) -> Generator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def _create_folder(folder: Path) -> None:
    if not folder.exists():
        _create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _connect(uri: str, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(uri, timeout=patience, isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA cell_size_check = ON")
    return db


def _create_tables(db: sqlite3.Connection, schema: Schema) -> None:
    """Create the tables in an empty file, one process at a time."""
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("SELECT name FROM sqlite_master").fetchall():
        for table in schema.tables:
            db.execute(table)
        db.execute(f"PRAGMA user_version = {schema.version}")
    db.commit()


def _check(db: sqlite3.Connection, schema: Schema) -> None:
    if _version(db) != schema.version:
        message = "it is of another version"
        raise Damaged(message)


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return version
