"""Everything that this Toggl Track knows."""

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]

_FIRST_NEW_ID = 65_000_001


def stamp(seconds: float) -> str:
    """A moment as Toggl writes it on clients and workspaces."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


class World:
    """The rows, exactly as they are sent; its methods do what a person does in Toggl's web app.

    Attributes:
        me: The sample user, with the secrets that Toggl sends along.
        workspaces: By id, with their secrets.
        clients: By id.
        projects: By id, with no more fields than clients need: id, workspace, client, name and whether it is active.
    """

    def __init__(
        self, clock: Callable[[], float], me: Row, *, workspaces: list[Row], clients: list[Row], projects: list[Row]
    ) -> None:
        self._clock = clock
        self._ids = itertools.count(_FIRST_NEW_ID)
        self.me = me
        self.workspaces = _by_id(workspaces)
        self.clients = _by_id(clients)
        self.projects = _by_id(projects)

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
        row = self.clients[client_id]
        row |= changes | {"at": stamp(self._clock())}
        for field in [field for field, value in row.items() if value == ""]:
            del row[field]
        return row

    def rename_client(self, client_id: int, name: str) -> Row:
        """The client's row under its new name."""
        return self.edit_client(client_id, name=name)

    def archive_client(self, client_id: int) -> list[int]:
        """The ids of the projects that were archived with the client."""
        self.edit_client(client_id, archived=True)
        archived = [row for row in self._projects_of(client_id) if row["active"]]
        for row in archived:
            row["active"] = False
        return [row["id"] for row in archived]

    def restore_client(self, client_id: int, project_ids: Iterable[int] | None = ()) -> Row:
        """The restored client's row; these of its projects are active again, and all of them for `None`."""
        for row in self._projects_of(client_id):
            row["active"] = row["active"] or project_ids is None or row["id"] in project_ids
        return self.edit_client(client_id, archived=False)

    def remove_client(self, client_id: int) -> None:
        """Forget the client; its projects stay without one."""
        for row in self._projects_of(client_id):
            row["client_id"] = None
        del self.clients[client_id]

    def _projects_of(self, client_id: int) -> list[Row]:
        return [row for row in self.projects.values() if row["client_id"] == client_id]


def _by_id(rows: list[Row]) -> dict[int, Row]:
    return {row["id"]: row for row in rows}
