"""One SQLite file for several processes: private, opened when needed, begun anew when it is damaged."""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeVar

from toggl_mcp.errors import CacheBusy

T = TypeVar("T")

_Identity = tuple[int, int]
_log = logging.getLogger("toggl_mcp.cache")

_TRIES = 3
_TROUBLE = (OSError, sqlite3.Error, UnicodeDecodeError)
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_SURROUNDINGS = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
_JOURNAL_MODE = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"  # Before, WAL has a data race.
_PARTS = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.


class Damaged(sqlite3.DatabaseError):
    """What was read is not what was written."""


class Schema(NamedTuple):
    """The tables of a file. A file with another version is another program's, and is set aside."""

    version: int
    tables: tuple[str, ...]


class SqliteFile:
    """Runs transactions on a file, whatever becomes of it.

    A damaged file is set aside, and one that cannot be used is replaced by memory; either is said on the log.
    `patience` is how many seconds to wait for other processes.
    """

    def __init__(self, path: Path, schema: Schema, patience: float) -> None:
        self._path = path.absolute()
        self._schema = schema
        self._patience = patience
        self._step = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: _Identity | None = None
        self._in_memory = False
        self._warned = False
        self._glance = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._reader_file: _Identity | None = None

    def glance(self, look: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what one statement sees, without waiting for anybody; None when only `read` can tell."""
        with self._glance:
            try:
                return None if self._in_memory else look(self._opened_reader())
            except _TROUBLE:
                return None

    def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a transaction sees; for a worker thread.

        Raises:
            CacheBusy: Another process held the file for longer than `patience`.
        """
        return self._run("BEGIN", look)

    def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Change the file in one transaction, which may be tried more than once; for a worker thread.

        Raises:
            CacheBusy: Another process held the file for longer than `patience`; nothing was changed.
        """
        return self._run("BEGIN IMMEDIATE", work)

    def close(self) -> None:
        """Close everything; the next use opens it again."""
        with self._step:
            self._let_go()
            self._in_memory = False

    def _run(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        if not self._step.acquire(timeout=self._patience):
            raise self._busy()
        try:
            for _ in range(_TRIES):
                try:
                    return self._transact(begin, work)
                except _TROUBLE as error:
                    trouble = error
                    self._recover(error)
            self._go_on_in_memory(trouble)
            return self._transact(begin, work)
        finally:
            self._step.release()

    def _transact(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._opened()
        with _transaction(db, begin):
            self._check_current()  # Somebody may have set the file aside while this waited for its turn.
            return work(db)

    def _check_current(self) -> None:
        if not self._in_memory and _identity(self._path) != self._file:
            message = "another file has taken its name"
            raise OSError(message)

    def _recover(self, error: Exception) -> None:
        """Make another try worthwhile, or raise."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if self._in_memory:
            raise error
        if code in _BUSY:
            raise self._busy() from error
        self._let_go()
        if not isinstance(error, OSError) and code not in _SURROUNDINGS:
            self._set_aside(error)

    def _busy(self) -> CacheBusy:
        return CacheBusy(
            f"Another process has held the cache for more than {self._patience:g} seconds. Try again; "
            "if this persists, end the other process or set TOGGL_MCP_CACHE=memory."
        )

    def _set_aside(self, error: Exception) -> None:
        """Free the name for a new file, unless somebody else has done so."""
        if _identity(self._path) != self._file:
            return
        for part in _PARTS:
            with contextlib.suppress(OSError):  # Most parts are not there, and one that stays is met again.
                Path(f"{self._path}{part}").replace(f"{self._path}.broken{part}")
        _log.warning(
            "The cache %s was damaged (%s). It was renamed to end in .broken, and the cache started empty.",
            self._path,
            error,
        )

    def _go_on_in_memory(self, error: Exception) -> None:
        self._in_memory = True
        if not self._warned:
            self._warned = True
            _log.warning(
                "The cache %s cannot be used (%s), so this process keeps its cache in memory. Make sure that it is "
                "a file in a folder that can be written, with space left, or set TOGGL_MCP_CACHE=memory; then restart.",
                self._path,
                error,
            )

    def _opened(self) -> sqlite3.Connection:
        if not self._in_memory and _identity(self._path) != self._file:
            self._let_go()
        if self._db is None:
            self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        if self._in_memory:
            return _prepared(_connect(":memory:", self._patience), self._schema)
        _create(self._path)
        # The identity comes first: should another file take the name before it is opened, the next check notices.
        self._file = _identity(self._path)
        return _prepared(_connect(f"{self._path.as_uri()}?mode=rw", self._patience), self._schema)

    def _opened_reader(self) -> sqlite3.Connection:
        file = _identity(self._path)
        if self._reader is None or file != self._reader_file:
            self._close_reader()
            self._reader_file = file
            self._reader = _connect(f"{self._path.as_uri()}?mode=ro", 0)
        return self._reader

    def _let_go(self) -> None:
        with self._glance:
            self._close_reader()
        if self._db is not None:
            self._db.close()
            self._db = None

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Generator[None]:
    db.execute(begin)
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _connect(uri: str, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(uri, timeout=patience, isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA cell_size_check = ON")
    return db


def _prepared(db: sqlite3.Connection, schema: Schema) -> sqlite3.Connection:
    try:
        db.execute("PRAGMA synchronous = NORMAL")
        _check_schema(db, schema)
        with contextlib.suppress(sqlite3.OperationalError):  # Others use it in the mode that it has: so do we.
            db.execute(f"PRAGMA journal_mode = {_JOURNAL_MODE}")
    except BaseException:
        db.close()
        raise
    return db


def _check_schema(db: sqlite3.Connection, schema: Schema) -> None:
    if _version(db) == schema.version:
        return
    with _transaction(db, "BEGIN IMMEDIATE"):
        if not db.execute("SELECT name FROM sqlite_master").fetchall():
            for table in schema.tables:
                db.execute(table)
            db.execute(f"PRAGMA user_version = {schema.version}")
    if _version(db) != schema.version:
        message = "it is of another version"
        raise Damaged(message)


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return version


def _create(path: Path) -> None:
    """Create the file before SQLite would, so that nobody else may read it; one that is there is not touched."""
    _create_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _create_folder(folder: Path) -> None:
    if not folder.exists():
        _create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _identity(path: Path) -> _Identity | None:
    """Tell one file from another that has taken its name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
