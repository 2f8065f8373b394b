"""A collection of many pages: those before a failure are kept, and the next fetch goes on from there."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from toggl_mcp.api import Transport
from toggl_mcp.errors import QuotaSpent, RateLimited, Unreachable
from toggl_mcp.models.call import report_page
from toggl_mcp.models.clock import Clock

M = TypeVar("M", bound=BaseModel)

MAX_BEGINNINGS = 3
"""How often one fetch begins with the first page, where rows move from page to page meanwhile."""
MAX_PAUSE_SECONDS = 2 * 3600.0
"""Seconds after the last page for which pages are kept: longer than the hour of a quota."""


class FetchedPage(NamedTuple, Generic[M]):
    """A page of rows by id, and the number of the next one; None if it is the last.

    `first_id` is the id of its first row, where it has a readable one, and `next_id` what the next page's should be,
    where that is known.
    """

    items: Mapping[int, M | None]
    next_number: int | None
    first_id: int | None = None
    next_id: int | None = None


class _Progress(Generic[M]):
    """The rows of the pages so far, and the next page's number."""

    def __init__(self, version: int, fetched_at: float) -> None:
        self.version = version
        self.fetched_at = fetched_at
        self.items: dict[int, M | None] = {}
        self.next_number: int | None = 1
        self.next_id: int | None = None

    def has_gap(self, page: FetchedPage[M]) -> bool:
        """Tell whether rows came or went before a page: then some were read twice, or never."""
        if self.next_id is None or (page.first_id is None and page.items):
            return False
        return page.first_id != self.next_id

    def add(self, page: FetchedPage[M], fetched_at: float) -> None:
        """Add the rows of the next page."""
        self.items |= page.items
        self.next_number, self.next_id, self.fetched_at = page.next_number, page.next_id, fetched_at


class PagedFetch(Generic[M]):
    """Fetches every page of a collection.

    Args:
        fetch_page: Returns the page of a number, after the rows before it.
        clock: The time.
    """

    def __init__(
        self, fetch_page: Callable[[Transport, int, Mapping[int, M | None]], Awaitable[FetchedPage[M]]], clock: Clock
    ) -> None:
        self._fetch_page = fetch_page
        self._clock = clock
        self._progress: _Progress[M] | None = None

    @property
    def items(self) -> Mapping[int, M | None]:
        """The rows of a fetch that failed; none after one that did not."""
        return self._progress.items if self._progress else {}

    @property
    def fetched_at(self) -> float | None:
        """When the last page of a fetch that failed was requested (UNIX time)."""
        return self._progress and self._progress.fetched_at

    def restart(self) -> None:
        """Let the next fetch begin with the first page."""
        self._progress = None

    async def fetch(self, transport: Transport, version: int = 0) -> Mapping[int, M | None]:
        """Return the rows of all pages; those of a failed fetch count, unless the collection has another version now.

        Raises:
            QuotaSpent, RateLimited, Unreachable: Toggl gave no answer in time; the message counts the rows so far.
        """
        progress, now = self._progress, self._clock()
        if progress is None or progress.version != version or now - progress.fetched_at > MAX_PAUSE_SECONDS:
            progress = self._progress = _Progress(version, now)
        beginnings = 1
        try:
            while progress.next_number is not None:
                page = await self._fetch_page(transport, progress.next_number, progress.items)
                if progress.has_gap(page):
                    progress = self._progress = _Progress(version, self._clock())
                    beginnings = _count_beginning(beginnings)
                    continue
                progress.add(page, self._clock())
                await report_page(len(page.items))
        except (QuotaSpent, RateLimited, Unreachable) as error:
            if progress.items:
                progress_text = f"{len(progress.items):,} rows are read and kept, and more are to come"
                error.args = (f"{progress_text}: repeat the call without refresh to continue. {error}",)
            raise
        self._progress = None
        return progress.items


def _count_beginning(beginnings: int) -> int:
    """Return the number of beginnings after one more.

    Raises:
        Unreachable: There were too many.
    """
    if beginnings == MAX_BEGINNINGS:
        message = "Toggl's list changes while it is read. Try again in a minute, or ask for a shorter period."
        raise Unreachable(message)
    return beginnings + 1
