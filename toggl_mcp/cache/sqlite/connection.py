"""The connections to one SQLite file that several processes share: a writer that waits, and a reader that does not."""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple, TypeVar

from toggl_mcp.cache.sqlite.files import (
    FILE_SUFFIXES,
    ForeignFile,
    Identity,
    connect,
    create_file,
    get_identity,
    lock_exclusively,
    remove_files,
    rename_files,
    require_no_foreign_files_beside,
    require_regular_file,
)
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
UNWRITTEN_CODES = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
"""A change could not be written: what the file holds may be outdated."""
APPLICATION_ID = int.from_bytes(b"tgmc", "big")
"""SQLite's mark of the program that a file belongs to: only a file that has it is opened, moved or removed."""


# In WAL mode, reads go on while another process writes, and a write takes a tenth of the time. But before 3.51.3 SQLite
# has a data race where two connections reset the log, so a rollback journal is used there. TRUNCATE empties it at each
# commit, which costs less than deleting and creating it.
JOURNAL_MODE = "WAL" if sqlite3.sqlite_version_info >= (3, 51, 3) else "TRUNCATE"


class CorruptFile(sqlite3.DatabaseError):
    """What was read is not what was written, or was written by something else."""


class Schema(NamedTuple):
    """The tables of a file, and the number of its format."""

    version: int
    tables: tuple[str, ...]


class SqliteFile:
    """Runs transactions on a file, opened at the first one and again after `close`.

    A corrupt file is renamed and recreated; a file that cannot be used, or belongs to another program, is replaced by
    memory. Either is logged. A file that a change could not be written to is removed, as others would read it.

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
            self._writer_identity = None
            self._in_memory = False

    def _run_transaction(self, begin: str, transaction_body: Callable[[sqlite3.Connection], T]) -> T:
        if not self._writer_lock.acquire(timeout=self._busy_timeout):
            raise self._busy_error()
        try:
            for attempt in range(1, MAX_ATTEMPTS + 1):
                try:
                    return self._transact_when_unlocked(begin, transaction_body)
                except ForeignFile as error:
                    self._fall_back_to_memory(error)
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
        if code in UNWRITTEN_CODES:
            self._remove_unwritten_file()
        elif not isinstance(error, OSError) and code not in ENVIRONMENT_CODES:
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
                broken = rename_files(self._path)
        except RECOVERABLE_ERRORS as rename_error:
            if _get_result_code(rename_error) in BUSY_CODES:
                raise self._busy_error() from rename_error
            return  # The next attempt fails in the same way, and the last one ends in memory.
        _log.warning("The cache file %s is corrupt (%s); it was moved to %s and recreated.", self._path, error, broken)

    def _remove_unwritten_file(self) -> None:
        """Remove the file, so that no other process reads what a change has made untrue; an empty cache is true."""
        if get_identity(self._path) == self._writer_identity:
            # What cannot be removed is on a file system that nobody can write to; the next attempt reports it.
            with contextlib.suppress(OSError):
                remove_files(self._path)

    def _fall_back_to_memory(self, error: Exception) -> None:
        self._in_memory = True
        if self.problem is None:
            self.problem = (
                f"The cache file {self._path} cannot be used ({error}), so this process keeps its cache in memory. "
                "Set TOGGL_MCP_CACHE to another file, in a writable folder with free disk space, or to memory; then "
                "restart."
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
        require_no_foreign_files_beside(self._path)
        create_file(self._path)
        # The identity comes first: if another file gets the name before this one is opened, the next check finds it.
        identity = get_identity(self._path)
        if identity != self._writer_identity:  # A file that was this program's before is so, even if it is corrupt now.
            require_own_file(self._path, self._schema)
        self._writer_identity = identity
        return open_writer(self._path, self._schema, min(BUSY_POLL_SECONDS, self._busy_timeout))

    def _get_reader(self) -> sqlite3.Connection:
        identity = get_identity(self._path)
        if identity != self._writer_identity:
            message = "only a writer examines whose file it is"
            raise OSError(message)
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


def require_own_file(path: Path, schema: Schema) -> None:
    """Require that a file is empty, or of this program and of a format up to the schema's.

    Raises:
        ForeignFile: It is not; it was not changed.
    """
    for suffix in FILE_SUFFIXES:
        require_regular_file(Path(f"{path}{suffix}"))
    if path.stat().st_size == 0:
        return
    try:
        # SQLite looks, because closing a file of one's own would release the locks that SQLite has on it in this
        # process; as immutable it is neither locked nor recovered from a journal.
        with contextlib.closing(connect(f"{path.as_uri()}?mode=ro&immutable=1", 0)) as db:
            # While another process lets the file grow, or after one was killed then, the first page counts more pages
            # than the file has. Without this, SQLite would call that malformed.
            db.execute("PRAGMA writable_schema = ON")
            ((application_id,),) = db.execute("PRAGMA application_id").fetchall()
            version = _get_user_version(db)
    except sqlite3.DatabaseError as error:
        if _get_result_code(error) in ENVIRONMENT_CODES:
            raise
        message = "it is not this program's, or too damaged to tell"
        raise ForeignFile(message) from error
    if application_id != APPLICATION_ID:
        message = "it is the database of another program"
        raise ForeignFile(message)
    if version > schema.version:
        message = "a later version of this program wrote it"
        raise ForeignFile(message)


def open_reader(path: Path, schema: Schema) -> sqlite3.Connection:
    """Return a connection that only reads.

    Raises:
        CorruptFile: The file has another format.
        sqlite3.Error: The file cannot be opened or read now.
    """
    # It waits 0 seconds for a lock: it is used on the thread of the event loop, where a wait would stop every call.
    db = connect(f"{path.as_uri()}?mode=ro", 0)
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
    db = connect(":memory:" if path is None else f"{path.as_uri()}?mode=rw", busy_timeout)
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


def _create_tables(db: sqlite3.Connection, schema: Schema) -> None:
    """Create the tables in an empty file, one process at a time."""
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("SELECT name FROM sqlite_master").fetchall():
        for table in schema.tables:
            db.execute(table)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
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
