"""Serves the application on a socket, until a signal comes and what is in progress is answered."""

import logging
import socket
import sys

import uvicorn

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http.app import build_app
from toggl_mcp.http.connection import BoundedConnection
from toggl_mcp.http.drain import DrainableServer
from toggl_mcp.http.headers import MAX_HEADER_BYTES
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.logs import NOTICES

STOP_SECONDS = 25
"""Seconds for which requests in progress may go on after a signal: an ordinary call ends within twenty."""
KEEP_ALIVE_SECONDS = 75
"""Seconds for which an idle connection stays open: longer than load balancers keep theirs, so that they close first."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""


def serve(settings: HttpSettings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        InvalidArguments: The settings do not fit together, or nothing can listen at this address.
    """
    app = build_app(settings, is_ready=lambda: not server.should_exit)
    listener = listen(settings.host, settings.port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listener.getsockname()[1]
    NOTICES.info("listening at http://%s:%d%s", host, port, settings.path)
    logging.getLogger("uvicorn").setLevel(settings.log_level)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        http=BoundedConnection,
        ws="none",
    )
    server = DrainableServer(config)
    server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 is a free one.

    Raises:
        InvalidArguments: Nothing can listen there.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        )[0]
        # With its protocol named: asyncio sends without delay (TCP_NODELAY) on sockets of TCP only, and a response that
        # is sent in two parts waits 40 ms for the client's acknowledgement otherwise.
        listener = socket.socket(family, kind, protocol)
        if sys.platform != "win32":  # There it would let two servers have one port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        message = f"Nothing can listen at {host}, port {port}: {error.strerror}. Choose another --host or --port."
        raise InvalidArguments(message) from error
    return listener
