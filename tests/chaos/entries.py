"""Time entries as the resource of a run: of all workspaces, by Toggl's own clock, with late updates."""

import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from tests.chaos.operations import CREATIONS, Items, Operation, Process
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
"""The relative frequency of each verb."""
MAX_ENTRIES = 20
MAX_DELAY_SECONDS = 40.0
"""Seconds after which a person's change is visible to others, at the latest."""
PROJECTS = (0, 201_500_302, 201_500_307)
TAGS = ("design", "meeting", "on the way")


class Bodies(NamedTuple):
    """The fields of new entries and of edits."""

    new_entry: TimeEntryBody
    timer: TimeEntryBody
    change: TimeEntryBody
    bulk: TimeEntryBody


class Entries(Resource):
    """The time entries of the token's owner."""

    MODEL = TimeEntry
    ENDPOINT = AsyncTimeEntryEndpoint
    PARENT = 0
    LABEL = "description"
    PROCESS_FIELDS = {}  # noqa: RUF012 - declared in the base as what it is
    FRESH_SECONDS = TTL_SECONDS
    CLOCK_SKEW_SECONDS = 600.0

    def endpoint(self, process: Process) -> CachedEndpoint[Any]:
        return process.entries

    def rows(self, state: State) -> Iterable[Row]:
        own_rows = [row for row in state.entries.values() if row["user_id"] == state.me["id"]]
        return [row for row in own_rows if row["server_deleted_at"] is None]

    def prepare(self, sandbox: Sandbox) -> None:
        """Grant enough requests, and keep some entries of each workspace."""
        super().prepare(sandbox)
        for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL):
            own_rows = [row for row in self.rows(sandbox.state) if row["workspace_id"] == workspace]
            for row in sorted(own_rows, key=lambda row: row["start"])[
                : -MAX_ENTRIES if workspace == HARBOUR_STUDIO else -2
            ]:
                del sandbox.state.entries[row["id"]]

    def operation(self, chance: random.Random, items: Items, target_id: int, new_name: str, now: float) -> Operation:
        foreign_ids = [entry.id for entry in items.values() if entry.workspace_id != HARBOUR_STUDIO]
        (verb,) = chance.choices(list(VERBS), list(VERBS.values()))
        verb = "bulk" if target_id in foreign_ids else verb
        refresh = chance.random() < 0.2
        bodies = _bodies(chance, items, new_name, now)
        ids = tuple(dict.fromkeys([target_id, *foreign_ids, *chance.choices(list(items), k=chance.choice([0, 0, 3]))]))
        first = datetime.fromtimestamp(now, UTC) - timedelta(hours=chance.randrange(1, 40))
        end = first + timedelta(hours=8)
        calls: dict[str, Callable[[Process], Awaitable[object]]] = {
            "add": lambda process: process.entries.add(bodies.new_entry),
            "start": lambda process: process.entries.start(bodies.timer),
            "stop": lambda process: process.entries.stop(target_id),
            "edit": lambda process: process.entries.edit(target_id, bodies.change),
            "bulk": lambda process: process.entries.bulk_edit(ids, bodies.bulk),
            "delete": lambda process: process.entries.delete(target_id),
            "get": lambda process: process.entries.find(target_id, refresh=refresh),
            "collect": lambda process: process.entries.read(refresh=refresh),
            "current": lambda process: process.entries.current(refresh=refresh),
            "between": lambda process: process.entries.collect(first, end, refresh=refresh),
        }
        body = {"add": bodies.new_entry, "start": bodies.timer, "edit": bodies.change, "bulk": bodies.bulk}.get(verb)
        expected: dict[str, Callable[[Items], Items]] = {
            "current": _timers,
            "between": lambda view: _started_between(view, first, end),
        }
        expected_fields = _expected_fields(body, is_new=verb in CREATIONS)
        name = bodies.new_entry.description if verb == "add" else new_name
        return Operation(verb, target_id, name or "", refresh, calls[verb], expected_fields, ids, expected.get(verb))

    def affects_others(self, operation: Operation, items: Items) -> bool:
        """Return whether an operation reaches other entries too: a bulk edit, or a start that stops another timer."""
        starts = operation.verb == "start" or (
            operation.verb == "add" and operation.expected_fields.get("duration") == -1
        )
        foreign_ids = {entry.id for entry in items.values() if entry.workspace_id != HARBOUR_STUDIO}
        is_bulk = operation.verb == "bulk" and bool({*operation.ids} - foreign_ids - {operation.target_id})
        return is_bulk or (starts and operation.target_id not in _timers(items))

    def normalize(self, item: WorkspaceResource) -> WorkspaceResource:
        """Return an entry without its timer's start, and with its tags in sorted order."""
        entry = cast("TimeEntry", item)
        return entry.model_copy(update={"duration": max(-1, entry.duration), "tags": sorted(entry.tags)})

    def is_impossible(self, view: Items) -> bool:
        """Return whether more than one timer runs."""
        return len(_timers(view)) > 1

    def touch(self, state: State, chance: random.Random, ids: Collection[int], new_name: str) -> None:
        before = {row["id"]: row["at"] for row in state.entries.values()}
        self._touch(state, chance, chance.choice(list(ids)), ids, new_name)
        late = chance.uniform(0, MAX_DELAY_SECONDS)
        for row in state.entries.values():
            if row["at"] != before.get(row["id"]):
                row["at"] = max(before.get(row["id"], ""), fine_stamp(state.now() - late))

    def _touch(self, state: State, chance: random.Random, target_id: int, ids: Collection[int], new_name: str) -> None:
        match chance.choice(["describe", "move", "stop", "begin", "add", "remove"]):
            case "describe":
                state.edit_entry(target_id, description=new_name)
            case "move":
                state.edit_entry(target_id, project_id=chance.choice([None, *PROJECTS[1:]]))
            case "stop" if state.entries[target_id]["duration"] < 0:
                state.stop_entry(target_id)
            case "begin" if all(row["duration"] >= 0 or row["id"] in ids for row in self.rows(state)):
                state.add_entry(chance.choice([HARBOUR_STUDIO, NIGHT_SCHOOL]), state.now(), running=True)
            case "remove":
                self.remove(state, target_id)
            case _:
                self.add(state, new_name)

    def add(self, state: State, new_name: str) -> None:
        state.add_entry(HARBOUR_STUDIO, state.now() - 900, stop=state.now(), description=new_name)

    def remove(self, state: State, target_id: int) -> None:
        state.remove_entry(target_id)


