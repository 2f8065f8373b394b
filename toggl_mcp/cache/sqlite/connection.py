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

MAX_TRIES = 5
BUSY_POLL_SECONDS = 0.1
"""Seconds that SQLite waits for others before we look whether it is still worth it."""
RECOVERABLE_ERRORS = (OSError, sqlite3.Error, UnicodeDecodeError)
BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
ENVIRONMENT_CODES = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
FILE_SUFFIXES = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.

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
    `busy_timeout` is how many seconds to wait for other processes.
    """

    def __init__(self, path: Path, schema: Schema, busy_timeout: float) -> None:
        self._path = path.absolute()
        self._schema = schema
        self._busy_timeout = busy_timeout
        self._writer_lock = threading.Lock()
        self._closing = threading.Event()
        self._db: sqlite3.Connection | None = None
        self._file: Identity | None = None
        self._in_memory = False
        self.problem: str | None = None
        """Why the file could not be used, and what to do about it; None while it can."""
        self._reader_lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._reader_file: Identity | None = None

    def try_read(self, query: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what one statement sees, without waiting for anybody; None when only `read` can tell."""
        with self._reader_lock:
            try:
                return None if self._in_memory else query(self._get_reader())
            except RECOVERABLE_ERRORS:
                return None

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a transaction sees; for a worker thread.

        Raises:
            CacheBusy: Another process held the file for longer than `busy_timeout`.
        """
        return self._run("BEGIN", query)

    def change(self, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        """Change the file in one transaction, which may be tried more than once; for a worker thread.

        Raises:
            CacheBusy: Another process held the file for longer than `busy_timeout`; nothing was changed.
        """
        return self._run("BEGIN IMMEDIATE", transaction_body)

    def close(self) -> None:
        """Close everything, and make who waits for another process give up; the next use opens it again."""
        self._closing.set()
        with self._writer_lock:
            self._closing.clear()
            self._close_connections()
            self._in_memory = False

    def _run(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        if not self._writer_lock.acquire(timeout=self._busy_timeout):
            raise self._busy_error()
        try:
            for remaining_tries in reversed(range(MAX_TRIES)):
                try:
                    return self._transact_when_free(begin, transaction_body)
                except RECOVERABLE_ERRORS as error:
                    self._recover(error)
                    if not remaining_tries:
                        self._fall_back_to_memory(error)
            return self._transact(begin, transaction_body)
        finally:
            self._writer_lock.release()

    def _transact_when_free(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        """Try until nobody else holds the file, the patience is at its end, or this is being closed."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                return self._transact(begin, transaction_body)
            except sqlite3.OperationalError as error:
                if _code(error) not in BUSY_CODES or time.monotonic() >= deadline or self._closing.is_set():
                    raise

    def _transact(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        db = self._get_writer()
        with _transaction(db, begin):
            self._check_current()  # Somebody may have set the file aside while this waited for its turn.
            return transaction_body(db)

    def _check_current(self) -> None:
        if not self._in_memory and get_identity(self._path) != self._file:
            message = "another file has taken its name"
            raise OSError(message)

    def _recover(self, error: Exception) -> None:
        """Make another try worthwhile, or raise."""
        code = _code(error)
        if self._in_memory:
            raise error
        if code in BUSY_CODES:
            raise self._busy_error() from error
        self._close_connections()
        if not isinstance(error, OSError) and code not in ENVIRONMENT_CODES:
            self._set_aside(error)

    def _busy_error(self) -> CacheBusy:
        return CacheBusy(
            f"Another process has held the cache for more than {self._busy_timeout:g} seconds. Try again; "
            "if this persists, end the other process or set TOGGL_MCP_CACHE=memory."
        )

    def _set_aside(self, error: Exception) -> None:
        """Free the name for a new file, unless somebody else has done so.

        Raises:
            CacheBusy: Another process is at it, and is not done within `busy_timeout`.
        """
        try:
            with lock_exclusively(
                self._path, self._busy_timeout
            ):  # Else a new file could take the name after this has looked.
                if get_identity(self._path) != self._file:
                    return
                self._rename()
        except RECOVERABLE_ERRORS as failure:
            if _code(failure) in BUSY_CODES:
                raise self._busy_error() from failure
            return  # What stays is met again.
        _log.warning(
            "The cache %s was damaged (%s). It was renamed to end in .broken, and the cache started empty.",
            self._path,
            error,
        )

    def _rename(self) -> None:
        for part in FILE_SUFFIXES:
            with contextlib.suppress(FileNotFoundError):  # Most parts are not there.
                Path(f"{self._path}{part}").replace(f"{self._path}.broken{part}")

    def _fall_back_to_memory(self, error: Exception) -> None:
        self._in_memory = True
        if self.problem is None:
            self.problem = (
                f"The cache {self._path} cannot be used ({error}), so this process keeps its cache in memory. Make "
                "sure that it is a file in a folder that can be written, with space left, or set "
                "TOGGL_MCP_CACHE=memory; then restart."
            )
            _log.warning("%s", self.problem)

    def _get_writer(self) -> sqlite3.Connection:
        if not self._in_memory and get_identity(self._path) != self._file:
            self._close_connections()
        if self._db is None:
            self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        if self._in_memory:
            return open_writer(None, self._schema, BUSY_POLL_SECONDS)
        create_file(self._path)
        # The identity comes first: should another file take the name before it is opened, the next check notices.
        self._file = get_identity(self._path)
        return open_writer(self._path, self._schema, min(BUSY_POLL_SECONDS, self._busy_timeout))

    def _get_reader(self) -> sqlite3.Connection:
        file = get_identity(self._path)
        if self._reader is None or file != self._reader_file:
            self._close_reader()
            self._reader_file = file
            self._reader = open_reader(self._path, self._schema)
        return self._reader

    def _close_connections(self) -> None:
        with self._reader_lock:
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


def get_identity(path: Path) -> Identity | None:
    """Return which file has this name; None when none can be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def create_file(path: Path) -> None:
    """Create the file and its folder, if missing, for this user alone.

    Raises:
        OSError: There can be no such file.
    """
    _create_folder(path.parent)
    # SQLite would let the umask decide. A file that is there is not opened: to close it would end SQLite's locks on it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextlib.contextmanager
def lock_exclusively(path: Path, busy_timeout: float) -> Generator[None]:
    """Let in one at a time, of all processes that ask with this path; one that is killed lets the next one in.

    Raises:
        OSError, sqlite3.Error: The lock, a file beside it, cannot be had, or not within `busy_timeout` seconds.
    """
    lock = Path(f"{path}.lock")
    create_file(lock)
    with contextlib.closing(_connect(f"{lock.as_uri()}?mode=rw", busy_timeout)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield


def open_reader(path: Path, schema: Schema) -> sqlite3.Connection:
    """Return a connection that only reads, and never waits.

    Raises:
        Damaged: The file has other tables.
        sqlite3.Error: The file cannot be opened or read now.
    """
    db = _connect(f"{path.as_uri()}?mode=ro", 0)
    with _close_on_error(db):
        _check_version(db, schema)
    return db


def open_writer(path: Path | None, schema: Schema, busy_timeout: float) -> sqlite3.Connection:
    """Return a connection to a file that exists, or to memory, with the tables in place.

    It waits `busy_timeout` seconds for others.

    Raises:
        Damaged: The file has other tables.
        sqlite3.Error: The file cannot be opened, or is held by another process.
    """
    db = _connect(":memory:" if path is None else f"{path.as_uri()}?mode=rw", busy_timeout)
    with _close_on_error(db):
        db.execute("PRAGMA synchronous = OFF")  # A killed process loses nothing; after a power cut checksums decide.
        if _version(db) != schema.version:
            _create_tables(db, schema)
        _check_version(db, schema)
        with contextlib.suppress(sqlite3.OperationalError):  # While others hold it open, their mode is good enough.
            db.execute(f"PRAGMA journal_mode = {JOURNAL_MODE}")
    return db


@contextlib.contextmanager
def _close_on_error(db: sqlite3.Connection) -> Generator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def _create_folder(folder: Path) -> None:
    if not folder.exists():
        _create_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _connect(uri: str, busy_timeout: float) -> sqlite3.Connection:
    db = sqlite3.connect(uri, timeout=busy_timeout, isolation_level=None, check_same_thread=False, uri=True)
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


def _check_version(db: sqlite3.Connection, schema: Schema) -> None:
    if _version(db) != schema.version:
        message = "it is of another version"
        raise Damaged(message)


def _version(db: sqlite3.Connection) -> int:
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return version
