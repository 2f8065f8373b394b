"""What a transaction does to one collection or one journal: read first, changed here, and written at its end."""

from collections.abc import Iterable, Mapping, Sequence

from toggl_mcp.cache.redis.connection import Command, Reply
from toggl_mcp.cache.redis.layout import (
    COLLECTION_TTL_SECONDS,
    JOURNAL_TTL_SECONDS,
    STATE_FIELD,
    JournalEntry,
    State,
    decode_entries,
    decode_state,
    decode_text,
    encode,
    encode_record,
    encode_text,
    set_fields,
)
from toggl_mcp.cache.store import Row, Version, is_unchanged
from toggl_mcp.models.journal import MAX_CHANGES, MAX_JOURNAL_SECONDS, ChangeRecord


class CollectionDraft:
    """A collection with the rows that a transaction has read.

    Args:
        name: Its key.
        reply: Its state, and then the texts of these rows.
        row_ids: Their ids.
        first_number: The number of writes at which it begins if there is none.
    """

    def __init__(self, name: bytes, reply: Reply, row_ids: Sequence[int], first_number: int) -> None:
        state_value, *texts = reply if isinstance(reply, list) else [None]
        self._name = name
        self._is_emptied = False
        self._written: dict[int, str | None] = {}
        self._stored: dict[int, str | None] = {}
        self.state = decode_state(state_value) or State(first_number)
        if decode_state(state_value) is None:  # Without a state it cannot be told what rows belong to.
            self.drop()
        try:
            self._stored = dict(zip(row_ids, map(decode_text, texts), strict=False))
        except ValueError:  # Something else has written there.
            self.drop()

    def get_row(self, row_id: int) -> Row:
        """Return a row that was read, or written since."""
        return Row(self.state.version, self._written.get(row_id, self._stored.get(row_id)))

    def drop(self) -> None:
        """Drop the snapshot."""
        self.state = self.state._replace(fetched_at=None)
        self._is_emptied, self._written, self._stored = True, {}, {}

    def count_write(self) -> Version:
        """Count a write, and return the version then."""
        self.state = self.state._replace(number=self.state.number + 1)
        return self.state.version

    def write_row(self, row_id: int, text: str | None, expected: Row | None) -> Version:
        """Put a row in or take it out, as `Store.write` says, and return the version then."""
        if expected is not None and not is_unchanged(expected, self.get_row(row_id)):
            self.drop()
        if self.state.fetched_at is not None:
            self._written[row_id] = text
        return self.count_write()

    def replace(self, rows: Mapping[int, str], fetched_at: float, requested_at: float) -> None:
        """Put a snapshot in the place of what is there."""
        self.drop()
        self.state = self.state._replace(fetched_at=float(fetched_at), requested_at=requested_at)
        self._written = dict(rows)

    def build_commands(self) -> Iterable[Command]:
        """Return the commands that store it."""
        if self._is_emptied:
            yield (b"UNLINK", self._name)
        elif removed := [b"%d" % row_id for row_id, text in self._written.items() if text is None]:
            yield (b"HDEL", self._name, *removed)
        rows = [(b"%d" % row_id, encode_text(text)) for row_id, text in self._written.items() if text is not None]
        yield from set_fields(self._name, [(STATE_FIELD, encode(self.state)), *rows], COLLECTION_TTL_SECONDS)


class JournalDraft:
    """The journal of one scope: the order of its records, which are written without being read.

    Args:
        entries_name: The key of the entries.
        records_name: The key of the records.
        reply: The entries.
    """

    def __init__(self, entries_name: bytes, records_name: bytes, reply: Reply) -> None:
        self._entries_name = entries_name
        self._records_name = records_name
        self._entries = decode_entries(reply)
        self._commands: list[Command] = []

    def put(self, record: ChangeRecord) -> None:
        """Put a record in at the end, or in the place of the one with its id."""
        field = encode_text(record.record_id)
        if record.record_id not in self._entries:
            number = max((entry.number for entry in self._entries.values()), default=0) + 1
            self._entries[record.record_id] = JournalEntry(number, record.made_at, record.change_id)
        entry = encode(self._entries[record.record_id])
        self._commands += set_fields(self._entries_name, [(field, entry)], JOURNAL_TTL_SECONDS)
        self._commands += set_fields(self._records_name, [(field, encode_record(record))], JOURNAL_TTL_SECONDS)

    def remove(self, record_id: str) -> None:
        """Remove a record, if there is one with this id."""
        if self._entries.pop(record_id, None) is not None:
            self._commands += (
                (b"HDEL", name, encode_text(record_id)) for name in (self._entries_name, self._records_name)
            )

    def remove_old(self, now: float) -> None:
        """Remove the records that are too old, and those before the last changes."""
        change_ids = dict.fromkeys(entry.change_id for entry in reversed(self._entries.values()))
        kept_ids = frozenset(list(change_ids)[:MAX_CHANGES])
        for record_id, entry in list(self._entries.items()):
            if entry.change_id not in kept_ids or entry.made_at < now - MAX_JOURNAL_SECONDS:
                self.remove(record_id)

    def build_commands(self) -> Sequence[Command]:
        """Return the commands that store it."""
        return self._commands