def _bodies(chance: random.Random, items: Items, new_name: str, now: float) -> Bodies:
    """Return a random body; a new entry sometimes repeats an existing one, or its timer runs."""
    moment = datetime.fromtimestamp(int(now), UTC)
    stop = moment - timedelta(minutes=chance.randrange(60))
    work = TimeEntryBody(description=new_name, project_id=chance.choice(PROJECTS))
    new_entry = work.model_copy(update={"start": stop - timedelta(minutes=chance.randrange(1, 300))})
    if chance.random() < 0.25:
        entry = cast("TimeEntry", chance.choice(list(items.values())))
        repeat = {"description": entry.description, "project_id": entry.project_id or 0, "start": entry.start}
        new_entry = work.model_copy(update=repeat)
    ends = chance.choice([{}, {"duration": 600}, {"duration": 1500}])
    changes = [
        TimeEntryBody(description=new_name),
        TimeEntryBody(project_id=chance.choice(PROJECTS)),
        TimeEntryBody(billable=chance.random() < 0.5),
        TimeEntryBody(tags=chance.sample(TAGS, k=2), tag_action=chance.choice([None, "add", "delete"])),
        TimeEntryBody(duration=chance.randrange(60, 6000)),
    ]
    times = [TimeEntryBody(stop=stop), TimeEntryBody(start=stop - timedelta(hours=chance.randrange(1, 30)))]
    change = chance.choice([*changes, *times])
    return Bodies(new_entry.model_copy(update=ends), work, change, chance.choice(changes))


def _expected_fields(body: TimeEntryBody | None, *, is_new: bool) -> Mapping[str, object]:
    """Return the fields that an entry has after this body."""
    if body is None:
        return {}
    fields = body.model_dump(include={"description", "project_id", "billable", "start", "duration"}, exclude_none=True)
    runs = {"duration": -1} if is_new and body.duration is None else {}
    return fields | runs | ({"project_id": body.project_id or None} if body.project_id is not None else {})


def _timers(view: Items) -> Items:
    return {key: item for key, item in view.items() if cast("TimeEntry", item).running}


def _started_between(view: Items, first: datetime, end: datetime) -> Items:
    return {key: item for key, item in view.items() if first <= cast("TimeEntry", item).start < end}


ENTRIES = Entries()
