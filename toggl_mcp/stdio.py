"""MCP over standard input and output, for both protocol eras.

The SDK ties a connection to the era of its first request. Some hosts probe with `server/discover` and then open with
`initialize`, so the probe is answered here, before an era is chosen; the first other request chooses it. A line that is
no message gets a parse error, where the SDK would send nothing. SIGINT and SIGTERM end the process after its clean-up,
although its standard input is still open.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterable
from typing import Any, Protocol, cast

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp.types import (
    PARSE_ERROR,
    UNSUPPORTED_PROTOCOL_VERSION,
    DiscoverResult,
    ErrorData,
    JSONRPCError,
    JSONRPCRequest,
    JSONRPCResponse,
    RequestId,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

VERSION_META_KEY = "io.modelcontextprotocol/protocolVersion"
CLEAN_UP_SECONDS = 0.7
"""Seconds that the process may spend on its clean-up after a signal or the end of its input."""
SERVER_INFO_META_KEY = "io.modelcontextprotocol/serverInfo"

_Item = SessionMessage | Exception


class _MessageWriter(Protocol):
    async def send(self, item: Any, /) -> None: ...  # noqa: ANN401 - streams of the SDK and of anyio


async def serve(server: MCPServer[None]) -> None:
    """Serve until the input ends; a signal ends the process."""
    # The probe has to be answered between the streams and the protocol, and MCPServer.run opens its streams itself. The
    # SDK has no public way to run a server on given streams; the low-level server has one.
    lowlevel: Server[Any] = server._lowlevel_server  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - see above
    signals: list[int] = []
    async with anyio.create_task_group() as tasks:
        if sys.platform != "win32":
            tasks.start_soon(_cancel_on_signal, tasks.cancel_scope, signals)
        async with stdio_server() as (read, write):
            era_requests, requests = anyio.create_memory_object_stream[_Item]()
            tasks.start_soon(_answer_probes, lowlevel, read, write, era_requests)
            try:
                await lowlevel.run(requests, write, lowlevel.create_initialization_options())
            finally:
                if signals:
                    _exit_now(128 + signals[0])
        tasks.cancel_scope.cancel()


async def _cancel_on_signal(scope: anyio.CancelScope, signals: list[int]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signal_numbers:
        async for number in signal_numbers:
            signals.append(number)
            _exit_within(128 + number)
            scope.cancel()
            return


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


async def _answer_probes(
    lowlevel: Server[Any],
    read: AsyncIterable[_Item],
    write: _MessageWriter,
    requests: Any,  # noqa: ANN401 - an anyio stream
) -> None:
    """Answer probes and lines that are no messages, and pass everything else on to the server."""
    era_is_chosen = False
    async with requests:
        async for item in read:
            message = item.message if isinstance(item, SessionMessage) else None
            if message is None:
                await write.send(SessionMessage(_parse_error()))
            elif not era_is_chosen and isinstance(message, JSONRPCRequest) and _is_probe(message):
                await write.send(SessionMessage(_discover_response(lowlevel, message)))
            else:
                era_is_chosen = era_is_chosen or isinstance(message, JSONRPCRequest)
                await requests.send(item)
    _exit_within(0)


def _is_probe(message: JSONRPCRequest) -> bool:
    return message.method == "server/discover" and _requested_version(message) is not None


def _requested_version(message: JSONRPCRequest) -> str | None:
    meta: object = (message.params or {}).get("_meta")
    version = cast("dict[str, object]", meta).get(VERSION_META_KEY) if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def _parse_error() -> JSONRPCError:
    message = "That line is not a JSON-RPC message. Send one message a line, as UTF-8 JSON."
    return JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message=message))


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
