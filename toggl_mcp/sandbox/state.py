"""Everything that this Toggl Track knows."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property

from toggl_mcp.sandbox import rows
from toggl_mcp.sandbox.rows import Row, fine_stamp, stamp

_FIRST_NEW_ID = 301_600_001  # Above those of the sample: of two rows, the later has the higher id.
_FIRST_NEW_ENTRY_ID = 3_740_000_001


class State:
    """The rows, exactly as they are sent; its methods do what a person does in Toggl's web app.

    Attributes:
        me: The sample user, with the secrets that Toggl sends along.
        people: The names of the users, by id.
        organizations: By id.
        workspaces: By id, with their secrets.
        clients: By id.
        projects: By id.
        tags: By id.
        tasks: By id.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        me: Row,
        *,
        workspaces: list[Row],
        clients: list[Row],
        projects: list[Row],
        tags: list[Row],
        tasks: list[Row],
        entries: Callable[[], list[Row]],
    ) -> None:
        self._clock = clock
        self._ids = itertools.count(_FIRST_NEW_ID)
        self._entry_ids = itertools.count(_FIRST_NEW_ENTRY_ID)
        self.me = me
        self.people: dict[int, str] = {}
        self.organizations: dict[int, Row] = {}
        self.workspaces = _by_id(workspaces)
        self.clients = _by_id(clients)
        self.projects = _by_id(projects)
        self.tags = _by_id(tags)
        self.tasks = _by_id(tasks)
        self._make_entries = entries

    @cached_property
    def entries(self) -> dict[int, Row]:
        """Every time entry, deleted ones and those of colleagues too, by id; made when somebody first looks."""
        return _by_id(self._make_entries())

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock()

    def add_organization(self, name: str, workspace_name: str) -> tuple[Row, Row]:
        """The rows of a new organization, on the free plan, and of its first workspace."""
        organization_id = next(self._ids)
        self.organizations[organization_id] = rows.organization(organization_id, name, "free", self._clock())
        return self.organizations[organization_id], self.add_workspace(organization_id, workspace_name)

    def edit_organization(self, organization_id: int, **changes: object) -> Row:
        """The organization's row after these changes."""
        return rows.apply_changes(self.organizations[organization_id], changes, fine_stamp(self._clock()))

    def leave_organization(self, organization_id: int) -> None:
        """Take the user out of an organization: it is out of sight, and so are its workspaces."""
        del self.organizations[organization_id]
        for row in self.workspaces_of(organization_id):
            del self.workspaces[row["id"]]

    def add_workspace(self, organization_id: int, name: str, **more: object) -> Row:
        """A new workspace's row, on the organization's plan."""
        workspace_id, plan = next(self._ids), self.organizations[organization_id]["pricing_plan_name"].lower()
        self.workspaces[workspace_id] = rows.workspace(workspace_id, organization_id, name, plan, self._clock())
        return self.edit_workspace(workspace_id, **more)

    def edit_workspace(self, workspace_id: int, **changes: object) -> Row:
        """The workspace's row after these changes."""
        return rows.apply_changes(self.workspaces[workspace_id], changes, stamp(self._clock()))

    def workspaces_of(self, organization_id: int) -> list[Row]:
        """The workspaces of an organization."""
        return [row for row in self.workspaces.values() if row["organization_id"] == organization_id]

    def add_client(
        self,
        workspace_id: int,
        name: str,
        *,
        archived: bool = False,
        notes: str | None = None,
        external_reference: str | None = None,
    ) -> Row:
        """A new client's row."""
        client_id = next(self._ids)
        row: Row = {
            "id": client_id,
            "wid": workspace_id,
            "archived": archived,
            "name": name,
            "at": stamp(self._clock()),
        }
        self.clients[client_id] = row | {"creator_id": self.me["id"]}
        return self.edit_client(client_id, notes=notes or "", external_reference=external_reference or "")

    def edit_client(self, client_id: int, **changes: object) -> Row:
        """The client's row after these changes; fields set to "" go away."""
        return rows.apply_changes(self.clients[client_id], changes, stamp(self._clock()))

    def rename_client(self, client_id: int, name: str) -> Row:
        """The client's row under its new name."""
        return self.edit_client(client_id, name=name)

    def archive_client(self, client_id: int) -> list[int]:
        """The ids of the projects that were archived with the client."""
        self.edit_client(client_id, archived=True)
        archived = [row["id"] for row in self._projects_of(client_id) if row["active"]]
        for project_id in archived:
            self.edit_project(project_id, active=False)
        return archived

    def restore_client(self, client_id: int, project_ids: Iterable[int] | None = ()) -> Row:
        """The restored client's row; these of its projects are active again, and all of them for `None`."""
        for row in self._projects_of(client_id):
            if not row["active"] and (project_ids is None or row["id"] in project_ids):
                self.edit_project(row["id"], active=True)
        return self.edit_client(client_id, archived=False)

    def remove_client(self, client_id: int) -> None:
        """Forget the client; its projects stay without one."""
        for row in self._projects_of(client_id):
            self.edit_project(row["id"], client_id=None)
        del self.clients[client_id]

    def add_project(self, workspace_id: int, name: str, client_id: int | None = None, **more: object) -> Row:
        """A new project's row, active unless `more` says otherwise."""
        project_id = next(self._ids)
        row = rows.project(project_id, workspace_id, name, self._clock(), client_id=client_id)
        self.projects[project_id] = row
        return self.edit_project(project_id, **more)

    def edit_project(self, project_id: int, **changes: object) -> Row:
        """The project's row after these changes; fields set to "" go away."""
        return rows.sync_project_fields(rows.apply_changes(self.projects[project_id], changes, stamp(self._clock())))

    def rename_project(self, project_id: int, name: str) -> Row:
        """The project's row under its new name."""
        return self.edit_project(project_id, name=name)

    def count_tracked(self, projects: list[Row]) -> list[Row]:
        """The projects' rows with the time that everybody tracked on each, null if it is none; timers do not count."""
        seconds: Counter[int] = Counter()
        for row in self.entries.values():
            if row["server_deleted_at"] is None:
                seconds[row["project_id"]] += max(0, row["duration"])
        return [
            row | {"actual_seconds": total or None, "actual_hours": round(total / 3600) or None}
            for row in projects
            for total in [seconds[row["id"]]]
        ]

    def remove_project(self, project_id: int) -> None:
        """Forget the project and its tasks; its entries stay without one."""
        del self.projects[project_id]
        for row in [row for row in self.entries.values() if row["project_id"] == project_id]:
            self.edit_entry(row["id"], project_id=None)
        for row in [row for row in self.tasks.values() if row["project_id"] == project_id]:
            self.remove_task(row["id"])

    def add_tag(self, workspace_id: int, name: str) -> Row:
        """A new tag's row."""
        tag_id = next(self._ids)
        self.tags[tag_id] = rows.tag(tag_id, workspace_id, name, self._clock(), self.me["id"])
        return self.tags[tag_id]

    def rename_tag(self, tag_id: int, name: str) -> Row:
        """The tag's row under its new name, which entries that have it show as well."""
        for row in self._entries_with_tag(tag_id):
            attached = zip(row["tag_ids"], row["tags"], strict=True)
            row["tags"] = [name if attached_id == tag_id else old for attached_id, old in attached]
        return rows.apply_changes(self.tags[tag_id], {"name": name}, fine_stamp(self._clock()))

    def remove_tag(self, tag_id: int) -> None:
        """Forget the tag, and take it off entries."""
        for row in self._entries_with_tag(tag_id):
            self.edit_entry(row["id"], tags=[name for name in row["tags"] if name != self.tags[tag_id]["name"]])
        del self.tags[tag_id]

    def add_task(self, project_id: int, name: str, **more: object) -> Row:
        """A new task's row, active and nobody's unless `more` says otherwise."""
        task_id = next(self._ids)
        self.tasks[task_id] = rows.task(task_id, self.projects[project_id], name, self._clock(), None)
        return self.edit_task(task_id, **more)

    def edit_task(self, task_id: int, **changes: object) -> Row:
        """The task's row after these changes; fields set to "" go away."""
        return rows.apply_changes(self.tasks[task_id], changes, stamp(self._clock()))

    def remove_task(self, task_id: int) -> None:
        """Forget the task; its entries stay without one."""
        del self.tasks[task_id]
        for row in [row for row in self.entries.values() if row["task_id"] == task_id]:
            self.edit_entry(row["id"], task_id=None)

    def add_entry(
        self,
        workspace_id: int,
        start: float,
        *,
        stop: float | None = None,
        running: bool = False,
        alone: bool = True,
        user_id: int | None = None,
        **more: object,
    ) -> Row:
        """A new time entry's row, without a length if it has no stop; one that runs `alone` stops the user's other."""
        owner_id: int = self.me["id"] if user_id is None else user_id
        entry_id = next(self._entry_ids)
        self.entries[entry_id] = rows.entry(entry_id, workspace_id, start, self._clock(), owner_id)
        row = self.edit_entry(entry_id, stop=stop, duration=-1 if running and alone else 0, **more)
        if running and not alone:
            row |= {"duration": -rows.seconds(row["start"]), "stop": None}
        return row

    def edit_entry(self, entry_id: int, **changes: object) -> Row:
        """The time entry's row after these changes: `tags` are names, moments may be seconds, and one timer runs."""
        row = self.entries[entry_id]
        for field, value in changes.items():
            row[field] = stamp(value) if field in ("start", "stop") and isinstance(value, int | float) else value
        row["at"] = fine_stamp(self._clock())
        if "tags" in changes:
            row["tag_ids"] = [self._tag_id(row["workspace_id"], name) for name in row["tags"]]
        rows.sync_entry_fields(row)
        if row["duration"] < 0 and row["server_deleted_at"] is None:
            self._stop_others(row)
        return row

    def stop_entry(self, entry_id: int, at: float | None = None) -> Row:
        """The row of the time entry whose timer is stopped, now or at another moment, but not before it began."""
        end = self._clock() if at is None else at
        return self.edit_entry(entry_id, stop=max(end, rows.seconds(self.entries[entry_id]["start"])))

    def remove_entry(self, entry_id: int) -> None:
        """Delete the time entry: Toggl keeps it, and tells of it only among what has changed."""
        self.edit_entry(entry_id, server_deleted_at=stamp(self._clock()))

    def _stop_others(self, timer: Row) -> None:
        for row in self.entries.values():
            running = row["duration"] < 0 and row["server_deleted_at"] is None
            if running and row["user_id"] == timer["user_id"] and row is not timer:
                self.stop_entry(row["id"], rows.seconds(timer["start"]))

    def _tag_id(self, workspace_id: int, name: str) -> int:
        tag_ids = [
            row["id"] for row in self.tags.values() if (row["workspace_id"], row["name"]) == (workspace_id, name)
        ]
        return tag_ids[0] if tag_ids else self.add_tag(workspace_id, name)["id"]

    def _entries_with_tag(self, tag_id: int) -> list[Row]:
        return [row for row in self.entries.values() if tag_id in row["tag_ids"]]

    def _projects_of(self, client_id: int) -> list[Row]:
        return [row for row in self.projects.values() if row["client_id"] == client_id]


def _by_id(rows: list[Row]) -> dict[int, Row]:
    return {row["id"]: row for row in rows}
