"""One request to Toggl, sent safely.

How far a request has come decides whether it is sent again, and what the caller gets when it is not:

    NOT_SENT ── send ──▶ SENT ── a readable response ─▶ returned
                          ├───── no connection ──────▶ NOT_SENT
                          ├───── a 4xx of Toggl ─────▶ REJECTED
                          └───── anything else ──────▶ MAYBE_APPLIED (a read, which changes nothing: SENT)

    state          sent again       `error_for` returns
    NOT_SENT       always           the cause, else Unreachable
    SENT           always           the cause, else Unreachable
    REJECTED       after a 429      the cause: what the refusal means
    MAYBE_APPLIED  unless a POST    OutcomeUnknown, from the cause

"Anything else" is a lost response, a 5xx, a page, an unreadable response, or the caller's deadline. MAYBE_APPLIED is
final: no later attempt shows what an earlier one has done. After an `OutcomeUnknown`, the endpoint reads.
"""

import logging
import random
import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from functools import cached_property
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

import anyio
import httpx
import stamina
from opentelemetry import trace

from toggl_mcp.api.body import ACCEPT_ENCODING, MAX_OBJECTS, OversizedBody, parse_json, read_bounded
from toggl_mcp.api.connection import REPORTS_PATH_PREFIX, url_of
from toggl_mcp.api.error_mapping import error_for_response, is_page, is_quota_response, is_throttling_response
from toggl_mcp.api.rate_limit import RateLimiter, parse_seconds
from toggl_mcp.errors import OutcomeUnknown, OversizedList, RateLimited, TogglError, Unreachable
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.models.clock import Clock
from toggl_mcp.models.metrics import record_quota, record_request
from toggl_mcp.models.quota import PendingChange

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

MAX_WAIT_SECONDS = 10.0
"""Seconds of a pause named by Toggl that a request waits itself; a longer one is the caller's."""
DEFAULT_PAUSE_SECONDS = 60.0
"""Seconds after which the caller may try again when Toggl names no pause."""
DEADLINE_SHARE = 0.97
"""Share of the caller's time after which a request ends, so that its error still reaches the caller."""

_OVERSIZED = (
    f"Toggl's list is larger than this server can hold ({MAX_OBJECTS:,} rows, or fewer long ones), and will be so "
    "again: do not repeat this call. Name another workspace, or delete in Toggl's web app what is not needed."
)

