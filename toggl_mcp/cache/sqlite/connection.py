"""The connections to one SQLite file that several processes share: a writer that waits, and a reader that does not."""

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

MAX_ATTEMPTS = 5
"""Attempts at one transaction; after each, the file may have been replaced by a new one."""
BUSY_POLL_SECONDS = 0.1
"""Seconds that SQLite waits for a lock at a time, so that a store which is being closed stops waiting soon."""
RECOVERABLE_ERRORS = (OSError, sqlite3.Error, UnicodeDecodeError)
"""What reading and writing the file can raise; a UnicodeDecodeError comes from text that was altered."""
BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
"""Another connection holds a lock: the file is sound."""
ENVIRONMENT_CODES = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}
"""The disk, the folder or the memory is at fault: the file is sound, as far as can be said."""
FILE_SUFFIXES = ("-journal", "-wal", "-shm", "")  # The file comes last: a new one must not meet the old one's journal.

# In WAL mode, reads go on while another process writes, and a write takes a tenth of the time. But before 3.51.3 SQLite
# has a data race where two connections reset the log, so a rollback journal is used there. TRUNCATE empties it at each
# commit, which costs less than deleting and creating it.
JOURNAL_MODE = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"

Identity = tuple[int, int]
"""Device and inode: two files that had the same name one after the other differ in them."""


class CorruptFile(sqlite3.DatabaseError):
    """What was read is not what was written, or was written by something else."""


class Schema(NamedTuple):
    """The tables of a file, and the number of its format."""

    version: int
    tables: tuple[str, ...]


