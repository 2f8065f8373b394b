"""The tags of a workspace."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import FOREIGN, LONGEST_PAGE, Asked, Operation
from toggl_mcp.sandbox.responses import Refused, answer, error
from toggl_mcp.sandbox.rows import Row

_MANAGERS_ONLY = "Only organization or workspace administrators may manage tags in this workspace."


def _list(asked: Asked) -> Response:
    rows = asked.named(_of_workspace(asked, FOREIGN), "search")
    return asked.rows(asked.page(rows, LONGEST_PAGE) if {"page", "per_page"} & asked.query.keys() else rows)


def _create(asked: Asked) -> Response:
    name = _valid_name(asked, _of_workspace(asked))
    return answer(asked.world.add_tag(asked.ids["workspace_id"], name))


def _update(asked: Asked) -> Response:
    row = _found(asked)
    name = _valid_name(asked, [other for other in _of_workspace(asked) if other is not row])
    return answer(asked.world.rename_tag(row["id"], name))


def _delete(asked: Asked) -> Response:
    asked.world.remove_tag(_found(asked)["id"])
    return Response()


def _of_workspace(asked: Asked, foreign: str = _MANAGERS_ONLY) -> list[Row]:
    workspace_id = asked.workspace(foreign)["id"]
    return [row for row in asked.world.tags.values() if row["workspace_id"] == workspace_id]


def _found(asked: Asked) -> Row:
    for row in _of_workspace(asked):
        if row["id"] == asked.ids["tag_id"]:
            return row
    raise Refused(error(404, "Tag was not found"))


def _valid_name(asked: Asked, others: list[Row]) -> str:
    name = asked.texts("name", otherwise="Invalid JSON input").get("name", "")
    taken = f"a tag with the name '{name.strip()}' already exists"
    return asked.unused_name(name, others, empty="tag name can't be blank", taken=taken)


OPERATIONS: Mapping[str, Operation] = {
    "GET /workspaces/{workspace_id}/tags": _list,
    "POST /workspaces/{workspace_id}/tags": _create,
    "PUT /workspaces/{workspace_id}/tags/{tag_id}": _update,
    "DELETE /workspaces/{workspace_id}/tags/{tag_id}": _delete,
}
