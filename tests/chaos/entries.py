"""Time entries, for a run: those of all workspaces, by a clock that is not ours, and told late."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from tests.chaos.operations import CREATIONS, Process, Question, Things
from tests.chaos.resource import Resource
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.endpoints.time_entry_cache import TTL_SECONDS
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox
from toggl_mcp.sandbox.rows import Row, fine_stamp
from toggl_mcp.sandbox.state import State

VERBS = {"add": 6, "start": 3, "stop": 2, "edit": 4, "bulk": 3, "delete": 2} | {
    "get": 3,
    "collect": 3,
    "current": 2,
    "between": 2,
}
"""How often each is asked for."""
KEPT = 20
LATE = 40.0
"""Seconds after which others can see a change that a person has made, at the latest."""
PROJECTS = (0, 201_500_302, 201_500_307)
TAGS = ("design", "meeting", "on the way")


class Bodies(NamedTuple):
    """What is said of new entries and of changes."""

    made: TimeEntryBody
    started: TimeEntryBody
    change: TimeEntryBody
    many: TimeEntryBody


class Entries(Resource):
    """The time entries of the token's owner."""

    MODEL = TimeEntry
    ENDPOINT = AsyncTimeEntryEndpoint
    PARENT = 0
    LABEL = "description"
    OURS = {}  # noqa: RUF012 - declared in the base as what it is
    FRESH = TTL_SECONDS
    BEHIND = 600.0

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.entries

    def rows(self, world: State) -> Iterable[Row]:
        mine = [row for row in world.entries.values() if row["user_id"] == world.me["id"]]
        return [row for row in mine if row["server_deleted_at"] is None]

    def prepare(self, sandbox: Sandbox) -> None:
        """Let there be requests enough, and of the entries some of each workspace."""
        super().prepare(sandbox)
        for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL):
            mine = [row for row in self.rows(sandbox.state) if row["workspace_id"] == workspace]
            for row in sorted(mine, key=lambda row: row["start"])[: -KEPT if workspace == HARBOUR_STUDIO else -2]:
                del sandbox.state.entries[row["id"]]

    def question(self, chance: random.Random, there: Things, about: int, new: str, now: float) -> Question:
        elsewhere = [entry.id for entry in there.values() if entry.workspace_id != HARBOUR_STUDIO]
        (verb,) = chance.choices(list(VERBS), list(VERBS.values()))
        verb = "bulk" if about in elsewhere else verb
        refresh = chance.random() < 0.2
        bodies = _bodies(chance, there, new, now)
        ids = tuple(dict.fromkeys([about, *elsewhere, *chance.choices(list(there), k=chance.choice([0, 0, 3]))]))
        first = datetime.fromtimestamp(now, UTC) - timedelta(hours=chance.randrange(1, 40))
        end = first + timedelta(hours=8)
        puts: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.entries.add(bodies.made),
            "start": lambda process: process.entries.start(bodies.started),
            "stop": lambda process: process.entries.stop(about),
            "edit": lambda process: process.entries.edit(about, bodies.change),
            "bulk": lambda process: process.entries.bulk_edit(ids, bodies.many),
            "delete": lambda process: process.entries.delete(about),
            "get": lambda process: process.entries.find(about, refresh=refresh),
            "collect": lambda process: process.entries.read(refresh=refresh),
            "current": lambda process: process.entries.current(refresh=refresh),
            "between": lambda process: process.entries.collect(first, end, refresh=refresh),
        }
        body = {"add": bodies.made, "start": bodies.started, "edit": bodies.change, "bulk": bodies.many}.get(verb)
        expected: dict[str, Callable[[Things], Things]] = {
            "current": _timers,
            "between": lambda view: _between(view, first, end),
        }
        wanted = _wanted(body, new=verb in CREATIONS)
        name = bodies.made.description if verb == "add" else new
        return Question(verb, about, name or "", refresh, puts[verb], wanted, ids, expected.get(verb))

    def meddles(self, question: Question, there: Things) -> bool:
        """Tell whether more than its own entry is reached: by a change of many, or where a timer stops another."""
        starts = question.verb == "start" or (question.verb == "add" and question.wanted.get("duration") == -1)
        elsewhere = {entry.id for entry in there.values() if entry.workspace_id != HARBOUR_STUDIO}
        many = question.verb == "bulk" and bool({*question.ids} - elsewhere - {question.about})
        return many or (starts and question.about not in _timers(there))

    def plain(self, thing: WorkspaceResource) -> WorkspaceResource:
        """Return an entry without when its timer was started, said once more, and with its tags in one order."""
        entry = cast("TimeEntry", thing)
        return entry.model_copy(update={"duration": max(-1, entry.duration), "tags": sorted(entry.tags)})

    def impossible(self, view: Things) -> bool:
        """Tell whether more than one timer runs."""
        return len(_timers(view)) > 1

    def touch(self, world: State, chance: random.Random, among: Collection[int], new: str) -> None:
        before = {row["id"]: row["at"] for row in world.entries.values()}
        self._touch(world, chance, chance.choice(list(among)), among, new)
        late = chance.uniform(0, LATE)
        for row in world.entries.values():
            if row["at"] != before.get(row["id"]):
                row["at"] = max(before.get(row["id"], ""), fine_stamp(world.now() - late))

    def _touch(self, world: State, chance: random.Random, about: int, among: Collection[int], new: str) -> None:
        match chance.choice(["describe", "move", "stop", "begin", "add", "remove"]):
            case "describe":
                world.edit_entry(about, description=new)
            case "move":
                world.edit_entry(about, project_id=chance.choice([None, *PROJECTS[1:]]))
            case "stop" if world.entries[about]["duration"] < 0:
                world.stop_entry(about)
            case "begin" if all(row["duration"] >= 0 or row["id"] in among for row in self.rows(world)):
                world.add_entry(chance.choice([HARBOUR_STUDIO, NIGHT_SCHOOL]), world.now(), running=True)
            case "remove":
                self.remove(world, about)
            case _:
                self.add(world, new)

    def add(self, world: State, new: str) -> None:
        world.add_entry(HARBOUR_STUDIO, world.now() - 900, stop=world.now(), description=new)

    def remove(self, world: State, about: int) -> None:
        world.remove_entry(about)


