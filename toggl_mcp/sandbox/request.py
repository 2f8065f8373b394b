"""A request that was let in, as the resources see it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from starlette.responses import Response

from toggl_mcp.sandbox.behaviors import Behaviors
from toggl_mcp.sandbox.quota import Quota
from toggl_mcp.sandbox.responses import Refusal, error, json_response
from toggl_mcp.sandbox.rows import Row
from toggl_mcp.sandbox.state import State

FOREIGN = "User does not have access to this resource."
NOT_JSON = "JSON is not valid"
NAME_TAKEN_TEXTS = {"taken": "Name has already been taken", "exists": "{} name already exists"}
MAX_PAGE_SIZE = 200

_ACTIVE = {"true": (True,), "false": (False,), "both": (True, False)}
_JSON_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What an operation needs: the request's parts, and the state that it may change."""

    state: State
    quota: Quota
    behaviors: Behaviors
    ids: dict[str, int]
    query: dict[str, str]
    body: bytes
    listed_ids: list[int]

    def workspace(self, foreign: str = FOREIGN) -> Row:
        """The workspace of the path, or a refusal with this text if it is not the user's."""
        row = self.state.workspaces.get(self.ids["workspace_id"])
        if row is not None:
            return row
        match self.behaviors.foreign_workspace_body:
            case "recorded":
                raise Refusal(error(403, "workspace not found/accessible"))
            case "documented":
                raise Refusal(error(403, foreign))
            case "empty":
                raise Refusal(Response(status_code=403))

    def number(self, field: str, default: int, within: range = range(10**18)) -> int:
        """This number of the query, or the default without it; a refusal if it is none or out of range."""
        text = self.query.get(field, str(default))
        if re.fullmatch("[0-9]{1,18}", text) and int(text) in within:
            return int(text)
        raise Refusal(error(400, f"Invalid {field}"))

    def active(self) -> tuple[bool, ...]:
        """What may be the `active` of a row, by the query; both without one."""
        text = self.query.get("active", "both")
        if text not in _ACTIVE:
            raise Refusal(error(400, "Invalid active"))
        return _ACTIVE[text]

    def changed_since(self, rows: list[Row]) -> list[Row]:
        """The rows that changed since the query's `since`, all without one."""
        since = self.number("since", 0)
        return [row for row in rows if datetime.fromisoformat(row["at"]).timestamp() >= since]

    def filter_by_name(self, rows: list[Row], *fields: str) -> list[Row]:
        """The rows whose name contains what these fields of the query say; case is ignored."""
        parts = [self.query.get(field, "").casefold() for field in fields]
        return [row for row in rows if all(part in row["name"].casefold() for part in parts)]

    def page(self, rows: list[Row], per_page: int) -> list[Row]:
        """The rows of the query's `page`, of so many unless it has a `per_page`."""
        size = self.number("per_page", per_page, range(1, MAX_PAGE_SIZE + 1))
        start = (self.number("page", 1, range(1, 10**9)) - 1) * size
        return rows[start : start + size]

    def rows(self, rows: list[Row]) -> Response:
        """A list as Toggl sends it, which is not always one when it is empty."""
        return json_response(self.or_null(rows))

    def or_null(self, values: list[Any]) -> list[Any] | None:
        """The list itself, or what Toggl says instead of an empty one."""
        return values or ([] if self.behaviors.empty_list == "[]" else None)

    def json(self, error_text: str = NOT_JSON) -> object:
        """The body, or a refusal with this text if it is not JSON."""
        try:
            return json.loads(self.body.decode())
        except ValueError:
            raise Refusal(error(400, error_text)) from None

    def mapping(self, error_text: str = NOT_JSON) -> Row:
        """The body's JSON object, without what is null; a refusal with this text if it is none."""
        return {field: value for field, value in self._object(error_text).items() if value is not None}

    def nulls(self) -> set[str]:
        """The fields of the body's JSON object that are null."""
        return {field for field, value in self._object(NOT_JSON).items() if value is None}

    def texts(self, *fields: str, error_text: str = NOT_JSON) -> dict[str, str]:
        """Those of these text fields that the body gives."""
        return self.fields(dict.fromkeys(fields, str), error_text)

    def fields(self, types: Mapping[str, type], error_text: str = NOT_JSON) -> Row:
        """Those of these fields that the body gives, each of its type; whole numbers may stand for others."""
        fields = {field: value for field, value in self.mapping(error_text).items() if field in types}
        for field, value in fields.items():
            if type(value) is not types[field] and (type(value), types[field]) != (int, float):
                raise Refusal(self._unexpected(field, value))
        return fields

    def integers(self) -> list[int]:
        """The body's list of ids."""
        return as_integers(self.json())

    def patch_steps(self) -> list[Row]:
        """The body's steps of a JSON Patch."""
        body = self.json()
        if isinstance(body, list) and all(isinstance(step, dict) for step in cast("list[object]", body)):
            return cast("list[Row]", body)
        raise Refusal(error(400, NOT_JSON))

    def unused_name(self, name: str, other_rows: list[Row], *, empty_text: str, taken_text: str) -> str:
        """The name without the spaces around it; a refusal with one of these texts if it is blank or another's."""
        name = name.strip()
        if not name:
            raise Refusal(error(400, empty_text))
        to_key = str.casefold if self.behaviors.duplicate_ignores_case else str
        if to_key(name) in {to_key(row["name"]) for row in other_rows}:
            raise Refusal(error(400, taken_text))
        return name

    def name_taken_text(self, kind: str) -> str:
        """How Toggl says that another client, project or task has a name."""
        return NAME_TAKEN_TEXTS[self.behaviors.duplicate_text].format(kind)

    def _object(self, error_text: str) -> Row:
        body = self.json(error_text)
        if isinstance(body, dict):
            return cast("Row", body)
        raise Refusal(error(400, error_text))

    def _unexpected(self, field: str, value: object) -> Response:
        # Toggl names the byte at which the value ends.
        rest = re.split(rf'"{field}"\s*:\s*', self.body.decode(), maxsplit=1)[-1]
        _, end = json.JSONDecoder().raw_decode(rest)
        offset = len(self.body) - len(rest[end:].encode())
        return error(400, f'Unexpected "{field}" type {_JSON_TYPES[type(value)]}, offset={offset}')


Operation = Callable[[RequestContext], Response]


def as_integers(value: object) -> list[int]:
    """The value if it is a list of integers; a refusal if not."""
    if isinstance(value, list) and all(type(item) is int for item in cast("list[object]", value)):
        return cast("list[int]", value)
    raise Refusal(error(400, "Bad Request"))
