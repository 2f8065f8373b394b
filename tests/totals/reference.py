"""Reference totals, computed without the server's code: each minute is assigned to its date."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Args = Mapping[str, Any]
MINUTE = 60


class TogglData(NamedTuple):
    """Rows as Toggl sends them, by id."""

    me: Row
    workspaces: Mapping[int, Row]
    clients: Mapping[int, Row]
    projects: Mapping[int, Row]
    tasks: Mapping[int, Row]
    entries: Mapping[int, Row]


class Count(NamedTuple):
    seconds: int
    entries: int


class Slice(NamedTuple):
    row: Row
    day: date
    seconds: int


class ReferenceTotals(NamedTuple):
    total: Count
    groups: dict[tuple[str, ...], Count]
    running: int
    started_ids: list[int]
    amounts: dict[str, float]


NUMBER: Mapping[str, Callable[[date, int], int]] = {
    "day": lambda day, _: day.toordinal(),
    "week": lambda day, begins_on: (day.toordinal() - begins_on) // 7,
    "month": lambda day, _: day.year * 12 + day.month,
    "quarter": lambda day, _: day.year * 4 + (day.month - 1) // 3,
    "year": lambda day, _: day.year,
}
"""What number a day, or its week, month, quarter or year has; day 7 of the calendar was a Sunday."""


def compute_totals(data: TogglData, args: Args, now: float, users: Mapping[int, str]) -> ReferenceTotals:
    """Return the totals for the arguments of summarize_time; `users` are the names of all people."""
    candidates = [row for row in data.entries.values() if _is_candidate(row, data.me, args)]
    slices = [part for row in candidates for part in _slices(row, data.me, now) if _in_days(part.day, args, data, now)]
    matching_ids = {part.row["id"] for part in slices if _matches(data, part.row, args)}
    labels = _Labels(data, [part.row for part in slices], users)
    slices = [part for part in slices if part.row["id"] in matching_ids]
    groups: dict[tuple[str, ...], list[Slice]] = {}
    for part in slices:
        for key in product(*(labels.of(kind, part) for kind in args.get("group_by", ()))):
            groups.setdefault(key, []).append(part)
    starts = {row["id"]: _epoch(row["start"]) for row in candidates if _matches(data, row, args)}
    started_ids = [key for key, at in starts.items() if _in_days(_day(at, data.me), args, data, now)]
    return ReferenceTotals(
        total=_count(slices),
        groups={key: _count(members) for key, members in groups.items()},
        running=sum(part.seconds for part in slices if part.row["duration"] < 0),
        started_ids=sorted(started_ids, key=lambda key: (starts[key], key), reverse=True),
        amounts=_sum_amounts(data, slices),
    )


def _is_candidate(row: Row, me: Row, args: Args) -> bool:
    """Tell whether an entry may count: deleted ones do not, and running ones are in no report."""
    is_own = row["user_id"] == me["id"]
    is_visible = row["duration"] >= 0 if args.get("user") else is_own
    return is_visible and not row["server_deleted_at"] and args.get("workspace") in (None, row["workspace_id"])


def _slices(row: Row, me: Row, now: float) -> Iterator[Slice]:
    start = _epoch(row["start"])
    end = max(start, int(now)) if row["duration"] < 0 else start if row["stop"] is None else _epoch(row["stop"])
    return (Slice(row, day, seconds) for day, seconds in _count_seconds_by_day(start, end, me["timezone"]).items())


@cache
def _count_seconds_by_day(start: int, end: int, zone: str) -> Mapping[date, int]:
    """Return the seconds of each date between two UNIX times, one minute after the other."""
    seconds_by_day = Counter({_day_of_minute(start // MINUTE, zone): 0} if end == start else {})
    at = start
    while at < end:
        until = min(end, at - at % MINUTE + MINUTE)
        seconds_by_day[_day_of_minute(at // MINUTE, zone)] += until - at
        at = until
    return seconds_by_day


def _in_days(day: date, args: Args, data: TogglData, now: float) -> bool:
    if "start" in args:
        return args["start"] <= day.isoformat() <= args["end"]
    today, period = _day(now, data.me), args.get("period", "today")
    if last := re.fullmatch(r"last_(\d+)_days", period):
        return 0 <= (today - day).days < int(last[1])
    position, _, unit = str({"today": "this_day", "yesterday": "last_day"}.get(period, period)).partition("_")
    number, begins_on = NUMBER[unit], data.me["beginning_of_week"]
    return number(day, begins_on) == number(today, begins_on) - (position == "last")


def _matches(data: TogglData, row: Row, args: Args) -> bool:
    project, task = _project(data, row), data.tasks.get(row["task_id"] or 0)
    tags = [tag.casefold() for tag in row["tags"]] or ["0"]
    return (
        _matches_ref(args.get("project"), project)
        and _matches_ref(args.get("client"), _client(data, row))
        and _matches_ref(args.get("task"), task)
        and args.get("tag", tags[0]).casefold() in tags
        and args.get("billable") in (None, row["billable"])
        and args.get("description", "").casefold() in (row["description"] or "").casefold()
    )


def _matches_ref(ref: str | None, resource: Row | None) -> bool:
    if ref is None or resource is None:
        return ref in (None, "0")
    return ref.casefold() in (str(resource["id"]), resource["name"].casefold())


class _Labels:
    """Return the label of a part; a name that two of them have comes with its id."""

    def __init__(self, data: TogglData, rows: list[Row], users: Mapping[int, str]) -> None:
        self._data = data
        self._users = users
        clients, projects = ([find(data, row) for row in rows] for find in (_client, _project))
        resources = {(kind, resource["id"]): resource["name"] for kind, resource in self._with_kinds(clients, projects)}
        resources |= {("user", row["user_id"]): users[row["user_id"]] for row in rows}
        self._shared = Counter((kind, name) for (kind, _), name in resources.items())

    def of(self, kind: str, part: Slice) -> list[str]:
        row, day, begins_on = part.row, part.day, self._data.me["beginning_of_week"]
        if kind == "tag":
            return row["tags"] or ["(no tag)"]
        if kind == "week":
            day = date.fromordinal(NUMBER["week"](day, begins_on) * 7 + begins_on)
        label_by_kind = {
            "day": day.isoformat(),
            "week": day.isoformat(),
            "month": f"{day:%Y-%m}",
            "user": self._name("user", {"id": row["user_id"], "name": self._users[row["user_id"]]}),
            "billable": "yes" if row["billable"] else "no",
            "client": self._name("client", _client(self._data, row)),
            "project": self._name("project", _project(self._data, row)),
            "task": self._name("task", self._data.tasks.get(row["task_id"] or 0)),
            "description": row["description"],
        }
        return [label_by_kind[kind] or f"(no {kind})"]

    def _name(self, kind: str, resource: Row | None) -> str | None:
        if resource is None:
            return None
        name = resource["name"]
        return f"{name} ({resource['id']})" if self._shared[kind, name] > 1 else name

    @staticmethod
    def _with_kinds(clients: list[Row | None], projects: list[Row | None]) -> Iterator[tuple[str, Row]]:
        yield from (("client", resource) for resource in clients if resource)
        yield from (("project", resource) for resource in projects if resource)


def _count(slices: list[Slice]) -> Count:
    return Count(sum(part.seconds for part in slices), len({part.row["id"] for part in slices}))


def _sum_amounts(data: TogglData, slices: list[Slice]) -> dict[str, float]:
    """Return what was earned by currency: the project's rate, or else its workspace's, by the second."""
    amounts: dict[str, float] = {}
    for part in slices:
        space, project = data.workspaces[part.row["workspace_id"]], _project(data, part.row) or {}
        rate = project.get("rate") or space["default_hourly_rate"]
        if rate and part.row["billable"] and space["premium"] and part.row["duration"] >= 0:
            currency = project.get("currency") or space["default_currency"]
            amounts[currency] = amounts.get(currency, 0.0) + rate * part.seconds / 3600
    return amounts


def _project(data: TogglData, row: Row) -> Row | None:
    return data.projects.get(row["project_id"] or 0)


def _client(data: TogglData, row: Row) -> Row | None:
    return data.clients.get((_project(data, row) or {}).get("client_id") or 0)


def _day(seconds: float, me: Row) -> date:
    return _day_of_minute(int(seconds) // MINUTE, me["timezone"])


@cache
def _day_of_minute(minute: int, zone: str) -> date:
    """Return the date that the zone's clocks show; in none has a date begun within a minute since 2006."""
    return datetime.fromtimestamp(minute * MINUTE, ZoneInfo(zone)).date()


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
