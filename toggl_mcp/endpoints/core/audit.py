"""The audit log: one line for each change, whatever became of it."""

import logging
from collections.abc import Sequence
from typing import Any, Literal

from toggl_mcp.endpoints.core.change import Change
from toggl_mcp.models.call import CALL_RECORD, CallRecord

Outcome = Literal["confirmed", "refused", "unknown"]

_log = logging.getLogger("toggl_mcp.audit")


def write_audit_line(change: Change[Any], ids: Sequence[int], outcome: Outcome, code: str | None) -> None:
    """Log who changed what, and what became of it: no name, no text and no token.

    `ids` are those that the change named, in case that none is confirmed; `code` is that of the error that ended it.
    A change that no attempt has sent is `not_sent`, whatever ended it.
    """
    record, pending, call_record = change.record, change.pending, CALL_RECORD.get() or CallRecord()
    changed_ids = list(dict.fromkeys([row.row_id for row in change.journal_rows] or ids))
    fields = {
        "tool": call_record.tool,
        "subject": call_record.subject or pending.keys[0][0][:16],
        "verb": record.verb,
        "kind": record.kind,
        "workspace_id": record.workspace_id,
        "ids": changed_ids,
        "outcome": outcome if pending.attempts else "not_sent",
        "code": code,
        "attempts": pending.attempts,
        "change_id": record.change_id,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    words = {**fields, "ids": ",".join(map(str, changed_ids))}
    _log.info("%s", " ".join(f"{name}={value}" for name, value in words.items()), extra={"fields": fields})
