"""MCP over standard input and output, for both protocol eras.

The SDK ties a connection to the era of its first request. Some hosts probe with `server/discover` and then open with
`initialize`, so the probe is answered here, before an era is chosen; the first other request chooses it. What the SDK
would read without an answer or a bound is read here: a line that is no message gets an error, under its id if it has
one, and no more requests are read than can be answered. What was read before the input ends, or before SIGINT, SIGTERM
or SIGHUP, is answered before the process ends.
"""

import io
import json
import logging
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, cast

import anyio
import anyio.to_thread
from mcp.server.lowlevel.server import Server
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import ServerMessageMetadata, SessionMessage
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
    DiscoverResult,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
    jsonrpc_message_adapter,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from toggl_mcp.logs import NOTICES
from toggl_mcp.subscriptions import Subscriptions

_log = logging.getLogger(__name__)

VERSION_META_KEY = "io.modelcontextprotocol/protocolVersion"
SERVER_INFO_META_KEY = "io.modelcontextprotocol/serverInfo"
ANSWER_SECONDS = 5
"""Seconds for which requests that were read may still be answered after the end of the input or a signal."""
CLEAN_UP_SECONDS = 0.7
"""Seconds that the process may spend on its clean-up after that."""
MAX_REQUESTS = 64
"""Requests in progress; the next one is read when one of them has been answered and its answer taken."""
MAX_LINE_BYTES = 1 << 20
"""Bytes of the longest message, of which MAX_REQUESTS are in memory at a time; the longest call takes some thousand."""
MAX_LINE_VALUES = 20_000
"""Commas and brackets of the largest message, outside of its texts: each value has one, and takes many bytes."""
_TEXT = re.compile(r'"(?:[^"\\]++|\\.)*+"')


class _Responses:
    """The stream that the server writes to; a slot is free again when the answer of its request was taken."""

    def __init__(self, write: Any, slots: anyio.Semaphore) -> None:  # noqa: ANN401 - a stream of the SDK
        self._write = write
        self._slots = slots

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._write.aclose()

    async def send(self, item: SessionMessage, /) -> None:
        message = item.message
        if isinstance(message, JSONRPCError) and message.error.code == CONNECTION_CLOSED:
            item = SessionMessage(message.model_copy(update={"error": _unfinished_error()}))
        try:
            await self._write.send(item)
        finally:
            if isinstance(message, JSONRPCResponse | JSONRPCError):
                self._slots.release()


class _Refusal:
    """An answer to what is no request; unlike one of the SDK, its id may be whatever the line had."""

    def __init__(self, request_id: object, code: int, text: str) -> None:
        error = {"code": code, "message": text}
        self._line = json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error})

    def model_dump_json(self, **_: object) -> str:
        """Return the line, as a message of the SDK does."""
        return self._line


async def serve(server: MCPServer[None]) -> None:
    """Serve until the input ends or a signal comes, and what was read is answered."""
    # The probe has to be answered between the streams and the protocol, and MCPServer.run opens its streams itself. The
    # SDK has no public way to run a server on given streams; the low-level server has one.
    lowlevel: Server[Any] = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - see above
    signals: list[int] = []
    reading = anyio.CancelScope()
    slots = anyio.Semaphore(MAX_REQUESTS)
    try:
        async with anyio.create_task_group() as tasks:
            if sys.platform != "win32":
                tasks.start_soon(_stop_on_signal, reading, signals)
            # The SDK's reader gets nothing to read: it would take lines of any length, and any number of requests.
            async with stdio_server(stdin=anyio.wrap_file(io.StringIO())) as (_, write):
                sender, requests = anyio.create_memory_object_stream[SessionMessage | Exception]()

                async def read() -> None:
                    async with sender:
                        with reading:
                            await _read_messages(lowlevel, write, sender, slots)
                        _close_subscriptions(lowlevel)
                        with anyio.move_on_after(ANSWER_SECONDS):
                            for _ in range(MAX_REQUESTS):
                                await slots.acquire()
                    _exit_within(128 + signals[0] if signals else 0)

                tasks.start_soon(read)
                await lowlevel.run(requests, _Responses(write, slots), lowlevel.create_initialization_options())
            if signals:
                _exit_now(128 + signals[0])
            tasks.cancel_scope.cancel()
    except* BrokenPipeError:
        _log.info("The client is gone.")
        _exit_now(1)  # The reader may still wait for its input.
    except* OSError as errors:
        error = next(_list_errors(errors))
        NOTICES.error("standard input or output has failed (%s). Correct that and start it again.", error.strerror)
        _exit_now(1)


