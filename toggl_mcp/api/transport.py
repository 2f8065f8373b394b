"""One request to Toggl, sent safely.

A request is sent again only where that cannot do anything twice: always when it never left, and for
reads, changes and deletions also when the answer was lost. A creation whose answer was lost raises
`OutcomeUnknown`, and the endpoint finds out what happened.
"""

import logging
import random
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

import anyio
import httpx
import stamina
from opentelemetry import trace
from pydantic_core import from_json

from toggl_mcp.api.connection import REPORTS, url_of
from toggl_mcp.api.error_mapping import refusal
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

LONGEST_WAIT = 10.0
"""Seconds that a request waits at most when Toggl names a pause."""
SHARE_OF_DEADLINE = 0.97
"""Ends a request before its caller's deadline does, so that it can still say what is known."""

_log = logging.getLogger(__name__)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

stamina.instrumentation.set_on_retry_hooks([])  # The defaults log whatever a retried call was given.


class _Again(Exception):
    """Sending the same request again is safe and may help; `instead` is raised when it does not."""

    def __init__(self, instead: TogglError, after: float | None = None) -> None:
        super().__init__(str(instead))
        self.instead = instead
        self.after = after


class Answer(NamedTuple):
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

    async def send(
        self,
        method: Method,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        urgent: bool = False,
    ) -> Any:  # noqa: ANN401 - the JSON edge
        """Send a request within the caller's deadline, and return the decoded answer (None for a deletion).

        Changes, and reads that are `urgent`, may use the last requests of the hour.

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        url = url_of(self._client, path)
        request = self._client.build_request(method, url, params=query, json=body, timeout=self._timeout)
        return (await self._sent(_Exchange(method, path, urgent=urgent), request)).data

    async def search(self, path: str, body: object) -> Answer:
        """Ask the Reports API, where reading is a POST too; return the decoded answer with its headers.

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        request = self._client.build_request("POST", url_of(self._client, path), json=body, timeout=self._timeout)
        return await self._sent(_Exchange("POST", path, urgent=False), request)

    async def _sent(self, exchange: "_Exchange", request: httpx.Request) -> Answer:
        with anyio.CancelScope(deadline=_inner_deadline()):
            return await self._repeated(exchange, request)
        raise exchange.given_up()

    async def _repeated(self, exchange: "_Exchange", request: httpx.Request) -> Answer:
        retrying = stamina.retry_context(on=_pause, attempts=self._attempts, timeout=None, wait_initial=0.5)
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._traced(exchange, request)
        except _Again as again:
            raise exchange.honest(again.instead) from again.__cause__
        except TogglError as error:
            raise exchange.honest(error) from error.__cause__
        raise AssertionError

    async def _traced(self, exchange: "_Exchange", request: httpx.Request) -> Answer:
        with trace.get_tracer("toggl_mcp").start_as_current_span(
            f"{exchange.method} {exchange.template}",
            kind=trace.SpanKind.CLIENT,
            attributes={"http.request.method": exchange.method, "url.template": exchange.template},
            record_exception=False,
        ) as span:
            answer = await self._answer(exchange, request)
            span.set_attribute("http.response.status_code", answer.status_code)
            return await self._meaning(exchange, answer)

    async def _answer(self, exchange: "_Exchange", request: httpx.Request) -> httpx.Response:
        await self._quota.admit(exchange.path, urgent=exchange.urgent)
        started = time.monotonic()
        exchange.in_flight, exchange.pausing = True, None
        try:
            answer = await self._client.send(request, auth=self._auth)
        except _NEVER_LEFT as error:
            exchange.in_flight = False
            raise _Again(exchange.given_up()) from error
        except httpx.RequestError as error:
            raise exchange.lost() from error
        took = time.monotonic() - started
        _log.debug("%s %s: %d in %.0f ms", exchange.method, exchange.template, answer.status_code, took * 1000)
        return answer

    async def _meaning(self, exchange: "_Exchange", answer: httpx.Response) -> Answer:
        with anyio.CancelScope(shield=True):
            await self._quota.learn(exchange.path, answer.headers)
        if answer.is_success:
            return Answer(exchange.decoded(answer), answer.headers)
        if answer.is_client_error:
            exchange.in_flight = False
            raise await self._refusal(exchange, answer)
        raise exchange.lost()

    async def _refusal(self, exchange: "_Exchange", answer: httpx.Response) -> Exception:
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return exchange.slowed_down(answer.headers.get("Retry-After"))
        if answer.status_code == HTTPStatus.PAYMENT_REQUIRED:
            spent = await self._quota.refused(exchange.path, answer.headers, answer.text)
            return spent or refusal(answer)
        return refusal(answer)


class _Exchange:
    """One request and its attempts: knows whether anything may have been changed."""

    def __init__(self, method: Method, path: str, *, urgent: bool) -> None:
        self.method = method
        self.path = path
        self.changes = method != "GET" and not path.startswith(REPORTS)
        self.urgent = urgent or self.changes
        self.template = "/" + "/".join("{id}" if part[:1].isdigit() else part for part in path.split("/"))
        self.in_flight = False
        self.pausing: RateLimited | None = None
        self._maybe_done = False
        self._slowed_down = False

    def decoded(self, answer: httpx.Response) -> Any:  # noqa: ANN401 - the JSON edge
        """Return what the answer says, or raise as for a lost one when that cannot be read."""
        if self.method == "DELETE":
            return self._confirmed(answer)
        try:
            return from_json(answer.content)
        except ValueError as error:
            raise self.lost() from error

    def _confirmed(self, answer: httpx.Response) -> None:
        """Return if the answer confirms a deletion, as Toggl does: by nothing, by null, or by the id."""
        if answer.content.strip() not in (b"", b"null", self.path.rpartition("/")[2].encode()):
            raise self.lost()

    def lost(self) -> Exception:
        """Return what to raise when the request left and no usable answer came back."""
        self._maybe_done = self.changes
        self.in_flight = False
        return self.given_up() if self.changes and self.method == "POST" else _Again(self.given_up())

    def slowed_down(self, retry_after: str | None) -> Exception:
        """Return what to raise on a 429: nothing was done."""
        wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
        error = RateLimited(
            "Toggl wants fewer requests at a time; nothing was changed. Wait a minute, then ask again.", wait or 60
        )
        self.pausing = error
        if wait is None and not self._slowed_down:
            self._slowed_down = True
            return _Again(error, random.uniform(2, 5))  # noqa: S311 - spreads clients, hides nothing
        return _Again(error, wait) if wait is not None and wait <= LONGEST_WAIT else error

    def honest(self, error: TogglError) -> TogglError:
        """Return the error, or `OutcomeUnknown` where it says no but an earlier attempt may have been heard."""
        settled = isinstance(error, NotFound | InvalidArguments | DuplicateName)
        return self.given_up() if self._maybe_done and not settled else error

    def given_up(self) -> TogglError:
        """Return what to raise when there will be no further attempt."""
        if self._maybe_done or (self.in_flight and self.changes):
            return OutcomeUnknown("Toggl never confirmed the change. Look whether it is there before asking again.")
        return self.pausing or Unreachable(
            "Toggl gave no usable answer; nothing was changed. Check the network, then try again in a minute."
        )


def _pause(error: Exception) -> bool | float:
    """Tell whether to send again, and after how many seconds where that is known."""
    if not isinstance(error, _Again):
        return False
    return True if error.after is None else error.after


def _inner_deadline() -> float:
    now = anyio.current_time()
    return now + (anyio.current_effective_deadline() - now) * SHARE_OF_DEADLINE
