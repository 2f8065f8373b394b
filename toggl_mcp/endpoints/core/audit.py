"""The audit log: one line for each change that was sent to Toggl, whatever became of it."""

import logging
from collections.abc import Sequence
from typing import Any

from toggl_mcp.endpoints.core.change import Change
from toggl_mcp.models.quota import SPENDING, Spending

_log = logging.getLogger("toggl_mcp.audit")


def write_audit_line(change: Change[Any], ids: Sequence[int], outcome: str) -> None:
    """Log who changed what, and what became of it: no name, no text and no token.

    `outcome` is `confirmed`, `unknown`, or the code of the error; `subject` is a digest of the caller, or of the
    account's token; `ids` are those that the change named or created.
    """
    record, spending = change.record, SPENDING.get() or Spending()
    changed_ids = [row.row_id for row in change.journal_rows]
    fields = {
        "tool": spending.tool,
        "subject": spending.subject or change.pending.keys[0][0][:16],
        "verb": record.verb,
        "kind": record.kind,
        "workspace_id": record.workspace_id,
        "ids": list(dict.fromkeys([*ids, *changed_ids])),
        "outcome": outcome,
        "attempts": change.pending.attempts,
        "change_id": record.change_id,
    }
    _log.info("%s", " ".join(f"{name}={value}" for name, value in fields.items()), extra={"fields": fields})
