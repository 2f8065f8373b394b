"""One request to Toggl, sent safely.

A request is sent again only where that cannot do anything twice: always when it never left, and for
reads, changes and deletions also when the answer was lost. A creation whose answer was lost raises
`OutcomeUnknown`, and the endpoint finds out what happened.
"""

import logging
import random
import time
from collections.abc import Mapping
from copy import copy
from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

import anyio
import httpx
import stamina
from opentelemetry import trace
from pydantic_core import from_json

from toggl_mcp.api.connection import REPORTS, url_of
from toggl_mcp.api.error_mapping import error_for_response
from toggl_mcp.api.rate_limit import Quota
from toggl_mcp.errors import (
    DuplicateName,
    InvalidArguments,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    TogglError,
    Unreachable,
)

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

MAX_WAIT_SECONDS = 10.0
"""Seconds that a request waits at most when Toggl names a pause."""
DEADLINE_SHARE = 0.97
"""Ends a request before its caller's deadline does, so that it can still say what is known."""

_log = logging.getLogger(__name__)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

stamina.instrumentation.set_on_retry_hooks([])  # The defaults log whatever a retried call was given.


class _Retry(Exception):
    """Sending the same request again is safe and may help; `instead` is raised when it does not."""

    def __init__(self, error: TogglError, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


class ApiResponse(NamedTuple):
    """What Toggl answered: the decoded body, and the headers."""

    data: Any
    headers: Mapping[str, str]


class Transport:
    """Sends requests with one token, through a client that it neither changes nor closes.

    `timeout` is httpx's, in seconds for each of connecting, sending, receiving and waiting for a connection.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        auth: httpx.Auth,
        quota: Quota,
        *,
        timeout: httpx.Timeout | float = 10,
        retries: int = 3,
    ) -> None:
        self._client = client
        self._auth = auth
        self._quota = quota
        self._timeout = timeout
        self._attempts = max(0, retries) + 1
        self.use_reserve = False
        """Whether reads may use the last requests of the hour, which are reserved for changes."""

    @cached_property
    def reserved(self) -> "Transport":
        """The same transport for reads that a change depends on: they may use the last requests of the hour, too."""
        transport = copy(self)
        transport.use_reserve = True
        return transport

    async def send(
        self,
        method: Method,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> Any:  # noqa: ANN401 - the JSON edge
        """Send a request within the caller's deadline, and return the decoded answer (None for a deletion).

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        url = url_of(self._client, path)
        request = self._client.build_request(method, url, params=query, json=body, timeout=self._timeout)
        return (await self._send_in_time(_RequestState(method, path, use_reserve=self.use_reserve), request)).data

    async def search(self, path: str, body: object) -> ApiResponse:
        """Ask the Reports API, where reading is a POST too; return the decoded answer with its headers.

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        request = self._client.build_request("POST", url_of(self._client, path), json=body, timeout=self._timeout)
        return await self._send_in_time(_RequestState("POST", path, use_reserve=self.use_reserve), request)

    async def _send_in_time(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        with anyio.CancelScope(deadline=_inner_deadline()):
            return await self._send_with_retries(state, request)
        raise state.exhausted_error()

    async def _send_with_retries(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        retrying = stamina.retry_context(on=_retry_decision, attempts=self._attempts, timeout=None, wait_initial=0.5)
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._send_traced(state, request)
        except _Retry as retry:
            raise state.final_error(retry.error) from retry.__cause__
        except TogglError as error:
            raise state.final_error(error) from error.__cause__
        raise AssertionError

    async def _send_traced(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        with trace.get_tracer("toggl_mcp").start_as_current_span(
            f"{state.method} {state.template}",
            kind=trace.SpanKind.CLIENT,
            attributes={"http.request.method": state.method, "url.template": state.template},
            record_exception=False,
        ) as span:
            response = await self._send_once(state, request)
            span.set_attribute("http.response.status_code", response.status_code)
            return await self._interpret(state, response)

    async def _send_once(self, state: "_RequestState", request: httpx.Request) -> httpx.Response:
        await self._quota.acquire(state.path, use_reserve=state.urgent)
        started_at = time.monotonic()
        state.in_flight, state.pausing = True, None
        try:
            response = await self._client.send(request, auth=self._auth)
        except NOT_SENT as error:
            state.in_flight = False
            raise _Retry(state.exhausted_error()) from error
        except httpx.RequestError as error:
            raise state.on_no_response() from error
        seconds = time.monotonic() - started_at
        _log.debug("%s %s: %d in %.0f ms", state.method, state.template, response.status_code, seconds * 1000)
        return response

    async def _interpret(self, state: "_RequestState", response: httpx.Response) -> ApiResponse:
        with anyio.CancelScope(shield=True):
            await self._quota.update_from_headers(state.path, response.headers)
        if response.is_success:
            return ApiResponse(state.decode(response), response.headers)
        if response.is_client_error:
            state.in_flight = False
            raise await self._map_refusal(state, response)
        raise state.on_no_response()

    async def _map_refusal(self, state: "_RequestState", response: httpx.Response) -> Exception:
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return state.on_429(response.headers.get("Retry-After"))
        if response.status_code == HTTPStatus.PAYMENT_REQUIRED:
            quota_error = await self._quota.on_402(state.path, response.headers, response.text)
            return quota_error or error_for_response(response)
        return error_for_response(response)


class _RequestState:
    """One request and its attempts: knows whether anything may have been changed."""

    def __init__(self, method: Method, path: str, *, use_reserve: bool) -> None:
        self.method = method
        self.path = path
        self.is_change = method != "GET" and not path.startswith(REPORTS)
        self.urgent = use_reserve or self.is_change
        self.template = "/" + "/".join("{id}" if part[:1].isdigit() else part for part in path.split("/"))
        self.in_flight = False
        self.pausing: RateLimited | None = None
        self.may_have_applied = False
        self._was_throttled = False

    def decode(self, response: httpx.Response) -> Any:  # noqa: ANN401 - the JSON edge
        """Return what the answer says, or raise as for a lost one when that cannot be read."""
        if self.method == "DELETE":
            return self._require_confirmation(response)
        try:
            return from_json(response.content)
        except ValueError as error:
            raise self.on_no_response() from error

    def _require_confirmation(self, response: httpx.Response) -> None:
        """Return if the answer confirms a deletion, as Toggl does: by nothing, by null, or by the id."""
        if response.content.strip() not in (b"", b"null", self.path.rpartition("/")[2].encode()):
            raise self.on_no_response()

    def on_no_response(self) -> Exception:
        """Return what to raise when the request left and no usable answer came back."""
        self.may_have_applied = self.is_change
        self.in_flight = False
        return self.exhausted_error() if self.is_change and self.method == "POST" else _Retry(self.exhausted_error())

    def on_429(self, retry_after: str | None) -> Exception:
        """Return what to raise on a 429: nothing was done."""
        wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
        error = RateLimited(
            "Toggl wants fewer requests at a time; nothing was changed. Wait a minute, then ask again.", wait or 60
        )
        self.pausing = error
        if wait is None and not self._was_throttled:
            self._was_throttled = True
            return _Retry(error, random.uniform(2, 5))  # noqa: S311 - spreads clients, hides nothing
        return _Retry(error, wait) if wait is not None and wait <= MAX_WAIT_SECONDS else error

    def final_error(self, error: TogglError) -> TogglError:
        """Return the error, or `OutcomeUnknown` where it says no but an earlier attempt may have been heard."""
        settled = isinstance(error, NotFound | InvalidArguments | DuplicateName)
        return self.exhausted_error() if self.may_have_applied and not settled else error

    def exhausted_error(self) -> TogglError:
        """Return what to raise when there will be no further attempt."""
        if self.may_have_applied or (self.in_flight and self.is_change):
            return OutcomeUnknown("Toggl never confirmed the change. Look whether it is there before asking again.")
        return self.pausing or Unreachable(
            "Toggl gave no usable answer; nothing was changed. Check the network, then try again in a minute."
        )


def _retry_decision(error: Exception) -> bool | float:
    """Tell whether to send again, and after how many seconds where that is known."""
    if not isinstance(error, _Retry):
        return False
    return True if error.wait_seconds is None else error.wait_seconds


def _inner_deadline() -> float:
    now = anyio.current_time()
    return now + (anyio.current_effective_deadline() - now) * DEADLINE_SHARE
