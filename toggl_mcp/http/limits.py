"""What a request may cost the server: a place, and a time."""

from contextlib import suppress

import anyio
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_SECONDS = 10.0
"""Seconds in which the whole request has to arrive."""
REQUEST_SECONDS = 130.0
"""Seconds after its arrival at which a request ends; the longest call ends by itself before."""


class RequestLimits:
    """Refuses a request that arrives too slowly, or for which there is no place.

    Args:
        app: What answers the others.
        max_requests: The requests in progress at a time.
    """

    def __init__(self, app: ASGIApp, max_requests: int) -> None:
        self._app = app
        self._max_requests = max_requests
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._in_progress >= self._max_requests:
            await busy_response()(scope, receive, send)
        else:
            self._in_progress += 1
            try:
                await self._answer_in_time(scope, receive, send)
            finally:
                self._in_progress -= 1

    async def _answer_in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_body = has_response = False

        async def receive_in_time() -> Message:
            nonlocal has_body
            message = await receive()
            if not has_body and not message.get("more_body", False):
                has_body = True
                time_limit.deadline = anyio.current_time() + REQUEST_SECONDS
            return message

        async def send_response(message: Message) -> None:
            nonlocal has_response
            has_response = True
            await send(message)

        # A caller that goes before its request has arrived gets no response, and is no error of this server.
        with anyio.CancelScope(deadline=anyio.current_time() + BODY_SECONDS) as time_limit, suppress(ClientDisconnect):
            await self._app(scope, receive_in_time, send_response)
        if time_limit.cancelled_caught and not has_response:
            await _timeout_response(has_body=has_body)(scope, receive, send)


def busy_response() -> JSONResponse:
    """Return the refusal of a request for which there is no place."""
    text = "Too many requests are in progress. Try again in a second."
    return JSONResponse({"error": text}, 503, {"Retry-After": "1"})


def _timeout_response(*, has_body: bool) -> JSONResponse:
    if has_body:
        text = "The call took too long. Whether it changed something is unknown: look before you repeat it."
        return JSONResponse({"error": text}, 504)
    return JSONResponse({"error": f"Send the whole request within {BODY_SECONDS:.0f} seconds."}, 408)
