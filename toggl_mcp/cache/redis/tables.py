"""Every step on the server: what is read together, and what is decided and executed together.

For worker threads. Each method raises what `RedisServer` raises. A transaction waits for the server twice: for all that
it decides by, which is watched, and for the execution of all that it writes.
"""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from contextlib import suppress

from toggl_mcp.cache.redis.connection import Command, RedisServer, Reply, Transaction
from toggl_mcp.cache.redis.drafts import CollectionDraft, JournalDraft
from toggl_mcp.cache.redis.layout import (
    PENDING_TTL_SECONDS,
    QUOTA_TTL_SECONDS,
    STATE_FIELD,
    TIME,
    Names,
    PendingRecord,
    decode_buckets,
    decode_entries,
    decode_pending,
    decode_queue,
    decode_records,
    decode_state,
    decode_text,
    encode,
    encode_text,
    set_fields,
    split_hash,
)
from toggl_mcp.cache.redis.outage import MissedWrites
from toggl_mcp.cache.store import Key, Row, RowWrite, Snapshot, Version, lease_active, may_replace
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.journal import ChangeRecord
from toggl_mcp.models.quota import Admission, Bucket, PendingChange, Queue, find_scarcest


class Tables:
    """The steps of one store.

    Args:
        server: Where they are executed.
        names: The names of the keys.
        clock: What ages of snapshots, quotas and records are measured by.
        draw_number: Returns the number of writes at which a collection begins. After a flush, an expiry or an eviction,
            it must not begin at a former one: a response from before would pass for the latest.
        decode_time: Returns the server's time from its reply.
    """

    def __init__(
        self,
        server: RedisServer,
        names: Names,
        clock: Clock,
        draw_number: Callable[[], int],
        decode_time: Callable[[Reply], float],
    ) -> None:
        self._server = server
        self._names = names
        self._clock = clock
        self._draw_number = draw_number
        self._decode_time = decode_time

    def build_row_commands(self, generation: bytes, key: Key, row_id: int | None) -> Sequence[Command]:
        """Return the commands that read one row, or none of them, and the version; `decode_row` gets the replies."""
        return (
            (b"HMGET", self._names.collection(generation, key), STATE_FIELD, *_fields(row_id)),
            (b"HGETALL", self._names.pending(key.scope)),
            TIME,
        )

    def decode_row(
        self, replies: Sequence[Reply], key: Key, owner_id: str, *, waited_seconds: float, is_refresh: bool
    ) -> Row | None:
        """Return one row, or none of them, and the version; None if the collection has to begin anew.

        While another's change is pending, or for a refresh, without a snapshot that was requested before the last
        `waited_seconds`.
        """
        reply, pending_reply, time_reply = replies
        state_value, *texts = reply if isinstance(reply, list) else [None]
        state, pending = decode_state(state_value), self._find_pending(pending_reply, key, owner_id)
        now = self._decode_time(time_reply)
        if state is None or any(record.is_abandoned(now) for record in pending.values()):
            return None
        if not (pending or is_refresh) or state.requested_at > now - waited_seconds:
            with suppress(ValueError):  # Something else has written there: it has no snapshot.
                return Row(state.version, decode_text(texts[0]) if texts else None)
        return Row(Version(state.number), None)

    def begin_anew(self, key: Key, owner_id: str) -> Version:
        """Drop what abandoned changes have left in doubt, and begin the collection if there is none."""
        return self._server.change(lambda transaction: self._begin_anew(transaction, key, owner_id))

    def read(self, key: Key) -> Snapshot | None:
        """Return the snapshot."""
        (reply,) = self._server.read(lambda generation: [(b"HGETALL", self._names.collection(generation, key))])
        fields = dict(split_hash(reply))
        state = decode_state(fields.pop(STATE_FIELD, None))
        if state is None or state.fetched_at is None:
            return None
        try:
            return Snapshot(state.version, {int(name): decode_text(value) or "" for name, value in fields.items()})
        except ValueError:  # Something else has written there.
            return None

    def replace(self, key: Key, rows: Mapping[int, str], expected: Version, fetched_at: float) -> bool:
        """Store a snapshot, if `may_replace` says so."""

        def transaction_body(transaction: Transaction) -> bool:
            drafts, (time_reply,) = self._read_drafts(transaction, {key: ()}, TIME)
            draft, age = drafts[key], self._clock() - fetched_at
            if not may_replace(draft.state.version, expected, fetched_at):
                return False
            # The age is read after the server's time, so this is not later than the request. It is not known where the
            # clock was set back meanwhile.
            draft.replace(rows, fetched_at, self._decode_time(time_reply) - age if age >= 0 else 0.0)
            transaction.add(*draft.build_commands())
            return True

        return self._server.change(transaction_body)

    def write(
        self,
        scope: str,
        rows: Sequence[RowWrite],
        invalidate: Sequence[Key],
        bucket: Bucket | None,
        settled_id: str | None,
        records: Sequence[ChangeRecord],
    ) -> Sequence[Version]:
        """Write rows, drop snapshots, record a bucket, and settle a change."""

        def transaction_body(transaction: Transaction) -> Sequence[Version]:
            row_ids: dict[Key, list[int]] = {key: [] for key in invalidate}
            for write in rows:
                row_ids.setdefault(write.key, []).append(write.row_id)
            settled_ids = [] if settled_id is None else [settled_id]
            journal_commands = [self._entries_command(scope)] if settled_ids or records else []
            drafts, journal_replies = self._read_drafts(transaction, row_ids, *journal_commands)
            versions = [drafts[write.key].write_row(*write[1:]) for write in rows]
            for key in invalidate:
                drafts[key].drop()
                drafts[key].count_write()
            for draft in drafts.values():
                transaction.add(*draft.build_commands())
            self._put_buckets(transaction, scope, [] if bucket is None else [bucket])
            if journal_replies:
                self._settle(transaction, scope, journal_replies[0], settled_ids, records)
            return versions

        return self._server.change(transaction_body)

    def deliver(self, scope: str, missed: MissedWrites, owner_id: str) -> None:
        """Write what was done while the server was away."""

        def transaction_body(transaction: Transaction) -> None:
            drafts, (entries_reply, time_reply) = self._read_drafts(
                transaction, dict.fromkeys(missed.invalidate, ()), self._entries_command(scope), TIME
            )
            for draft in drafts.values():
                draft.drop()
                draft.count_write()
                transaction.add(*draft.build_commands())
            self._put_buckets(transaction, scope, missed.buckets.values())
            self._settle(transaction, scope, entries_reply, missed.settled_ids, missed.records.values())
            for pending in missed.pending.values():
                self._put_pending(transaction, scope, pending, owner_id, self._decode_time(time_reply))

        self._server.change(transaction_body)

    def list_records(self, scope: str) -> Sequence[ChangeRecord]:
        """Return the records of the journal in the order in which they were opened."""
        names = self._names.entries(scope), self._names.records(scope)
        entries_reply, records_reply = self._server.read(lambda _: [(b"HGETALL", name) for name in names])
        records = decode_records(records_reply)
        return [records[record_id] for record_id in decode_entries(entries_reply) if record_id in records]

    def list_pending(self, key: Key, owner_id: str) -> Collection[str]:
        """Return the ids of the pending changes of others that may alter a collection, and are not abandoned."""
        reply, time_reply = self._server.read(lambda _: [(b"HGETALL", self._names.pending(key.scope)), TIME])
        pending, now = self._find_pending(reply, key, owner_id), self._decode_time(time_reply)
        return [name.decode() for name, record in pending.items() if not record.is_abandoned(now)]

    def acquire_lease(self, key: Key, seconds: float, held_until: float | None) -> float | None:
        """Acquire the lease to refresh, or renew it."""

        def transaction_body(transaction: Transaction) -> float | None:
            drafts, (time_reply,) = self._read_drafts(transaction, {key: ()}, TIME)
            draft, now = drafts[key], self._decode_time(time_reply)
            leased_at, lease_seconds = draft.state.leased_at, draft.state.lease_seconds
            is_held = leased_at + lease_seconds == held_until
            if not is_held and (held_until is not None or lease_active(leased_at, lease_seconds, now)):
                return None
            draft.state = draft.state._replace(leased_at=now, lease_seconds=float(seconds))
            transaction.add(*draft.build_commands())
            return now + seconds

        return self._server.change(transaction_body)

    def list_buckets(self, scope: str) -> Sequence[Bucket]:
        """Return every recorded bucket."""
        (reply,) = self._server.read(lambda _: [(b"HGETALL", self._names.buckets(scope))])
        return decode_buckets(reply)

    def reserve_slot(
        self,
        scope: str,
        bucket_names: Container[str],
        reserved: int,
        max_wait_seconds: float,
        pending: PendingChange | None,
        owner_id: str,
    ) -> Admission:
        """Reserve the next slot to send a request, and record a change with it."""

        def transaction_body(transaction: Transaction) -> Admission:
            record = None if pending is None else pending.record
            journal_commands = [] if record is None else [self._entries_command(scope)]
            buckets, queue_value, time_reply, *journal_replies = transaction.read(
                (b"HGETALL", self._names.buckets(scope)),
                (b"GET", self._names.queue(scope)),
                TIME,
                *journal_commands,
            )
            bucket = find_scarcest(decode_buckets(buckets), bucket_names, self._clock())
            if bucket is not None and bucket.remaining <= reserved:
                return Admission(bucket, 0.0)
            now = self._decode_time(time_reply)
            queue, wait_seconds = decode_queue(queue_value).reserve(now, max_wait_seconds)
            self._put_queue(transaction, scope, queue)
            if pending is not None and wait_seconds <= max_wait_seconds:
                self._put_pending(transaction, scope, pending, owner_id, now)
                if record is not None:
                    journal = self._open_journal(scope, journal_replies[0])
                    journal.put(record)
                    journal.remove_old(self._clock())
                    transaction.add(*journal.build_commands())
            return Admission(bucket, wait_seconds)

        return self._server.change(transaction_body)

    def throttle(self, scope: str, pause_seconds: float) -> None:
        """Let requests wait for a pause, and then send none in a burst for a while."""

        def transaction_body(transaction: Transaction) -> None:
            value, time_reply = transaction.read((b"GET", self._names.queue(scope)), TIME)
            queue = decode_queue(value).throttle(self._decode_time(time_reply), pause_seconds)
            self._put_queue(transaction, scope, queue)

        self._server.change(transaction_body)

    def _begin_anew(self, transaction: Transaction, key: Key, owner_id: str) -> Version:
        """Drop what abandoned changes have left in doubt, and begin the collection if there is none."""
        pending_name = self._names.pending(key.scope)
        reply, time_reply = transaction.read((b"HGETALL", pending_name), TIME)
        now, pending = self._decode_time(time_reply), self._find_pending(reply, key, owner_id)
        abandoned = {name: record for name, record in pending.items() if record.is_abandoned(now)}
        doubtful_keys = {key for record in abandoned.values() for key in record.keys}
        drafts, _ = self._read_drafts(transaction, dict.fromkeys((key, *doubtful_keys), ()))
        for doubtful_key in doubtful_keys:
            drafts[doubtful_key].drop()
            drafts[doubtful_key].count_write()
        for draft in drafts.values():
            transaction.add(*draft.build_commands())
        if abandoned:
            transaction.add((b"HDEL", pending_name, *abandoned))
        return Version(drafts[key].state.number)

    def _find_pending(self, reply: Reply, key: Key, owner_id: str) -> dict[bytes, PendingRecord]:
        """Return the pending changes of others that may alter a collection."""
        records = decode_pending(reply).items()
        return {name: record for name, record in records if record.owner_id != owner_id and key in record.keys}

    def _read_drafts(
        self, transaction: Transaction, row_ids: Mapping[Key, Sequence[int]], *commands: Command
    ) -> tuple[dict[Key, CollectionDraft], list[Reply]]:
        """Return collections, each with these rows, and the replies to other commands."""
        names = {key: self._names.collection(transaction.generation, key) for key in row_ids}
        replies = transaction.read(
            *((b"HMGET", names[key], STATE_FIELD, *_fields(*ids)) for key, ids in row_ids.items()), *commands
        )
        drafts = {
            key: CollectionDraft(names[key], reply, ids, self._draw_number())
            for (key, ids), reply in zip(row_ids.items(), replies, strict=False)
        }
        return drafts, replies[len(drafts) :]

    def _entries_command(self, scope: str) -> Command:
        return (b"HGETALL", self._names.entries(scope))

    def _open_journal(self, scope: str, entries_reply: Reply) -> JournalDraft:
        return JournalDraft(self._names.entries(scope), self._names.records(scope), entries_reply)

    def _settle(
        self,
        transaction: Transaction,
        scope: str,
        entries_reply: Reply,
        settled_ids: Collection[str],
        records: Collection[ChangeRecord],
    ) -> None:
        if settled_ids:
            transaction.add((b"HDEL", self._names.pending(scope), *map(encode_text, settled_ids)))
        journal = self._open_journal(scope, entries_reply)
        for settled_id in set(settled_ids).difference(record.record_id for record in records):
            journal.remove(settled_id)
        for record in records:
            journal.put(record)
        transaction.add(*journal.build_commands())

    def _put_buckets(self, transaction: Transaction, scope: str, buckets: Collection[Bucket]) -> None:
        name, fields = self._names.buckets(scope), [(encode_text(item.name), encode(item[1:])) for item in buckets]
        if fields:
            transaction.add(*set_fields(name, fields, QUOTA_TTL_SECONDS))

    def _put_queue(self, transaction: Transaction, scope: str, queue: Queue) -> None:
        transaction.add((b"SET", self._names.queue(scope), encode(queue), b"EX", QUOTA_TTL_SECONDS))

    def _put_pending(
        self, transaction: Transaction, scope: str, pending: PendingChange, owner_id: str, now: float
    ) -> None:
        keys = tuple(Key(*key) for key in pending.keys)
        field = encode_text(pending.record_id), encode(PendingRecord(owner_id, now, keys))
        transaction.add(*set_fields(self._names.pending(scope), [field], PENDING_TTL_SECONDS))


def _fields(*row_ids: int | None) -> tuple[bytes, ...]:
    return tuple(b"%d" % row_id for row_id in row_ids if row_id is not None)
