"""The connections to one Redis or Valkey server, and the transactions on them.

A transaction is optimistic: it watches what it reads, decides in Python, and is run again if another client has changed
any of that before its commands were executed together. So a decision is written once, for every store.
"""

import random
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar, cast

import redis
from redis.connection import Connection, SSLConnection
from redis.exceptions import NoPermissionError, OutOfMemoryError

from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.errors import CacheBusy

T = TypeVar("T")

TIMEOUT_SECONDS = 1.0
"""Seconds to wait for the server: a call loses at most one connection and one response to a server that hangs."""
MAX_ATTEMPTS = 100
"""Attempts at one transaction; of those that meet, one succeeds each time."""
MAX_BACKOFF_SECONDS = 0.02
GENERATION_BYTES = 8
GENERATION_SECONDS = 30 * 24 * 3600
"""Seconds that a generation lasts; then every list is read from Toggl once."""

Command = tuple[bytes | int | float, ...]
Reply = bytes | int | None | list["Reply"] | redis.ResponseError
BuildCommands = Callable[[bytes], Sequence[Command]]
"""Returns the commands of a read; its argument is the name of the snapshots that are believed."""


class ServerUnavailable(Exception):
    """The server cannot be used now; the message says why, in words that hold nothing of a URL or a value."""


class _Conflict(Exception):
    """Another client has changed what a transaction has read, or the server has another generation."""