_log = logging.getLogger(__name__)
CONNECT_ERRORS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""What httpx raises before the first byte of a request has left."""

stamina.instrumentation.set_on_retry_hooks([])  # The default hooks log the arguments of the retried call.


class Delivery(Enum):
    """How far a request has come."""

    NOT_SENT = auto()
    SENT = auto()
    REJECTED = auto()
    MAYBE_APPLIED = auto()


def error_for(delivery: Delivery, cause: TogglError | None) -> TogglError:
    """Return what to raise when there is no further attempt; `cause` is why the last one failed, if known."""
    # A refusal of a repeat proves nothing of the attempt before: it may be the change that is refused a second time.
    if delivery is Delivery.MAYBE_APPLIED:
        return OutcomeUnknown("Toggl never confirmed the change. Look whether it was made before you repeat it.")
    return cause or Unreachable(
        "Toggl sent no usable response; nothing was changed. Check the network, then try again in a minute."
    )


class _Retry(Exception):
    """An attempt failed, and another one is safe and may succeed."""

    def __init__(self, wait_seconds: float | None = None) -> None:
        super().__init__()
        self.wait_seconds = wait_seconds


class ApiResponse(NamedTuple):
    """A response of Toggl: the decoded body, and the headers."""

    data: Any
    headers: Mapping[str, str]


@dataclass(slots=True)
class _SharedState:
    """What a transport and its `reserved` share: see `Transport.clock_offset_seconds` and `Transport.requests`."""

    offset_seconds: float | None = None
    requests: int = 0


class Transport:
    """Sends requests with one token, through a client that the caller closes.

    `clock` is what Toggl's clock is compared with. `timeout` is httpx's, in seconds for each of connecting, sending,
    receiving and waiting for a connection.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        auth: httpx.Auth,
        rate_limiter: RateLimiter,
        clock: Clock,
        *,
        timeout: httpx.Timeout | float = 10,
        retries: int = 3,
    ) -> None:
        self._client = client
        self._auth = auth
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._shared = _SharedState()
        self._timeout = timeout
        self._attempts = max(0, retries) + 1
        self.use_reserve = False
        """Whether reads may use the last requests of the hour, which are reserved for changes."""

    @property
    def clock_offset_seconds(self) -> float | None:
        """The seconds by which `clock` was ahead of Toggl's at the last response; None before the first."""
        return self._shared.offset_seconds

    @property
    def requests(self) -> int:
        """The requests that were sent so far."""
        return self._shared.requests

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
        change: PendingChange | None = None,
    ) -> Any:  # noqa: ANN401 - the JSON edge
        """Send a request within the caller's deadline, and return the decoded body (None for a deletion).

        A `change` gets what its confirmation says remains, to be stored with it.

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        request = self._build_request(method, path, body, query)
        state = _RequestState(method, path, use_reserve=self.use_reserve, change=change)
        return (await self._send_in_time(state, request)).data

    async def query_report(self, path: str, body: object) -> ApiResponse:
        """Query the Reports API, where a read is a POST; return the decoded body and the headers.

        Raises:
            TogglError: One of the errors that `errors.py` draws.
        """
        request = self._build_request("POST", path, body)
        return await self._send_in_time(_RequestState("POST", path, use_reserve=self.use_reserve), request)

    def _build_request(
        self, method: Method, path: str, body: object, query: Mapping[str, str] | None = None
    ) -> httpx.Request:
        url = url_of(self._client, path)
        return self._client.build_request(
            method, url, params=query, json=body, headers=ACCEPT_ENCODING, timeout=self._timeout
        )

    async def _send_in_time(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        now = anyio.current_time()
        with anyio.CancelScope(deadline=now + (anyio.current_effective_deadline() - now) * DEADLINE_SHARE):
            state.bucket_names = await self._rate_limiter.bucket_names(state.path)
            return await self._send_with_retries(state, request)
        if state.delivery is Delivery.SENT:
            state.move_to(Delivery.MAYBE_APPLIED)
        raise error_for(state.delivery, state.cause)

    async def _send_with_retries(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        retrying = stamina.retry_context(on=_retry_decision, attempts=self._attempts, timeout=None, wait_initial=0.5)
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._send_once(state, request)
        except _Retry as retry:
            raise error_for(state.delivery, state.cause) from retry.__cause__
        except TogglError as error:
            raise error_for(state.delivery, error) from error
        raise AssertionError

    async def _send_once(self, state: "_RequestState", request: httpx.Request) -> ApiResponse:
        await self._rate_limiter.acquire(state.bucket_names, use_reserve=state.use_reserve, change=state.change)
        if state.change is not None and state.change.require_lock is not None:
            await state.change.require_lock()
        with trace.get_tracer("toggl_mcp").start_as_current_span(
            f"{state.method} {state.template}",
            kind=trace.SpanKind.CLIENT,
            attributes={"http.request.method": state.method, "url.template": state.template},
            record_exception=False,  # An exception may hold what a person wrote.
            set_status_on_exception=False,
        ) as span:
            started_at = time.monotonic()
            outcome = "lost"  # As is what the caller's deadline cuts off.
            call_record = CALL_RECORD.get() or CallRecord()
            call_record.requests += 1
            self._shared.requests += 1
            state.count_attempts(1)
            state.move_to(Delivery.SENT)
            try:
                response = await read_bounded(await self._client.send(request, auth=self._auth, stream=True))
                outcome = str(response.status_code)
            except CONNECT_ERRORS as error:
                outcome = "not_sent"
                call_record.requests -= 1
                self._shared.requests -= 1
                state.count_attempts(-1)
                state.move_to(Delivery.NOT_SENT)
                raise _Retry from error
            except httpx.RequestError as error:
                state.move_to(Delivery.MAYBE_APPLIED)
                if isinstance(error, OversizedBody) and not state.is_change:
                    raise OversizedList(_OVERSIZED) from error
                raise state.unusable_response_error() from error
            finally:
                seconds = time.monotonic() - started_at
                record_request(state.method, state.template, outcome, seconds)
                _log.debug("%s %s: %s in %.0f ms", state.method, state.template, outcome, seconds * 1000)
                _describe_outcome(span, outcome)
            self._compare_clocks(response.headers.get("Date", ""))
            return await self._parse_response(state, response)

    def _compare_clocks(self, date: str) -> None:
        try:
            time_at_toggl = parsedate_to_datetime(date)
            if time_at_toggl.tzinfo is None:  # HTTP's dates are in UTC; without a zone, Python would take its own.
                time_at_toggl = time_at_toggl.replace(tzinfo=UTC)
            self._shared.offset_seconds = self._clock() - time_at_toggl.timestamp()
        except (ValueError, OverflowError):  # No date, or one that cannot be read: what an earlier one said holds.
            return

    async def _parse_response(self, state: "_RequestState", response: httpx.Response) -> ApiResponse:
        bucket, call_record = self._rate_limiter.parse_headers(state.bucket_names, response.headers), CALL_RECORD.get()
        if bucket is not None:
            record_quota(bucket.name, bucket.remaining)
            if call_record is not None:
                call_record.buckets[bucket.name] = bucket
        if response.is_success:
            try:
                data = state.decode(response)
            except ValueError as error:
                await self._rate_limiter.record(bucket)
                state.move_to(Delivery.MAYBE_APPLIED)
                raise state.unusable_response_error() from error
            if state.change is not None and bucket is not None:
                state.change.bucket = bucket
            else:
                await self._rate_limiter.record(bucket)
            return ApiResponse(data, response.headers)
        await self._rate_limiter.record(bucket)
        is_throttled = is_throttling_response(response)
        if is_throttled or (response.is_client_error and not is_page(response)):
            state.move_to(Delivery.REJECTED)
            if is_throttled:
                pause_seconds = parse_seconds(response.headers.get("Retry-After"))
                await self._rate_limiter.throttle(pause_seconds or 0.0)
                raise state.throttled_error(pause_seconds)
            if response.status_code == HTTPStatus.PAYMENT_REQUIRED and is_quota_response(response):
                raise await self._rate_limiter.record_spent(state.bucket_names, response.headers, response.text)
            raise error_for_response(response)
        state.move_to(Delivery.MAYBE_APPLIED)
        raise state.unusable_response_error()


class _RequestState:
    """One request and how far it has come, over all its attempts."""

    def __init__(self, method: Method, path: str, *, use_reserve: bool, change: PendingChange | None = None) -> None:
        self.method = method
        self.path = path
        self.change = change
        self.bucket_names: Sequence[str] = ()
        self.is_change = method != "GET" and not path.startswith(REPORTS_PATH_PREFIX)
        self.use_reserve = use_reserve or self.is_change
        self.template = "/" + "/".join("{id}" if part[:1].isdigit() else part for part in path.split("/"))
        self.delivery = Delivery.NOT_SENT
        self.cause: TogglError | None = None
        """Why the last attempt failed, if not for want of a usable response."""
        self._was_throttled = False

    @property
    def is_creation(self) -> bool:
        """Whether sending it twice could do it twice."""
        return self.is_change and self.method == "POST"

    def count_attempts(self, count: int) -> None:
        """Add to how often a change was sent."""
        if self.change is not None:
            self.change.attempts += count

    def move_to(self, delivery: Delivery, cause: TogglError | None = None) -> None:
        """Set how far the request has come, and why its last attempt failed."""
        self.cause = cause
        if self.delivery is Delivery.MAYBE_APPLIED:
            return
        is_lost_read = delivery is Delivery.MAYBE_APPLIED and not self.is_change
        self.delivery = Delivery.SENT if is_lost_read else delivery

    def decode(self, response: httpx.Response) -> Any:  # noqa: ANN401 - the JSON edge
        """Return what a successful response holds: JSON, or None for a deletion.

        Raises:
            ValueError: It holds neither, so it confirms nothing.
        """
        if self.method != "DELETE":
            return parse_json(response.content)
        # Toggl confirms a deletion by an empty body, by null or by the id; a proxy's error page confirms nothing.
        if response.content.strip() not in (b"", b"null", self.path.rpartition("/")[2].encode()):
            message = "the body does not confirm the deletion"
            raise ValueError(message)
        return None

    def unusable_response_error(self) -> Exception:
        """Return what ends an attempt without a usable response."""
        return error_for(self.delivery, None) if self.is_creation else _Retry()

    def throttled_error(self, pause_seconds: float | None) -> Exception:
        """Return what ends an attempt that Toggl has not carried out, because of too many requests."""
        error = RateLimited(
            "Toggl wants fewer requests at a time; nothing was changed. Wait a minute, then try again.",
            pause_seconds or DEFAULT_PAUSE_SECONDS,
        )
        self.move_to(Delivery.REJECTED, error)
        if pause_seconds is None and not self._was_throttled:
            self._was_throttled = True
            return _Retry(random.uniform(2, 5))  # noqa: S311 - spreads clients, hides nothing
        return _Retry(pause_seconds) if pause_seconds is not None and pause_seconds <= MAX_WAIT_SECONDS else error


def _describe_outcome(span: trace.Span, outcome: str) -> None:
    """Set the outcome of a span: the response's status; for 4xx and 5xx, and without a response, also as its error."""
    if outcome.isdecimal():
        span.set_attribute("http.response.status_code", int(outcome))
    if not outcome.isdecimal() or int(outcome) >= HTTPStatus.BAD_REQUEST:
        span.set_attribute("error.type", outcome)
        span.set_status(trace.StatusCode.ERROR)


def _retry_decision(error: Exception) -> bool | float:
    """Return whether to try again, or after how many seconds where Toggl named a pause."""
    if not isinstance(error, _Retry):
        return False
    return True if error.wait_seconds is None else error.wait_seconds