def _bodies(chance: random.Random, there: Things, new: str, now: float) -> Bodies:
    """Return what is said; a new entry is sometimes the same as one that is there, or its timer runs."""
    moment = datetime.fromtimestamp(int(now), UTC)
    stop = moment - timedelta(minutes=chance.randrange(60))
    work = TimeEntryBody(description=new, project_id=chance.choice(PROJECTS))
    made = work.model_copy(update={"start": stop - timedelta(minutes=chance.randrange(1, 300))})
    if chance.random() < 0.25:
        entry = cast("TimeEntry", chance.choice(list(there.values())))
        again = {"description": entry.description, "project_id": entry.project_id or 0, "start": entry.start}
        made = work.model_copy(update=again)
    ends = chance.choice([{}, {"duration": 600}, {"duration": 1500}])
    changes = [
        TimeEntryBody(description=new),
        TimeEntryBody(project_id=chance.choice(PROJECTS)),
        TimeEntryBody(billable=chance.random() < 0.5),
        TimeEntryBody(tags=chance.sample(TAGS, k=2), tag_action=chance.choice([None, "add", "delete"])),
        TimeEntryBody(duration=chance.randrange(60, 6000)),
    ]
    times = [TimeEntryBody(stop=stop), TimeEntryBody(start=stop - timedelta(hours=chance.randrange(1, 30)))]
    change = chance.choice([*changes, *times])
    return Bodies(made.model_copy(update=ends), work, change, chance.choice(changes))


def _wanted(body: TimeEntryBody | None, *, new: bool) -> Mapping[str, object]:
    """Return what is so of an entry after this."""
    if body is None:
        return {}
    said = body.model_dump(include={"description", "project_id", "billable", "start", "duration"}, exclude_none=True)
    runs = {"duration": -1} if new and body.duration is None else {}
    return said | runs | ({"project_id": body.project_id or None} if body.project_id is not None else {})


def _timers(view: Things) -> Things:
    return {key: thing for key, thing in view.items() if cast("TimeEntry", thing).running}


def _between(view: Things, first: datetime, end: datetime) -> Things:
    return {key: thing for key, thing in view.items() if first <= cast("TimeEntry", thing).start < end}


ENTRIES = Entries()