class _Wire(Protocol):
    """The part of redis-py's connection that is used: it neither repeats nor reconnects behind our back."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def can_read(self, timeout: float = 0) -> bool: ...
    def pack_commands(self, commands: Sequence[Command]) -> object: ...
    def send_packed_command(self, command: object) -> None: ...
    def read_response(self) -> Reply: ...


class _Session:
    """One connection, and the generation of the snapshots on its server.

    The generation is stored beside the snapshots, and names them. It begins with the server's own id of its run. After
    a restart, a failover or a flush, the last writes may be lost: then the next session begins another generation, and
    nobody reads a former one. Each step checks that it has not changed.
    """

    def __init__(self, address: RedisAddress, generation_key: bytes) -> None:
        self._wire = _connect(address)
        self._generation_key = generation_key
        self._generation = b""
        self._run_id = b""

    @property
    def generation(self) -> bytes:
        """The name of the snapshots that are believed."""
        return self._generation[-2 * GENERATION_BYTES :]

    def open(self) -> None:
        """Connect, log in, and read which run of the server this is, unless that is done."""
        if self._run_id:
            return
        with _describe_errors():
            self._wire.connect()
        (info,) = self.execute([(b"INFO", b"server")])
        lines = info.splitlines() if isinstance(info, bytes) else []
        self._run_id = next((line.removeprefix(b"run_id:") for line in lines if line.startswith(b"run_id:")), b"")
        if not self._run_id:
            message = "it does not tell its run_id"
            raise ServerUnavailable(message)

    def close(self) -> None:
        self._wire.disconnect()

    def is_broken(self) -> bool:
        """Return whether the server has closed the connection, or sent what nobody waits for."""
        try:
            return self._wire.can_read()
        except (redis.RedisError, OSError):
            return True

    def execute(self, commands: Sequence[Command]) -> list[Reply]:
        """Send commands together, and return their replies.

        Raises:
            ServerUnavailable: The server does not answer, or refuses one.
            _Conflict: A key had a value of another type, and was removed.
        """
        with _describe_errors():
            self._wire.send_packed_command(self._wire.pack_commands(commands))
            replies = [self._read_reply() for _ in commands]
        self._check_replies(commands, replies)
        return replies

    def query(self, commands: Sequence[Command], *watched_keys: bytes) -> list[Reply]:
        """Return the replies to commands that read the current generation.

        Raises:
            _Conflict: There is another one by now.
        """
        watch: list[Command] = [(b"WATCH", self._generation_key, *watched_keys)] if watched_keys else []
        replies = self.execute([*watch, (b"GET", self._generation_key), *commands])[len(watch) :]
        if replies[0] != self._generation:
            self._adopt_generation()
            raise _Conflict
        return replies[1:]

    def commit(self, commands: Sequence[Command]) -> None:
        """Execute commands together.

        Raises:
            _Conflict: What is watched has changed, and none was executed; or a key had a value of another type, and was
                removed: then the others were executed.
        """
        result = self.execute([(b"MULTI",), *commands, (b"EXEC",)])[-1]
        if result is None:
            raise _Conflict
        self._check_replies(commands, result if isinstance(result, list) else [])

    def _adopt_generation(self) -> None:
        """Take over the stored generation, or begin another one if this run of the server has none."""
        key = self._generation_key
        value = self.execute([(b"UNWATCH",), (b"WATCH", key), (b"GET", key)])[-1]
        if isinstance(value, bytes) and value.startswith(self._run_id):
            self._generation = value
            self.execute([(b"UNWATCH",)])
        else:
            value = self._run_id + secrets.token_hex(GENERATION_BYTES).encode()
            # Not renewed: each renewal would count as a change of what all transactions watch.
            self.commit([(b"SET", key, value, b"EX", GENERATION_SECONDS)])

    def _check_replies(self, commands: Sequence[Command], replies: list[Reply]) -> None:
        foreign_keys = [
            cast("bytes", command[1])
            for command, reply in zip(commands, replies, strict=False)
            if isinstance(reply, redis.ResponseError) and str(reply).startswith("WRONGTYPE")
        ]
        if foreign_keys:  # All keys with our prefix are ours, so what another program put there goes.
            self.execute([(b"UNLINK", *foreign_keys), (b"UNWATCH",)])
            raise _Conflict
        for reply in replies:
            if isinstance(reply, redis.ResponseError):
                raise ServerUnavailable(_describe(reply)) from reply

    def _read_reply(self) -> Reply:
        try:
            return self._wire.read_response()
        except redis.ResponseError as error:
            return error


class Transaction:
    """What one attempt at a transaction has read, and will execute."""

    def __init__(self, session: _Session) -> None:
        self._session = session
        self._commands: list[Command] = []

    @property
    def generation(self) -> bytes:
        """The name of the snapshots that are believed."""
        return self._session.generation

    def read(self, *commands: Command) -> list[Reply]:
        """Watch the keys of these commands, and return their replies."""
        keys = [cast("bytes", command[1]) for command in commands if len(command) > 1]
        return self._session.query(commands, *keys) if commands else []

    def add(self, *commands: Command) -> None:
        """Add commands that are executed together at the end."""
        self._commands += commands

    def commit(self) -> None:
        """Execute the commands, or end the watch if there are none."""
        if self._commands:
            self._session.commit(self._commands)
        else:
            self._session.execute([(b"UNWATCH",)])


class RedisServer:
    """Runs steps on a server; threads may share it.

    Each method raises ServerUnavailable if the server cannot be used, and CacheBusy if others were faster each time.
    """

    def __init__(self, address: RedisAddress, generation_key: bytes) -> None:
        self._address = address
        self._generation_key = generation_key
        self._lock = threading.Lock()
        self._idle: list[_Session] = []
        self._failures = 0
        self._change_lock = threading.Lock()
        """Held by the one thread that runs a transaction: those of one process need not compete."""

    def read(self, build_commands: BuildCommands) -> list[Reply]:
        """Return the replies to commands; in one round trip."""
        return self._attempt(lambda session: session.query(build_commands(session.generation)))

    def read_all(self, reads: Sequence[BuildCommands]) -> list[list[Reply]]:
        """Return the replies to each of several reads; in one round trip, and each command is sent once."""

        def run(session: _Session) -> list[list[Reply]]:
            groups = [build_commands(session.generation) for build_commands in reads]
            commands = [*dict.fromkeys(command for group in groups for command in group)]
            replies = dict(zip(commands, session.query(commands), strict=True))
            return [[replies[command] for command in group] for group in groups]

        return self._attempt(run)

    def change(self, transaction_body: Callable[[Transaction], T]) -> T:
        """Run a transaction; its body may run more than once."""

        def run(session: _Session) -> T:
            transaction = Transaction(session)
            result = transaction_body(transaction)
            transaction.commit()
            return result

        failures = self._failures
        with self._change_lock:
            if self._failures != failures:  # A server that hangs costs one thread its time, not each that waits.
                raise ServerUnavailable(_describe(redis.TimeoutError()))
            return self._attempt(run)

    def close(self) -> None:
        """Close the connections that nobody uses; the next step opens another."""
        with self._lock:
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()

    def _attempt(self, step: Callable[[_Session], T]) -> T:
        for attempt in range(MAX_ATTEMPTS):
            try:
                with self._use_session() as session:
                    return step(session)
            except _Conflict:
                time.sleep(random.uniform(0, min(0.001 * attempt, MAX_BACKOFF_SECONDS)))  # noqa: S311 - no secret
        message = f"Other processes changed the same cached data {MAX_ATTEMPTS} times meanwhile. Try again."
        raise CacheBusy(message)

    @contextmanager
    def _use_session(self) -> Generator[_Session]:
        session = self._pop_idle() or _Session(self._address, self._generation_key)
        try:
            session.open()
            yield session
        except BaseException as error:
            if isinstance(error, _Conflict):
                self._push_idle(session)
            else:
                session.close()
                self._failures += isinstance(error, ServerUnavailable)
            raise
        self._push_idle(session)

    def _pop_idle(self) -> _Session | None:
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None or not session.is_broken():
                return session
            session.close()

    def _push_idle(self, session: _Session) -> None:
        with self._lock:
            self._idle.append(session)


def _connect(address: RedisAddress) -> _Wire:
    """Return a connection that is not opened yet."""
    connect = cast("Callable[..., _Wire]", SSLConnection if address.uses_tls else Connection)
    return connect(
        host=address.host,
        port=address.port,
        db=address.database,
        username=address.username,
        password=address.password,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_keepalive=True,
        protocol=2,
        **{name: str(path) for name, path in address.tls_files},
    )


@contextmanager
def _describe_errors() -> Generator[None]:
    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise ServerUnavailable(_describe(error)) from error


_DESCRIPTIONS: tuple[tuple[type[Exception], str], ...] = (
    (redis.AuthenticationError, "it does not accept the user or the password"),
    (NoPermissionError, "its user may not run a command, or not use these keys"),
    (redis.ReadOnlyError, "it is a read-only replica"),
    (redis.BusyLoadingError, "it is loading its data"),
    (OutOfMemoryError, "its memory is full"),
    (redis.TimeoutError, f"it does not answer within {TIMEOUT_SECONDS:g} s"),
    (ssl.SSLError, "there is no TLS, or its certificate is not trusted"),
    (redis.ConnectionError, "it cannot be reached"),
)


def _describe(error: Exception) -> str:
    """Return why the server cannot be used. Its own words are left out: they may repeat a name or a password."""
    for cause in (error.__context__, error):  # An error of TLS is the context of another.
        for error_type, description in _DESCRIPTIONS:
            if isinstance(cause, error_type):
                return description
    code = str(error).partition(" ")[0]
    return f"it refuses a command ({code if code.isupper() else 'ERR'})"
