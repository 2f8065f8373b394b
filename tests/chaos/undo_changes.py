"""The changes that are undone, each as one call makes it."""

import random
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Any

from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.endpoints.undo_plan import ItemKey
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.models.tags import TagBody
from toggl_mcp.models.tasks import TaskBody
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO
from toggl_mcp.sandbox.state import State

Change = tuple[str, Callable[[], Awaitable[object]]]
"""What a change is called in a violation, and what makes it."""
ACTIVE_SHARE = 0.5
MAX_EDITED = 4
MAX_CREATED = 3


def choose_change(
    toggl: Toggl, state: State, chance: random.Random, name: str, keys: Collection[ItemKey] = ()
) -> Change:
    """Return one of the changes that are possible, of rows that there are: of these if any are given."""
    ids = {row_id for _, row_id in keys}
    changes = _list_named_changes(toggl, state, chance, name, ids)
    changes["time_entry"] = EntryChanges(toggl, state, chance, name, ids).list_changes()
    kinds = {kind for kind, _ in keys} or changes.keys()
    return chance.choice([change for kind, kind_changes in changes.items() if kind in kinds for change in kind_changes])


def _choose(table: dict[int, dict[str, Any]], chance: random.Random, ids: Collection[int]) -> dict[str, Any]:
    """Return a row of the workspace, one of these ids if there is one."""
    rows = [row for row in table.values() if row.get("workspace_id", row.get("wid")) == HARBOUR_STUDIO]
    return chance.choice([row for row in rows if row["id"] in ids] or rows)


def _list_named_changes(
    toggl: Toggl, state: State, chance: random.Random, name: str, ids: Collection[int]
) -> dict[str, list[Change]]:
    """Return a change of each sort of clients, projects, tasks and tags, by kind."""
    clients, projects = toggl.clients(HARBOUR_STUDIO), toggl.projects(HARBOUR_STUDIO)
    tags, tasks = toggl.tags(HARBOUR_STUDIO), toggl.tasks(HARBOUR_STUDIO)
    client_id, project_id, tag_id, task_id = (
        _choose(table, chance, ids)["id"] for table in (state.clients, state.projects, state.tags, state.tasks)
    )
    is_active = chance.random() < ACTIVE_SHARE
    return {
        "client": [
            ("create client", lambda: clients.add(ClientBody(name=name))),
            ("edit client", lambda: clients.edit(client_id, ClientBody(notes=name))),
            ("archive client", lambda: clients.archive(client_id)),
            ("delete client", lambda: clients.delete(client_id)),
        ],
        "project": [
            ("create project", lambda: projects.add(ProjectBody(name=name))),
            ("edit project", lambda: projects.edit(project_id, ProjectBody(name=name))),
            ("delete project", lambda: projects.delete(project_id)),
        ],
        "task": [
            ("create task", lambda: tasks.add(project_id, TaskBody(name=name))),
            ("edit task", lambda: tasks.edit(task_id, TaskBody(name=name, active=is_active))),
            ("delete task", lambda: tasks.delete(task_id)),
        ],
        "tag": [
            ("create tag", lambda: tags.add(TagBody(name=name))),
            ("edit tag", lambda: tags.edit(tag_id, TagBody(name=name))),
            ("delete tag", lambda: tags.delete(tag_id)),
        ],
    }


class EntryChanges:
    """Changes of time entries, of which some are chosen."""

    def __init__(
        self, toggl: Toggl, state: State, chance: random.Random, name: str, preferred_ids: Collection[int]
    ) -> None:
        ids = [key for key, row in state.entries.items() if row["server_deleted_at"] is None]
        ids = [key for key in ids if key in preferred_ids] or ids
        self._ids = chance.sample(ids, k=min(len(ids), chance.randint(1, MAX_EDITED)))
        self._entries = toggl.time_entries(HARBOUR_STUDIO)
        self._tags = toggl.tags(HARBOUR_STUDIO)
        self._start, self._name = toggl.now_utc(), name
        self._tag, self._merged_tag = (_choose(state.tags, chance, ids) for ids in ((), preferred_ids))
        tag_body = TimeEntryBody(tags=[self._tag["name"]])
        self._body = chance.choice([TimeEntryBody(description=name), TimeEntryBody(billable=True), tag_body])

    def list_changes(self) -> list[Change]:
        """Return the changes that are possible."""
        return [
            ("create entry", self._create),
            ("create entries", self._create_several),
            ("start timer", lambda: self._entries.start(TimeEntryBody(description=self._name))),
            ("stop timer", self._entries.stop_current),
            ("merge tags", self._merge_tags),
            ("edit entry", self._edit),
            ("edit entries", self._edit_several),
            ("delete entries", self._delete_several),
            ("split entry", self._split),
        ]

    async def _read(self) -> None:
        await self._entries.read_authoritative(lambda collection: set(self._ids) <= collection.items.keys())

    async def _create(self) -> None:
        await self._entries.add(TimeEntryBody(start=self._start, duration=60, description=self._name))

    async def _create_several(self) -> None:
        for part in range(MAX_CREATED):
            start = self._start - timedelta(hours=part + 1)
            await self._entries.add(TimeEntryBody(start=start, duration=60, description=f"{self._name}, part {part}"))

    async def _edit(self) -> None:
        await self._read()
        await self._entries.edit(self._ids[0], self._body)

    async def _edit_several(self) -> None:
        await self._read()
        await self._entries.bulk_edit(self._ids, self._body)

    async def _delete_several(self) -> None:
        await self._read()
        for entry_id in self._ids:
            await self._entries.delete(entry_id)

    async def _split(self) -> None:
        await self._read()
        entry = (await self._entries.reserved.find(self._ids[0])).item
        if entry is None or entry.running:
            return
        length = entry.duration // 2
        stop = entry.start + timedelta(seconds=length)
        later_half = TimeEntryBody(start=stop, duration=entry.duration - length, description=entry.description)
        await self._entries.add(later_half)
        await self._entries.edit(entry, TimeEntryBody(start=entry.start, stop=stop, duration=length))

    async def _merge_tags(self) -> None:
        items = (await self._entries.reserved.read(refresh=True)).collection.items.values()
        name = self._merged_tag["name"]
        tagged = [item for item in items if item.workspace_id == HARBOUR_STUDIO and name in item.tags]
        await self._entries.bulk_edit(tagged, TimeEntryBody(tags=[self._tag["name"]], tag_action="add"))
        await self._tags.delete(self._merged_tag["id"])
