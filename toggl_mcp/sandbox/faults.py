"""What can go wrong between a caller and Toggl."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, cast

from starlette.responses import Response

from toggl_mcp.sandbox.responses import NGINX_PAGE, error, page, quota_spent
from toggl_mcp.sandbox.rows import Row

Kind = Literal[
    "refused",
    "lost before",
    "lost after",
    "500 before",
    "500 after",
    "502 before",
    "502 after",
    "404 before",
    "404 after",
    "429",
    "402",
    "rejected",
    "garbage before",
    "garbage after",
    "cut",
    "empty",
    "odd row",
    "slow before",
    "slow",
]

_NOTHING_DONE: frozenset[Kind] = frozenset(
    {"refused", "lost before", "500 before", "502 before", "404 before", "429", "402", "rejected", "garbage before"}
)


def _without_name(row: Row) -> Row:
    """Return a row whose name is null."""
    return row | {"name": None}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, before or after the request was carried out.

    A refused or lost connection is raised as an `OSError`, for in-process callers only: over a socket it becomes a
    500, as an ASGI app cannot drop its connection.

    Attributes:
        kind: What goes wrong.
        retry_after: The seconds in the header of a 429, which has no such header by default.
        status: The status of a 429's page, which was a 400 at times.
        rejection: The status of a rejected request.
        resets_in: The seconds until the quota of a 402 resets.
        body: The text of a garbage response.
        to_odd_row: What an odd row has in place of the first row of each list in the response.
        until: What to wait for between the operation and its response, of the kind "slow before" before the operation.
            The two slow kinds do nothing else.
    """

    kind: Kind
    retry_after: int | None = None
    status: Literal[400, 429] = 429
    rejection: Literal[400, 402, 404, 409] = 400
    resets_in: int = 1800
    body: str = NGINX_PAGE.format(title="Welcome")
    to_odd_row: Callable[[Row], object] = _without_name
    until: Callable[[], Awaitable[object]] | None = None

    async def respond(self, handle: Callable[[], Response]) -> Response:
        """Return the response that reaches the caller; `handle` carries the request out."""
        is_done_first = self.kind not in _NOTHING_DONE and self.kind != "slow before"
        response = handle() if is_done_first else Response()
        if self.until is not None:
            await self.until()
        match self.kind.split()[0]:
            case "refused":
                raise ConnectionRefusedError
            case "lost":
                raise ConnectionResetError
            case "slow":
                return response if is_done_first else handle()
            case "rejected":
                return error(self.rejection, "Rejected")
            case "cut":
                return _with_body(response, bytes(response.body)[:-1])
            case "empty" | "garbage" as kind:
                response.status_code = HTTPStatus.OK
                return _with_body(response, b"" if kind == "empty" else self.body.encode())
            case "odd":
                return _with_body(response, self._make_rows_odd(response.body)) if response.body else response
            case _:
                return self._fault_response()

    def _fault_response(self) -> Response:
        match self.kind.split()[0]:
            case "500":
                return error(500, "Internal Server Error")
            case "502" | "404" as status:  # The web server's own, which knows nothing of what Toggl has.
                return page(int(status))
            case "429":
                return self._throttled_response()
            case _:
                return self._quota_spent_response()

    def _make_rows_odd(self, body: bytes | memoryview) -> bytes:
        """Return a response's JSON, whose rows are a list, or lists of an object."""
        content = json.loads(bytes(body))
        lists = cast("dict[str, object]", content).values() if isinstance(content, dict) else [content]
        for rows in lists:
            if isinstance(rows, list) and isinstance(next(iter(cast("list[object]", rows)), None), dict):
                rows[0] = self.to_odd_row(cast("list[Row]", rows)[0])
        return json.dumps(content).encode()

    def _throttled_response(self) -> Response:
        response = page(self.status)
        if self.retry_after is not None:
            response.headers["Retry-After"] = str(self.retry_after)
        return response

    def _quota_spent_response(self) -> Response:
        response = quota_spent(self.resets_in)
        response.headers["X-Toggl-Quota-Remaining"] = "0"
        response.headers["X-Toggl-Quota-Resets-In"] = str(self.resets_in)
        return response


def _with_body(response: Response, body: bytes) -> Response:
    """Return the response itself with another body."""
    response.body = body
    response.headers["Content-Length"] = str(len(body))
    return response