def _list_errors(group: ExceptionGroup[OSError]) -> Iterator[OSError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _list_errors(error)
        else:
            yield error


def _close_subscriptions(lowlevel: Server[Any]) -> None:
    """End the streams that would otherwise be requests in progress for ever."""
    entry = lowlevel.get_request_handler("subscriptions/listen")
    if entry is not None and isinstance(entry.handler, Subscriptions):
        entry.handler.close()


async def _stop_on_signal(reading: anyio.CancelScope, signals: list[int]) -> None:
    """Stop reading at the first signal, and end the process at the second."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it.
        numbers.append(signal.SIGHUP)
    with anyio.open_signal_receiver(*numbers) as signal_numbers:
        async for number in signal_numbers:
            if signals:
                _exit_now(128 + number)
            signals.append(number)
            reading.cancel()


def _exit_now(status: int) -> None:
    """End the process at once, with its logs written."""
    logging.shutdown()
    sys.stderr.flush()
    # sys.exit would join the worker thread that blocks in a read of standard input. That ends only when the host closes
    # its end, so a process that got SIGTERM would stay.
    os._exit(status)


def _exit_within(status: int) -> None:
    """End the process after CLEAN_UP_SECONDS, even if its clean-up waits for something, such as a locked cache file."""
    timer = threading.Timer(CLEAN_UP_SECONDS, _exit_now, [status])
    timer.daemon = True
    timer.start()


async def _read_messages(
    lowlevel: Server[Any],
    write: Any,  # noqa: ANN401 - a stream of the SDK
    requests: Any,  # noqa: ANN401 - an anyio stream
    slots: anyio.Semaphore,
) -> None:
    """Answer probes and lines that are no messages, and pass everything else on to the server."""

    async def release_slot() -> None:
        slots.release()

    era_is_chosen = False
    reader = anyio.CapacityLimiter(1)
    while line := await anyio.to_thread.run_sync(_read_line, abandon_on_cancel=True, limiter=reader):
        message = _parse(line)
        if message is None:
            for refusal in _refuse(line):
                await write.send(SessionMessage(cast("JSONRPCError", refusal)))
        elif not isinstance(message, JSONRPCRequest):
            await requests.send(SessionMessage(message))
        elif not era_is_chosen and _is_probe(message):
            await write.send(SessionMessage(_discover_response(lowlevel, message)))
        else:
            era_is_chosen = True
            await slots.acquire()
            # A slot whose request is not passed on would never be free again.
            with anyio.CancelScope(shield=True):
                await requests.send(
                    SessionMessage(message, metadata=ServerMessageMetadata(on_request_unanswered=release_slot))
                )


def _read_line() -> str:
    """Return the next line that is not blank, or an empty text at the end; a line that is too long is cut."""
    stdin = sys.stdin.buffer
    while line := stdin.readline(MAX_LINE_BYTES):
        rest = line
        while len(rest) == MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stdin.readline(MAX_LINE_BYTES)
        # Some shells of Windows write a byte order mark before the first line.
        if text := line.decode("utf-8", "replace").strip(" \t\r\n\0\ufeff"):
            return text
    return ""


def _parse(line: str) -> JSONRPCMessage | None:
    """Return the message of a line, or None if it is none."""
    if _count_values(line) > MAX_LINE_VALUES and _count_values(_TEXT.sub("", line)) > MAX_LINE_VALUES:
        return None
    try:
        message = jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        return None
    # To the SDK, a request with an id that it does not take is a notification, which has no answer.
    return None if isinstance(message, JSONRPCNotification) and _find_ids(line) else message


def _count_values(line: str) -> int:
    return sum(map(line.count, ",[{"))


def _find_ids(line: str) -> list[object]:
    """Return the id of a request, or the ids of several in a list."""
    try:
        content: object = json.loads(line)
    except (ValueError, RecursionError):
        return []
    items = cast("list[object]", content) if isinstance(content, list) else [content]
    return [cast("dict[str, object]", item)["id"] for item in items if isinstance(item, dict) and "id" in item]


def _refuse(line: str) -> Iterable[_Refusal]:
    """Return the answers to a line that is no message: one a request in it, or one without an id."""
    ids = _find_ids(line)
    if not ids:
        text = "That line is not a JSON-RPC message. Send one message a line, as UTF-8 JSON."
        return [_Refusal(None, PARSE_ERROR, text)]
    text = (
        "That line is not a valid JSON-RPC request. Send one request a line, with an id that is a text or an integer, "
        f"parameters that are an object of at most {MAX_LINE_VALUES:,} values, and no half of a character (an unpaired "
        "surrogate)."
    )
    return [_Refusal(item if _is_json_scalar(item) else None, INVALID_REQUEST, text) for item in ids]


def _is_json_scalar(value: object) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _unfinished_error() -> ErrorData:
    message = (
        "outcome_unknown: the server ended before this call was complete. A change may or may not have been made: "
        "look before you repeat it."
    )
    return ErrorData(code=CONNECTION_CLOSED, message=message)


def _is_probe(message: JSONRPCRequest) -> bool:
    return message.method == "server/discover" and _requested_version(message) is not None


def _requested_version(message: JSONRPCRequest) -> str | None:
    meta: object = (message.params or {}).get("_meta")
    version = cast("dict[str, object]", meta).get(VERSION_META_KEY) if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _discover_response(lowlevel: Server[Any], message: JSONRPCRequest) -> JSONRPCResponse | JSONRPCError:
    """Return the response that the SDK's own handler would send."""
    requested_version = _requested_version(message) or ""
    if requested_version not in MODERN_PROTOCOL_VERSIONS:
        return _unsupported_version_error(message.id, requested_version)
    hint = lowlevel.cache_hints["server/discover"]
    result = DiscoverResult(
        supported_versions=list(MODERN_PROTOCOL_VERSIONS),
        capabilities=lowlevel.get_capabilities(protocol_version=requested_version),
        instructions=lowlevel.instructions,
        ttl_ms=hint.ttl_ms,
        cache_scope=hint.scope,
    )
    dumped = result.model_dump(by_alias=True, mode="json", exclude_none=True)
    return JSONRPCResponse(
        jsonrpc="2.0", id=message.id, result={**dumped, "_meta": {SERVER_INFO_META_KEY: lowlevel.server_info_stamp}}
    )


def _unsupported_version_error(request_id: RequestId, requested_version: str) -> JSONRPCError:
    data = {"supported": list(MODERN_PROTOCOL_VERSIONS), "requested": requested_version}
    error = ErrorData(code=UNSUPPORTED_PROTOCOL_VERSION, message="Unsupported protocol version", data=data)
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=error)
