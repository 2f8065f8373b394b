"""What arguments of prompts and resource templates can be completed with: names from the cache, days and periods."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from toggl_mcp.models.base import ResourceKind
from toggl_mcp.models.period import Calendar
from toggl_mcp.models.text import fold_accents, strip_invisible
from toggl_mcp.tools.support.define import CallContext

Completer = Callable[[CallContext], Awaitable[Sequence[str]]]
"""Returns the values of an argument, the likeliest first."""

LISTED_DAYS = 31
LISTED_WEEKS = 26
LISTED_MONTHS = 12
PERIODS = (
    *("today", "yesterday", "this week", "last week", "last 7 days", "last 14 days", "last 30 days"),
    *("this month", "last month", "this quarter", "last quarter", "this year", "last year"),
)
UTC_CALENDAR = Calendar(ZoneInfo("UTC"), 1)
_DAY = timedelta(days=1)


def find_completions(part: str, values: Sequence[str]) -> list[str]:
    """Return the values that have a part, case and accents ignored: those that begin with it come first."""
    folded = fold_accents(part)
    matches = [value for value in dict.fromkeys(values) if folded in fold_accents(value)]
    return sorted(matches, key=lambda value: not fold_accents(value).startswith(folded))


def make_name_completer(kind: ResourceKind) -> Completer:
    """Return the completer of the names of a kind, active ones first; one request if none are cached."""

    async def list_names(call: CallContext) -> list[str]:
        items = await call.name_index.list_cached(kind)
        ordered = sorted(items, key=lambda item: (getattr(item, "archived", False), fold_accents(item.name)))
        return [strip_invisible(item.name) for item in ordered]

    return list_names


async def find_today(call: CallContext) -> date:
    """Return the account's day, or that of UTC where the account's time zone is not cached."""
    return (await call.cached_calendar() or UTC_CALENDAR).day_of(call.now)


async def list_periods(call: CallContext) -> list[str]:
    """Return periods in words, then months and weeks."""
    today = await find_today(call)
    return [*PERIODS, *_list_months(today), *_list_weeks(today)]


async def list_days(call: CallContext) -> list[str]:
    """Return today, yesterday, and the last days by their dates."""
    today = await find_today(call)
    return ["today", "yesterday", *((today - number * _DAY).isoformat() for number in range(LISTED_DAYS))]


async def list_weeks(call: CallContext) -> list[str]:
    """Return this week, the last one, and the last weeks by their ISO numbers."""
    return ["this_week", "last_week", *_list_weeks(await find_today(call))]


def _list_weeks(today: date) -> Iterator[str]:
    for number in range(LISTED_WEEKS):
        year, week, _ = (today - number * 7 * _DAY).isocalendar()
        yield f"{year}-W{week:02}"


def _list_months(today: date) -> Iterator[str]:
    for number in range(LISTED_MONTHS):
        month = today.year * 12 + today.month - 1 - number
        yield f"{month // 12}-{month % 12 + 1:02}"


list_clients, list_projects = make_name_completer("client"), make_name_completer("project")
