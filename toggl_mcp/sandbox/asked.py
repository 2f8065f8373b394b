"""A request that was let in, as the resources see it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.responses import Response

from toggl_mcp.sandbox.answers import Refused, answer, error
from toggl_mcp.sandbox.quota import Quota
from toggl_mcp.sandbox.switches import Switches
from toggl_mcp.sandbox.world import Row, World

_JSON_TYPES: Mapping[type, str] = {bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operation needs: the request's parts, and the world that it may change."""

    world: World
    quota: Quota
    switches: Switches
    ids: dict[str, int]
    query: dict[str, str]
    body: bytes

    def workspace(self, foreign: str) -> Row:
        """The workspace of the path, or a refusal with this text if it is not the user's."""
        row = self.world.workspaces.get(self.ids["workspace_id"])
        if row is not None:
            return row
        documented = self.switches.foreign_workspace_body == "documented"
        raise Refused(error(403, foreign) if documented else Response(status_code=403))

    def since(self) -> int:
        """The `since` of the query in UNIX seconds, 0 without one."""
        text = self.query.get("since", "0")
        if not (text.isascii() and text.isdigit()):
            raise Refused(error(400, "Invalid since"))
        return int(text)

    def rows(self, rows: list[Row]) -> Response:
        """A list as Toggl sends it, which is not always one when it is empty."""
        return answer(self.or_null(rows))

    def or_null(self, values: list[Any]) -> list[Any] | None:
        """The list itself, or what Toggl says instead of an empty one."""
        return values or ([] if self.switches.empty_list == "[]" else None)

    def json(self) -> object:
        """The body, or a refusal if it is not JSON."""
        try:
            return json.loads(self.body.decode())
        except ValueError:
            raise Refused(error(400, "JSON is not valid")) from None

    def mapping(self, otherwise: str = "JSON is not valid") -> Row:
        """The body's JSON object, without what is null; a refusal with this text if it is none."""
        body = self.json()
        if isinstance(body, dict):
            return {field: value for field, value in cast("Row", body).items() if value is not None}
        raise Refused(error(400, otherwise))

    def texts(self, *fields: str) -> dict[str, str]:
        """Those of these text fields that the body gives."""
        given = {field: value for field, value in self.mapping().items() if field in fields}
        for field, value in given.items():
            if not isinstance(value, str):
                raise Refused(self._unexpected(field, value))
        return given

    def integers(self) -> list[int]:
        """The body's list of ids."""
        return as_integers(self.json())

    def _unexpected(self, field: str, value: object) -> Response:
        # Toggl names the byte at which the value ends.
        rest = re.split(rf'"{field}"\s*:\s*', self.body.decode(), maxsplit=1)[-1]
        _, end = json.JSONDecoder().raw_decode(rest)
        offset = len(self.body) - len(rest[end:].encode())
        return error(400, f'Unexpected "{field}" type {_JSON_TYPES[type(value)]}, offset={offset}')


Operation = Callable[[Asked], Response]


def as_integers(value: object) -> list[int]:
    """The value if it is a list of integers; a refusal if not."""
    if isinstance(value, list) and all(type(item) is int for item in cast("list[object]", value)):
        return cast("list[int]", value)
    raise Refused(error(400, "Bad Request"))
