"""One SQLite file for several processes: private, opened when needed, begun anew when it is damaged."""

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeVar

from toggl_mcp.errors import CacheBusy

T = TypeVar("T")

_log = logging.getLogger("toggl_mcp.cache")

_TRIES = 5
_GLIMPSE = 0.1
"""Seconds that SQLite waits for others before we look whether it is still worth it."""
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
_PARTS = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.

JOURNAL_MODE = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"  # Before, WAL has a data race.

Identity = tuple[int, int]
"""Tells one file from another that has taken its name."""


class Damaged(sqlite3.DatabaseError):
    """What was read is not what was written."""


class Schema(NamedTuple):
    """The tables of a file. A file with another version is not ours."""

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
        self._closing = threading.Event()
        self._db: sqlite3.Connection | None = None
        self._file: Identity | None = None
        self._in_memory = False
        self.problem: str | None = None
        """Why the file could not be used, and what to do about it; None while it can."""
        self._glance = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._reader_file: Identity | None = None

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
        """Close everything, and make who waits for another process give up; the next use opens it again."""
        self._closing.set()
        with self._step:
            self._closing.clear()
            self._let_go()
            self._in_memory = False

    def _run(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        if not self._step.acquire(timeout=self._patience):
            raise self._busy()
        try:
            for tries_left in reversed(range(_TRIES)):
                try:
                    return self._transact_patiently(begin, work)
                except _TROUBLE as error:
                    self._recover(error)
                    if not tries_left:
                        self._go_on_in_memory(error)
            return self._transact(begin, work)
        finally:
            self._step.release()

    def _transact_patiently(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Try until nobody else holds the file, the patience is at its end, or this is being closed."""
        give_up = time.monotonic() + self._patience
        while True:
            try:
                return self._transact(begin, work)
            except sqlite3.OperationalError as error:
                if _code(error) not in _BUSY or time.monotonic() >= give_up or self._closing.is_set():
                    raise

    def _transact(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        db = self._opened()
        with _transaction(db, begin):
            self._check_current()  # Somebody may have set the file aside while this waited for its turn.
            return work(db)

    def _check_current(self) -> None:
        if not self._in_memory and identity(self._path) != self._file:
            message = "another file has taken its name"
            raise OSError(message)

    def _recover(self, error: Exception) -> None:
        """Make another try worthwhile, or raise."""
        code = _code(error)
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
        """Free the name for a new file, unless somebody else has done so.

        Raises:
            CacheBusy: Another process is at it, and is not done within `patience`.
        """
        try:
            with alone(self._path, self._patience):  # Else a new file could take the name after this has looked.
                if identity(self._path) != self._file:
                    return
                self._rename()
        except _TROUBLE as trouble:
            if _code(trouble) in _BUSY:
                raise self._busy() from trouble
            return  # What stays is met again.
        _log.warning(
            "The cache %s was damaged (%s). It was renamed to end in .broken, and the cache started empty.",
            self._path,
            error,
        )

    def _rename(self) -> None:
        for part in _PARTS:
            with contextlib.suppress(FileNotFoundError):  # Most parts are not there.
                Path(f"{self._path}{part}").replace(f"{self._path}.broken{part}")

    def _go_on_in_memory(self, error: Exception) -> None:
        self._in_memory = True
        if self.problem is None:
            self.problem = (
                f"The cache {self._path} cannot be used ({error}), so this process keeps its cache in memory. Make "
                "sure that it is a file in a folder that can be written, with space left, or set "
                "TOGGL_MCP_CACHE=memory; then restart."
            )
            _log.warning("%s", self.problem)

    def _opened(self) -> sqlite3.Connection:
        if not self._in_memory and identity(self._path) != self._file:
            self._let_go()
        if self._db is None:
            self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        if self._in_memory:
            return writer(None, self._schema, _GLIMPSE)
        create(self._path)
        # The identity comes first: should another file take the name before it is opened, the next check notices.
        self._file = identity(self._path)
        return writer(self._path, self._schema, min(_GLIMPSE, self._patience))

    def _opened_reader(self) -> sqlite3.Connection:
        file = identity(self._path)
        if self._reader is None or file != self._reader_file:
            self._close_reader()
            self._reader_file = file
            self._reader = reader(self._path, self._schema)
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


def _code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Generator[None]:
    db.execute(begin)
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


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
