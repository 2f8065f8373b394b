"""The sandbox as an ASGI app: who is let in, and which operation answers."""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from http import HTTPStatus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from toggl_mcp.sandbox import (
    account,
    clients,
    dashboard,
    organizations,
    preferences,
    projects,
    report_exports,
    report_totals,
    reports,
    tags,
    tasks,
    users,
    workspaces,
)
from toggl_mcp.sandbox import entry_reads as entries
from toggl_mcp.sandbox import entry_writes as tracking
from toggl_mcp.sandbox.behaviors import Behaviors
from toggl_mcp.sandbox.faults import Fault
from toggl_mcp.sandbox.quota import LeakyBucket, Plan, Quota, Window
from toggl_mcp.sandbox.request import Operation, RequestContext
from toggl_mcp.sandbox.responses import Refusal, error, page, plain, quota_spent
from toggl_mcp.sandbox.sample import PLANS, TOKEN, sample_state

BASE = "/api/v9"
OPERATIONS: Mapping[str, Operation] = {
    **account.OPERATIONS,
    **clients.OPERATIONS,
    **dashboard.OPERATIONS,
    **entries.OPERATIONS,
    **organizations.OPERATIONS,
    **preferences.OPERATIONS,
    **projects.OPERATIONS,
    **tags.OPERATIONS,
    **tasks.OPERATIONS,
    **tracking.OPERATIONS,
    **users.OPERATIONS,
    **workspaces.OPERATIONS,
}
REPORTS: Mapping[str, Operation] = {**reports.OPERATIONS, **report_totals.OPERATIONS, **report_exports.OPERATIONS}

_ROUTES = [
    (method, compile_path(base + template)[0], operation)
    for base, operations in ((BASE, OPERATIONS), ("", REPORTS))
    for (method, template), operation in ((key.split(), operation) for key, operation in operations.items())
]
_CHARGED = re.compile(r"(?:/reports/api/v3)?/(workspace|organization)s?/([0-9]{1,18})(?:/|$)")
_AUTHORIZATION = "Basic " + base64.b64encode(f"{TOKEN}:api_token".encode()).decode()


@dataclass(frozen=True, slots=True)
class Call:
    """A request that reached the sandbox.

    Attributes:
        method: In capitals.
        path: Without the base, such as `/me`; those of reports are whole.
        query: Decoded.
        body: As sent.
        headers: Under their names in small letters.
        bucket: The organization whose quota it counts against; `None` is the user's own.
    """

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]
    bucket: int | None


class Sandbox:
    """A Toggl Track of its own, under `/api/v9` and `/reports/api/v3`, with a sample user whose token is `TOKEN`.

    Attributes:
        state: What it holds, to read and to change.
        quota: The requests that are left.
        fault: Asked with each call; what it returns goes wrong.
        calls: Every request that reached it, oldest first.
        answers: The status of every answer that it sent, oldest first.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        fault: Callable[[Call], Fault | None] | None = None,
        behaviors: Behaviors = Behaviors(),  # noqa: B008 - It is immutable.
        plans: Mapping[int, Plan] = PLANS,
    ) -> None:
        plans = {**PLANS, **plans}
        self.state = sample_state(clock, plans)
        organizations = {row["id"]: row["organization_id"] for row in self.state.workspaces.values()}
        self.quota = Quota(clock, plans, organizations, behaviors.user_requests_per_hour)
        self._behaviors = behaviors
        self.fault: Callable[[Call], Fault | None] | None = fault
        self.calls: list[Call] = []
        self.answers: list[int] = []
        self._bucket = LeakyBucket(clock)
        self._clock = clock

    @property
    def behaviors(self) -> Behaviors:
        """How it behaves where Toggl's behaviour is unknown."""
        return self._behaviors

    @behaviors.setter
    def behaviors(self, behaviors: Behaviors) -> None:
        self._behaviors = behaviors
        self.quota.window_of(None).total = behaviors.user_requests_per_hour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with whatever fault it meets."""
        call, window = await self._receive(Request(scope, receive))
        fault = self.fault(call) if self.fault else None
        if fault is None or fault.kind != "refused":
            self.calls.append(call)
        handle = partial(self._handle, scope["path"], call, window)
        response = await fault.respond(handle) if fault else handle()
        response.headers["Date"] = formatdate(self._clock(), usegmt=True)
        self.answers.append(response.status_code)
        await response(scope, receive, send)

    async def _receive(self, request: Request) -> tuple[Call, Window | None]:
        path = request.scope["path"].removeprefix(BASE)
        window = self._window(path)
        query, headers = dict(request.query_params), dict(request.headers)
        body = await request.body()
        return Call(request.method, path, query, body, headers, window and window.organization_id), window

    def _window(self, path: str) -> Window | None:
        """What a request counts against; one to a workspace of others is charged to nobody."""
        match = _CHARGED.match(path)
        if match is None:
            return self.quota.window_of(None)
        rows = self.state.workspaces if match[1] == "workspace" else self.state.organizations
        row = rows.get(int(match[2]))
        return None if row is None else self.quota.window_of(row.get("organization_id", row["id"]))

    def _handle(self, path: str, call: Call, window: Window | None) -> Response:
        response = _authentication_error(call)
        if response is None:
            response = self._limit_response(window) or self._run_operation(path, call)
            if window is not None:
                response.headers.update(window.headers())
        response.headers["X-Toggl-Request-Id"] = str(UUID(int=len(self.calls)))
        if response.status_code == HTTPStatus.OK:
            response.headers["X-Service-Level"] = "GREEN"
        return response

    def _limit_response(self, window: Window | None) -> Response | None:
        if self._bucket.overflows(self.behaviors.burst):
            return page(429)
        if window is not None and not window.take():
            return quota_spent(window.resets_in, quoted=self.behaviors.spent_as_json_string)
        return None

    def _run_operation(self, path: str, call: Call) -> Response:
        for method, pattern, operation in _ROUTES:
            if method == call.method and (match := pattern.match(path)):
                try:
                    path_params = match.groupdict()
                    listed_ids = [
                        _parse_id(name.removesuffix("s"), text)
                        for name in ("project_ids", "time_entry_ids")
                        for text in filter(None, path_params.pop(name, "").split(","))
                    ]
                    ids = {name: _parse_id(name, text) for name, text in path_params.items()}
                    request = RequestContext(
                        self.state, self.quota, self.behaviors, ids, call.query, call.body, listed_ids
                    )
                    return operation(request)
                except Refusal as refusal:
                    return refusal.response
        return error(404, "Not Found")


def _authentication_error(call: Call) -> Response | None:
    authorization = call.headers.get("authorization")
    if authorization is None:
        return Response(status_code=401, headers={"X-Authorization-Missing": "true"})
    if authorization != _AUTHORIZATION:
        return plain(403, "Incorrect username and/or password")
    return None


def _parse_id(name: str, text: str) -> int:
    if re.fullmatch("[0-9]{1,18}", text):
        return int(text)
    if name in ("organization_id", "workspace_id"):
        raise Refusal(error(400, f"Missing or invalid {name}"))
    if name == "time_entry_id":
        raise Refusal(error(400, "Invalid or missing time_entry_id"))
    raise Refusal(error(400, f"We're expecting an integer as part of the url for {name}"))
