"""Totals by another way than the server's, of whose code nothing is used: every minute is asked for its date."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import product
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Question = Mapping[str, Any]
MINUTE = 60


class World(NamedTuple):
    """What is looked at: rows as Toggl sends them, by id."""

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


class Answer(NamedTuple):
    total: Count
    groups: dict[tuple[str, ...], Count]
    running: int
    begun: list[int]
    amounts: dict[str, float]


NUMBER: Mapping[str, Callable[[date, int], int]] = {
    "day": lambda day, _: day.toordinal(),
    "week": lambda day, begins_on: (day.toordinal() - begins_on) // 7,
    "month": lambda day, _: day.year * 12 + day.month,
    "quarter": lambda day, _: day.year * 4 + (day.month - 1) // 3,
    "year": lambda day, _: day.year,
}
"""What number a day, or its week, month, quarter or year has; day 7 of the calendar was a Sunday."""


def answer(world: World, question: Question, now: float, users: Mapping[int, str]) -> Answer:
    """Return what the question comes to; `users` are the names of all people."""
    there = [row for row in world.entries.values() if _is_asked_for(row, world.me, question)]
    slices = [part for row in there for part in _slices(row, world.me, now) if _in_days(part.day, question, world, now)]
    meant = {part.row["id"] for part in slices if _fits(world, part.row, question)}
    labels = _Labels(world, [part.row for part in slices], users)
    slices = [part for part in slices if part.row["id"] in meant]
    groups: dict[tuple[str, ...], list[Slice]] = {}
    for part in slices:
        for key in product(*(labels.of(kind, part) for kind in question.get("group_by", ()))):
            groups.setdefault(key, []).append(part)
    starts = {row["id"]: _epoch(row["start"]) for row in there if _fits(world, row, question)}
    begun = [key for key, at in starts.items() if _in_days(_day(at, world.me), question, world, now)]
    return Answer(
        total=_count(slices),
        groups={key: _count(some) for key, some in groups.items()},
        running=sum(part.seconds for part in slices if part.row["duration"] < 0),
        begun=sorted(begun, key=lambda key: (starts[key], key), reverse=True),
        amounts=_earned(world, slices),
    )


def _is_asked_for(row: Row, me: Row, question: Question) -> bool:
    """Tell whether an entry may count at all: deleted ones do not, and what runs is in nobody's report."""
    mine = row["user_id"] == me["id"]
    whose = row["duration"] >= 0 if question.get("team") else mine
    return whose and not row["server_deleted_at"] and question.get("workspace_id") in (None, row["workspace_id"])


def _slices(row: Row, me: Row, now: float) -> Iterator[Slice]:
    start = _epoch(row["start"])
    end = max(start, int(now)) if row["duration"] < 0 else start if row["stop"] is None else _epoch(row["stop"])
    found = Counter({_day(start, me): 0} if end == start else {})
    at = start
    while at < end:
        until = min(end, at - at % MINUTE + MINUTE)
        found[_day(at, me)] += until - at
        at = until
    return (Slice(row, day, seconds) for day, seconds in found.items())


def _in_days(day: date, question: Question, world: World, now: float) -> bool:
    if "start" in question:
        return question["start"] <= day.isoformat() <= question["end"]
    today, period = _day(now, world.me), question.get("period", "today")
    if last := re.fullmatch(r"last_(\d+)_days", period):
        return 0 <= (today - day).days < int(last[1])
    which, _, unit = str({"today": "this_day", "yesterday": "last_day"}.get(period, period)).partition("_")
    number, begins_on = NUMBER[unit], world.me["beginning_of_week"]
    return number(day, begins_on) == number(today, begins_on) - (which == "last")


def _fits(world: World, row: Row, question: Question) -> bool:
    project, task = _project(world, row), world.tasks.get(row["task_id"] or 0)
    tags = [tag.casefold() for tag in row["tags"]] or ["0"]
    return (
        _is_meant(question.get("project"), project)
        and _is_meant(question.get("client"), _client(world, row))
        and _is_meant(question.get("task"), task)
        and question.get("tag", tags[0]).casefold() in tags
        and question.get("billable") in (None, row["billable"])
        and question.get("description", "").casefold() in (row["description"] or "").casefold()
    )


def _is_meant(ref: str | None, thing: Row | None) -> bool:
    if ref is None or thing is None:
        return ref in (None, "0")
    return ref.casefold() in (str(thing["id"]), thing["name"].casefold())


class _Labels:
    """What a part belongs to; a name that two of the entries' things have is told with its id."""

    def __init__(self, world: World, rows: list[Row], users: Mapping[int, str]) -> None:
        self._world = world
        self._users = users
        clients, projects = ([find(world, row) for row in rows] for find in (_client, _project))
        things = {(kind, thing["id"]): thing["name"] for kind, thing in self._known(clients, projects)}
        self._shared = Counter((kind, name) for (kind, _), name in things.items())

    def of(self, kind: str, part: Slice) -> list[str]:
        row, day, begins_on = part.row, part.day, self._world.me["beginning_of_week"]
        if kind == "tag":
            return row["tags"] or ["(no tag)"]
        if kind == "week":
            day = date.fromordinal(NUMBER["week"](day, begins_on) * 7 + begins_on)
        told = {
            "day": day.isoformat(),
            "week": day.isoformat(),
            "month": f"{day:%Y-%m}",
            "user": self._users.get(row["user_id"]),
            "billable": "yes" if row["billable"] else "no",
            "client": self._name("client", _client(self._world, row)),
            "project": self._name("project", _project(self._world, row)),
            "task": self._name("task", self._world.tasks.get(row["task_id"] or 0)),
            "description": row["description"],
        }
        return [told[kind] or f"(no {kind})"]

    def _name(self, kind: str, thing: Row | None) -> str | None:
        if thing is None:
            return None
        return f"{thing['name']} ({thing['id']})" if self._shared[kind, thing["name"]] > 1 else thing["name"]

    @staticmethod
    def _known(clients: list[Row | None], projects: list[Row | None]) -> Iterator[tuple[str, Row]]:
        yield from (("client", thing) for thing in clients if thing)
        yield from (("project", thing) for thing in projects if thing)


def _count(slices: list[Slice]) -> Count:
    return Count(sum(part.seconds for part in slices), len({part.row["id"] for part in slices}))


def _earned(world: World, slices: list[Slice]) -> dict[str, float]:
    """Return what was earned by currency: the project's rate, or else its workspace's, by the second."""
    found: dict[str, float] = {}
    for part in slices:
        space, project = world.workspaces[part.row["workspace_id"]], _project(world, part.row) or {}
        rate = project.get("rate") or space["default_hourly_rate"]
        if rate and part.row["billable"] and space["premium"] and part.row["duration"] >= 0:
            currency = project.get("currency") or space["default_currency"]
            found[currency] = found.get(currency, 0.0) + rate * part.seconds / 3600
    return found


def _project(world: World, row: Row) -> Row | None:
    return world.projects.get(row["project_id"] or 0)


def _client(world: World, row: Row) -> Row | None:
    return world.clients.get((_project(world, row) or {}).get("client_id") or 0)


def _day(seconds: float, me: Row) -> date:
    return _day_of_minute(int(seconds) // MINUTE, me["timezone"])


@cache
def _day_of_minute(minute: int, zone: str) -> date:
    """Return the date that the zone's clocks show; in none has a date begun within a minute since 2006."""
    return datetime.fromtimestamp(minute * MINUTE, ZoneInfo(zone)).date()


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