class SqliteFile:
    """Runs transactions on a file, opened at the first one and again after `close`.

    A corrupt file is renamed and recreated; a file that cannot be used is replaced by memory. Either is logged.

    Args:
        path: The file; it and its folder are created if missing.
        schema: Its tables.
        busy_timeout: Seconds to wait for a lock of another process.
    """

    def __init__(self, path: Path, schema: Schema, busy_timeout: float) -> None:
        self._path = path.absolute()
        self._schema = schema
        self._busy_timeout = busy_timeout
        self._writer_lock = threading.Lock()
        """Held by the one thread of this process that runs a transaction."""
        self._closing = threading.Event()
        self._writer: sqlite3.Connection | None = None
        self._writer_identity: Identity | None = None
        self._in_memory = False
        self.problem: str | None = None
        """Why the file could not be used, and what to do about it; None while it can."""
        self._reader_lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._reader_identity: Identity | None = None

    def try_read(self, query: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return the result of a query of one statement, or None where only `read` can get it.

        It is for the thread of the event loop, which must not wait: whatever goes wrong is left to `read`.
        """
        with self._reader_lock:
            try:
                return None if self._in_memory else query(self._get_reader())
            except RECOVERABLE_ERRORS:
                return None

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of a query in a transaction; for a worker thread.

        Raises:
            CacheBusy: Another process locked the file for longer than `busy_timeout`.
        """
        return self._run_transaction("BEGIN", query)

    def change(self, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        """Run a transaction that writes; its body may run more than once. For a worker thread.

        Raises:
            CacheBusy: Another process locked the file for longer than `busy_timeout`; nothing was changed.
        """
        # IMMEDIATE takes the write lock at once: of two transactions that read first and write later, SQLite would
        # let one fail without waiting.
        return self._run_transaction("BEGIN IMMEDIATE", transaction_body)

    def close(self) -> None:
        """Close both connections, and end the wait for a lock; the next use opens them again."""
        self._closing.set()
        with self._writer_lock:
            self._closing.clear()
            self._close_connections()
            self._in_memory = False

    def _run_transaction(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        if not self._writer_lock.acquire(timeout=self._busy_timeout):
            raise self._busy_error()
        try:
            for attempt in range(1, MAX_ATTEMPTS + 1):
                try:
                    return self._transact_when_unlocked(begin, transaction_body)
                except RECOVERABLE_ERRORS as error:
                    self._recover(error)
                    if attempt == MAX_ATTEMPTS:
                        self._fall_back_to_memory(error)
            return self._transact(begin, transaction_body)
        finally:
            self._writer_lock.release()

    def _transact_when_unlocked(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        """Run a transaction as soon as no other process holds a lock, within `busy_timeout`."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                return self._transact(begin, transaction_body)
            except sqlite3.OperationalError as error:
                if _get_result_code(error) not in BUSY_CODES or time.monotonic() >= deadline or self._closing.is_set():
                    raise

    def _transact(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        writer = self._get_writer()
        with _transaction(writer, begin):
            self._require_same_file()  # Another process may have renamed it while this one waited for the lock.
            return transaction_body(writer)

    def _require_same_file(self) -> None:
        if not self._in_memory and get_identity(self._path) != self._writer_identity:
            message = "another file has the name of the cache now"
            raise OSError(message)

    def _recover(self, error: Exception) -> None:
        """Prepare another attempt, or raise the error that none can prevent."""
        code = _get_result_code(error)
        if self._in_memory:
            raise error
        if code in BUSY_CODES:
            raise self._busy_error() from error
        self._close_connections()
        if not isinstance(error, OSError) and code not in ENVIRONMENT_CODES:
            self._replace_corrupt_file(error)

    def _busy_error(self) -> CacheBusy:
        return CacheBusy(
            f"Another process has locked the cache file for more than {self._busy_timeout:g} seconds. Try again; "
            "if this persists, end the other process or set TOGGL_MCP_CACHE=memory."
        )

    def _replace_corrupt_file(self, error: Exception) -> None:
        """Rename the file, so that the next attempt creates a new one, unless another process has done so.

        Raises:
            CacheBusy: Another process is doing so, and has not finished within `busy_timeout`.
        """
        try:
            # Without the lock, a sound file that another process has just created could be the one that is renamed.
            with lock_exclusively(self._path, self._busy_timeout):
                if get_identity(self._path) != self._writer_identity:
                    return
                self._rename_files()
        except RECOVERABLE_ERRORS as rename_error:
            if _get_result_code(rename_error) in BUSY_CODES:
                raise self._busy_error() from rename_error
            return  # The next attempt fails in the same way, and the last one ends in memory.
        _log.warning(
            "The cache file %s is corrupt (%s); it was moved to %s.broken and recreated.", self._path, error, self._path
        )

    def _rename_files(self) -> None:
        for suffix in FILE_SUFFIXES:
            with contextlib.suppress(FileNotFoundError):  # Which of them exist depends on the journal's mode.
                Path(f"{self._path}{suffix}").replace(f"{self._path}.broken{suffix}")

    def _fall_back_to_memory(self, error: Exception) -> None:
        self._in_memory = True
        if self.problem is None:
            self.problem = (
                f"The cache file {self._path} cannot be used ({error}), so this process keeps its cache in memory. "
                "Check that it is a file in a writable folder with free disk space, or set TOGGL_MCP_CACHE=memory; "
                "then restart."
            )
            _log.warning("%s", self.problem)

    def _get_writer(self) -> sqlite3.Connection:
        if not self._in_memory and get_identity(self._path) != self._writer_identity:
            self._close_connections()
        if self._writer is None:
            self._writer = self._open()
        return self._writer

    def _open(self) -> sqlite3.Connection:
        if self._in_memory:
            return open_writer(None, self._schema, BUSY_POLL_SECONDS)
        create_file(self._path)
        # The identity comes first: if another file gets the name before this one is opened, the next check finds it.
        self._writer_identity = get_identity(self._path)
        return open_writer(self._path, self._schema, min(BUSY_POLL_SECONDS, self._busy_timeout))

    def _get_reader(self) -> sqlite3.Connection:
        identity = get_identity(self._path)
        if self._reader is None or identity != self._reader_identity:
            self._close_reader()
            self._reader_identity = identity
            self._reader = open_reader(self._path, self._schema)
        return self._reader

    def _close_connections(self) -> None:
        with self._reader_lock:
            self._close_reader()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _get_result_code(error: Exception) -> int:
    """Return SQLite's primary result code; an error without one counts as corruption."""
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
    """Return which file has this name; None if there is none, or it cannot be looked up."""
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
    # SQLite would create it with what the umask allows. A file that exists is not opened here: on POSIX systems, its
    # closing would release the locks that SQLite has on it in this process.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextlib.contextmanager
def lock_exclusively(path: Path, busy_timeout: float) -> Generator[None]:
    """Hold a lock on a path that one process has at a time; the system releases it when the process ends.

    Raises:
        OSError, sqlite3.Error: The lock, a file beside the path, is not to be had within `busy_timeout` seconds.
    """
    lock = Path(f"{path}.lock")
    create_file(lock)
    with contextlib.closing(_connect(f"{lock.as_uri()}?mode=rw", busy_timeout)) as db:
        db.execute("BEGIN EXCLUSIVE")
        yield


def open_reader(path: Path, schema: Schema) -> sqlite3.Connection:
    """Return a connection that only reads.

    Raises:
        CorruptFile: The file has another format.
        sqlite3.Error: The file cannot be opened or read now.
    """
    # It waits 0 seconds for a lock: it is used on the thread of the event loop, where a wait would stop every call.
    db = _connect(f"{path.as_uri()}?mode=ro", 0)
    with _close_on_error(db):
        _check_version(db, schema)
    return db


def open_writer(path: Path | None, schema: Schema, busy_timeout: float) -> sqlite3.Connection:
    """Return a connection to an existing file, or to memory (None), with the tables created.

    It waits `busy_timeout` seconds for a lock.

    Raises:
        CorruptFile: The file has another format.
        sqlite3.Error: The file cannot be opened, or another process has locked it.
    """
    db = _connect(":memory:" if path is None else f"{path.as_uri()}?mode=rw", busy_timeout)
    with _close_on_error(db):
        # No fsync: what a killed process has committed is with the system, and is not lost. A power cut can leave pages
        # half written; the checksums find that, and a cache can start empty.
        db.execute("PRAGMA synchronous = OFF")
        if _get_user_version(db) != schema.version:
            _create_tables(db, schema)
        _check_version(db, schema)
        with contextlib.suppress(sqlite3.OperationalError):  # While others use the file, it keeps the mode it has.
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
    # Transactions begin where the code says so, not where sqlite3 would. A connection is used by several threads, one
    # at a time: a lock of SqliteFile sees to that.
    db = sqlite3.connect(uri, timeout=busy_timeout, isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA cell_size_check = ON")  # Finds a corrupt page when it is read, rather than later.
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
    if _get_user_version(db) != schema.version:
        message = "it has another format"
        raise CorruptFile(message)


def _get_user_version(db: sqlite3.Connection) -> int:
    # fetchall ends the statement; an open one would keep a lock on the file.
    ((version,),) = db.execute("PRAGMA user_version").fetchall()
    return version
