"""What the version, the host, the origin and the headers of a request have to be, before anything else is looked at."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_HEADERS = 100
MAX_HEADER_BYTES = 16 << 10
"""Bytes of the path, the query and all headers of a request."""
# Of two values, a proxy before this server may have looked at the other one.
_SINGLE_HEADER = re.compile(rb"authorization|content-type|host|origin|(mcp|x-toggl-mcp)-.*")
_PORT = re.compile(r"(:[0-9]{1,5})?")


class HeaderRules:
    """Refuses a request whose version, host, origin or headers are wrong.

    Args:
        app: What answers the others.
        hosts: The hosts that a request may name, in small letters; each with every port, too.
        origins: The origins of browsers that may call, besides that of the address that a request names.
        scheme: The scheme of that address.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str], scheme: str) -> None:
        self._app = app
        self._hosts = hosts
        self._origins = origins
        self._scheme = scheme

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refusal = _find_frame_refusal(scope) or self._find_address_refusal(dict(scope["headers"]))
        await (refusal or self._app)(scope, receive, send)

    def _find_address_refusal(self, headers: Mapping[bytes, bytes]) -> JSONResponse | None:
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if not self._has_host(host):
            text = "This server has another name. Use its own address, which --public-url sets."
            return _refuse(HTTPStatus.MISDIRECTED_REQUEST, text)
        own_origin = f"{self._scheme}://{host}"  # The conformance suite wants it accepted; the host is ours by now.
        origin = headers.get(b"origin", b"").decode("latin-1")
        if b"origin" in headers and origin != own_origin and origin not in self._origins:
            text = "Pages of this origin may not call. The server's operator can allow it by --allowed-origins."
            return _refuse(HTTPStatus.FORBIDDEN, text)
        return None

    def _has_host(self, host: str) -> bool:
        return any(
            host.startswith(allowed) and _PORT.fullmatch(host.removeprefix(allowed)) is not None
            for allowed in self._hosts
        )


def _find_frame_refusal(scope: Scope) -> JSONResponse | None:
    """Return the refusal of a request that a proxy may have understood in another way, or that is too long."""
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    names, values = [name for name, _ in pairs], [value for _, value in pairs]
    size = sum(map(len, (scope["path"], scope["query_string"], *names, *values)))
    if len(pairs) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        text = f"A request may have {MAX_HEADERS} headers, and {MAX_HEADER_BYTES} bytes of them. Send fewer."
        return _refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
    if scope["http_version"] not in ("1.0", "1.1"):
        return _refuse(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Use HTTP/1.1.")
    unique_names = {*names}
    repeated = Counter(names) - Counter(unique_names) if len(unique_names) < len(names) else ()
    if (single := next(filter(_SINGLE_HEADER.fullmatch, repeated), None)) is not None:
        return _refuse(HTTPStatus.BAD_REQUEST, f"Send the header {single.decode('ascii')} once.")
    if b"transfer-encoding" in unique_names and (b"content-length" in unique_names or scope["http_version"] == "1.0"):
        text = "Send Content-Length or Transfer-Encoding, not both; with HTTP/1.0, Content-Length."
        return _refuse(HTTPStatus.BAD_REQUEST, text)
    return None


def _refuse(status: HTTPStatus, text: str) -> JSONResponse:
    """Return a refusal after which the connection closes: what follows on it is not to be believed."""
    return JSONResponse({"error": text}, status, {"Connection": "close"})
