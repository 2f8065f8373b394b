"""The keys and the values on the server.

Their names begin with the prefix and the number of this format, so that versions do not share keys. A value that cannot
be parsed counts as absent.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from toggl_mcp.cache.redis.connection import Command, Reply
from toggl_mcp.cache.store import Key, Version
from toggl_mcp.models.journal import MAX_CHANGE_SECONDS, ChangeRecord
from toggl_mcp.models.quota import Bucket, Queue

T = TypeVar("T")

FORMAT = 1
"""The number of the format of keys and values."""
STATE_FIELD = b"state"
"""The field of a collection that is no row."""
COLLECTION_TTL_SECONDS = JOURNAL_TTL_SECONDS = 7 * 24 * 3600
PENDING_TTL_SECONDS = 24 * 3600
QUOTA_TTL_SECONDS = 3600
TIME: Command = (b"TIME",)
"""What is compared between machines is by the server's clock, as theirs may differ."""


class State(NamedTuple):
    """A collection without its rows.

    `leased_at` is when a refresh was last begun, and `requested_at` when the snapshot was requested, or just before, by
    the server's clock; `fetched_at` is the latter by the clock of the store that did it.
    """

    number: int
    fetched_at: float | None = None
    leased_at: float = 0.0
    lease_seconds: float = 0.0
    requested_at: float = 0.0

    @property
    def version(self) -> Version:
        """The number of writes, and when the snapshot was requested."""
        return Version(self.number, self.fetched_at)


class PendingRecord(NamedTuple):
    """A change that was not settled yet, the store that sends it, and the collections that it may alter.

    `reserved_at` is when its slot was reserved, by the server's clock.
    """

    owner_id: str
    reserved_at: float
    keys: tuple[Key, ...]

    def is_abandoned(self, now: float) -> bool:
        """Return whether its store must have ended, or whether a clock was set by so much that it is unknown."""
        return abs(now - self.reserved_at) > MAX_CHANGE_SECONDS


class JournalEntry(NamedTuple):
    """A record's place in the journal: the numbers of two records tell which was opened first."""

    number: int
    made_at: float
    change_id: str


_STATE = TypeAdapter(State)
_PENDING = TypeAdapter(PendingRecord)
_BUCKET = TypeAdapter(tuple[int, float])
_QUEUE = TypeAdapter(Queue)
_ENTRY = TypeAdapter(JournalEntry)
_RECORD = TypeAdapter(ChangeRecord)


class Names:
    """The names of the keys."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{prefix}{FORMAT}:".encode()
        self.generation = self._prefix + b"generation"

    def collection(self, generation: bytes, key: Key) -> bytes:
        """Return the hash of a collection: its state, and a field a row."""
        return b"%b%b:collection:%b" % (self._prefix, generation, f"{key.scope}:{key.kind}:{key.parent}".encode())

    def pending(self, scope: str) -> bytes:
        """Return the hash of a scope's pending changes, by record."""
        return self._scoped("pending", scope)

    def buckets(self, scope: str) -> bytes:
        """Return the hash of a scope's buckets, by name."""
        return self._scoped("buckets", scope)

    def queue(self, scope: str) -> bytes:
        """Return the text of a scope's queue."""
        return self._scoped("queue", scope)

    def records(self, scope: str) -> bytes:
        """Return the hash of a scope's journal, by record."""
        return self._scoped("records", scope)

    def entries(self, scope: str) -> bytes:
        """Return the hash of the entries of a scope's journal, by record."""
        return self._scoped("entries", scope)

    def _scoped(self, kind: str, scope: str) -> bytes:
        return self._prefix + f"{kind}:{scope}".encode()


def encode(value: object) -> bytes:
    """Return a value of one of the types above as JSON."""
    return json.dumps(value, separators=(",", ":")).encode()


def encode_text(text: str) -> bytes:
    """Return the text of a row; it may hold half of a character."""
    return text.encode("utf-8", "surrogatepass")


def decode_text(value: Reply) -> str | None:
    """Return the text of a row; None if there is none.

    Raises:
        ValueError: It is not text.
    """
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else None


def decode_time(reply: Reply) -> float:
    """Return the server's time (UNIX time in seconds)."""
    seconds, microseconds = cast("list[bytes]", reply)
    return int(seconds) + int(microseconds) / 1_000_000


def decode_state(value: Reply) -> State | None:
    """Return the state of a collection; None if it has none."""
    return _decode(_STATE, value)


def decode_queue(value: Reply) -> Queue:
    """Return a queue; an empty one if there is none."""
    return _decode(_QUEUE, value) or Queue()


def decode_buckets(reply: Reply) -> list[Bucket]:
    """Return the buckets of a hash, by name."""
    pairs = ((_decode_name(name), _decode(_BUCKET, value)) for name, value in split_hash(reply))
    return sorted(Bucket(name, *values) for name, values in pairs if name is not None and values is not None)


def decode_pending(reply: Reply) -> dict[bytes, PendingRecord]:
    """Return the pending changes of a hash, by record."""
    pairs = ((name, _decode(_PENDING, value)) for name, value in split_hash(reply))
    return {name: record for name, record in pairs if record is not None}


def decode_records(reply: Reply) -> dict[str, ChangeRecord]:
    """Return the records of a journal's hash, by id."""
    records = (_decode(_RECORD, value) for _, value in split_hash(reply))
    return {record.record_id: record for record in records if record is not None}


def encode_record(record: ChangeRecord) -> bytes:
    """Return a record of the journal."""
    return encode_text(record.model_dump_json(exclude_defaults=True))


def decode_entries(reply: Reply) -> dict[str, JournalEntry]:
    """Return the entries of a journal by the ids of their records, in the order in which these were opened."""
    pairs = ((_decode_name(name), _decode(_ENTRY, value)) for name, value in split_hash(reply))
    entries = [(entry, name) for name, entry in pairs if name is not None and entry is not None]
    return {name: entry for entry, name in sorted(entries)}


def split_hash(reply: Reply) -> Iterable[tuple[bytes, Reply]]:
    """Return the fields of a hash, each with its value."""
    items = reply if isinstance(reply, list) else []
    return ((name, value) for name, value in zip(items[::2], items[1::2], strict=True) if isinstance(name, bytes))


def expire(name: bytes, seconds: int) -> Command:
    """Return the command that lets a key expire."""
    return (b"EXPIRE", name, seconds)


def set_fields(name: bytes, fields: Iterable[tuple[bytes, bytes]], ttl_seconds: int) -> Sequence[Command]:
    """Return the commands that put fields into a hash, of which there is at least one."""
    return (b"HSET", name, *(item for pair in fields for item in pair)), expire(name, ttl_seconds)


def _decode_name(name: bytes) -> str | None:
    try:
        return decode_text(name)
    except ValueError:
        return None


def _decode(adapter: TypeAdapter[T], value: Reply) -> T | None:
    try:
        return adapter.validate_json(value) if isinstance(value, bytes) else None
    except ValidationError:
        return None
