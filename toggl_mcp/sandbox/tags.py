"""The tags of a workspace."""

from collections.abc import Mapping

from starlette.responses import Response

from toggl_mcp.sandbox.request import FOREIGN, MAX_PAGE_SIZE, Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, empty_response, error, json_response
from toggl_mcp.sandbox.rows import Row, by_name

_MANAGERS_ONLY = "Only organization or workspace administrators may manage tags in this workspace."


def _list(request: RequestContext) -> Response:
    rows = by_name(request.filter_by_name(_list_in_workspace(request, FOREIGN), "search"))
    page = request.page(rows, MAX_PAGE_SIZE) if {"page", "per_page"} & request.query.keys() else rows
    response = request.rows(page)
    response.headers["X-Total-Count"] = str(len(rows))
    return response


def _list_own(request: RequestContext) -> Response:
    return request.rows(request.changed_since(list(request.state.tags.values())))


def _create(request: RequestContext) -> Response:
    name = _valid_name(request, _list_in_workspace(request))
    return json_response(request.state.add_tag(request.ids["workspace_id"], name))


def _update(request: RequestContext) -> Response:
    row = _require_tag(request)
    name = _valid_name(request, [other_row for other_row in _list_in_workspace(request) if other_row is not row])
    return json_response(request.state.rename_tag(row["id"], name))


def _delete(request: RequestContext) -> Response:
    request.state.remove_tag(_require_tag(request)["id"])
    return empty_response()


def _list_in_workspace(request: RequestContext, foreign: str = _MANAGERS_ONLY) -> list[Row]:
    workspace_id = request.workspace(foreign)["id"]
    return [row for row in request.state.tags.values() if row["workspace_id"] == workspace_id]


def _require_tag(request: RequestContext) -> Row:
    for row in _list_in_workspace(request):
        if row["id"] == request.ids["tag_id"]:
            return row
    raise Refusal(error(404, "Tag was not found"))


def _valid_name(request: RequestContext, other_rows: list[Row]) -> str:
    name = request.texts("name", error_text="Invalid JSON input").get("name", "")
    taken_text = f"a tag with the name '{name.strip()}' already exists"
    return request.unused_name(name, other_rows, empty_text="tag name can't be blank", taken_text=taken_text)


OPERATIONS: Mapping[str, Operation] = {
    "GET /me/tags": _list_own,
    "GET /workspaces/{workspace_id}/tags": _list,
    "POST /workspaces/{workspace_id}/tags": _create,
    "PUT /workspaces/{workspace_id}/tags/{tag_id}": _update,
    "DELETE /workspaces/{workspace_id}/tags/{tag_id}": _delete,
}
