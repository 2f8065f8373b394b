"""What is kept of a tool call while it runs, and follows it to wherever its requests are sent."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import cached_property
from uuid import uuid4

from toggl_mcp.models.quota import Bucket

ProgressReporter = Callable[[float, float | None, str | None], Awaitable[None]]
"""Tells the host how much of a call is done, of how much in all, and in words."""


async def _report_nothing(progress: float, total: float | None, message: str | None) -> None:
    """Tell nobody: outside of a host's call there is nobody to tell."""


class CallRecord:
    """Who called which tool, what the call has spent, and under which id the journal has its changes.

    Attributes:
        tool: The tool's name; None outside of tools.
        subject: A digest of the caller; None where nobody authenticates.
        requests: How many requests to Toggl the call has sent.
        buckets: What Toggl's responses to them say remains of each quota, by name.
        has_changes: Whether there are any.
        undoes: The id of what they undo.
        report_progress: Tells the host of progress.
    """

    def __init__(self, subject: str | None = None) -> None:
        self.tool: str | None = None
        self.subject = subject
        self.requests = 0
        self.buckets: dict[str, Bucket] = {}
        self.has_changes = False
        self.undoes: str | None = None
        self.report_progress: ProgressReporter = _report_nothing
        self._steps = 0
        self._pages = 0
        self._rows = 0

    @cached_property
    def change_id(self) -> str:
        """The id of its changes in the journal."""
        return uuid4().hex[:12]

    async def report_step(self, remaining: int | None = None, message: str | None = None) -> None:
        """Tell the host that a step is done, and how many remain, if that is known."""
        self._steps += 1  # Pages and changes are steps of one count: the protocol wants progress that only ever rises.
        total = None if remaining is None else self._steps + remaining
        await self.report_progress(self._steps, total, message)

    async def report_page(self, rows: int) -> None:
        """Tell the host that a page of rows was read, unless it is the first: most calls read one."""
        self._pages += 1
        self._rows += rows
        if self._pages > 1:
            await self.report_step(message=f"{self._rows:,} rows are read")


async def report_page(rows: int) -> None:
    """Tell the host of this context's call that a page of rows was read."""
    call_record = CALL_RECORD.get()
    if call_record is not None:
        await call_record.report_page(rows)


CALL_RECORD: ContextVar[CallRecord | None] = ContextVar("call_record", default=None)
"""The record of this context's call; None outside of calls. A call's requests are those of its task."""
