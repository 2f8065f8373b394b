"""What is kept of a tool call while it runs, and follows it to wherever its requests are sent."""

from contextvars import ContextVar
from functools import cached_property
from uuid import uuid4

from toggl_mcp.models.quota import Bucket


class CallRecord:
    """Who called which tool, what the call has spent, and under which id the journal has its changes.

    Attributes:
        tool: The tool's name; None outside of tools.
        subject: A digest of the caller; None where nobody authenticates.
        requests: How many requests to Toggl the call has sent.
        buckets: What Toggl's responses to them say remains of each quota, by name.
        has_changes: Whether there are any.
        undoes: The id of what they undo.
    """

    def __init__(self, subject: str | None = None) -> None:
        self.tool: str | None = None
        self.subject = subject
        self.requests = 0
        self.buckets: dict[str, Bucket] = {}
        self.has_changes = False
        self.undoes: str | None = None

    @cached_property
    def change_id(self) -> str:
        """The id of its changes in the journal."""
        return uuid4().hex[:12]


CALL_RECORD: ContextVar[CallRecord | None] = ContextVar("call_record", default=None)
"""The record of this context's call; None outside of calls. A call's requests are those of its task."""
