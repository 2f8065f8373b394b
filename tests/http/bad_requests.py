"""Bad requests that an HTTP server refuses before it looks at a caller: framing, host, origin, path and method."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.http.raw import CALL, encode

ORIGIN = "https://toggl.example"
CHUNKED = (("Content-Length", None), ("Transfer-Encoding", "chunked"))
BODY = encode().partition(b"\r\n\r\n")[2]
CHUNKS = f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n"
NEXT_REQUEST = encode(line="POST /smuggled HTTP/1.1")


class Bad(NamedTuple):
    """A bad request, and the status that it is to get; 0 is a connection that is closed without one."""

    request: bytes
    status: int


def _replace(name: str, value: bytes) -> bytes:
    """Return a request with a header of bytes that text would not have."""
    return encode((name, "VALUE")).replace(b"VALUE", value)


HOSTS: Mapping[str, Bad] = {
    **{
        f"host {host!r}": Bad(encode(("Host", host)), 421)
        for host in (
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:8000",
            "evil.example:80",
            "127.0.0.1:8000.evil.example",
            "localhost:evil.example",
            "localhost:8000@evil.example",
            "127.0.0.1:99999999",
            "evil.example, 127.0.0.1",
            "127.0.0.1, evil.example",
            "127.0.0.2",
            "127.1",
            "2130706433",
            "0.0.0.0",  # noqa: S104 - what is refused
            "[::]",
            "::1",
            "[::1",
            "http://127.0.0.1",
            "127.0.0.1/",
            "*",
            "..",
            "a" * 4000,
        )
    },
    "host of one blank": Bad(encode(("Host", " ")), 421),
    "host that is empty": Bad(encode(("Host", "")), 421),
    "no host": Bad(encode(("Host", None)), 400),
    "two hosts": Bad(encode(repeated=[("Host", "evil.example")]), 400),
    "two hosts that are the same": Bad(encode(repeated=[("Host", "127.0.0.1")]), 400),
    "host in capitals, twice": Bad(encode(repeated=[("HOST", "127.0.0.1")]), 400),
    "host of bytes": Bad(_replace("Host", b"\xff\xfe"), 421),
    "forwarded host": Bad(encode(("Host", "evil.example"), ("X-Forwarded-Host", "127.0.0.1")), 421),
    **{
        f"origin {origin!r}": Bad(encode(("Origin", origin)), 403)
        for origin in (
            "https://evil.example",
            "null",
            "http://toggl.example",
            "https://toggl.example:444",
            "https://toggl.example.evil.example",
            "https://toggl.example/",
            "https://TOGGL.example@evil.example",
            "https://127.0.0.1",
            "http://127.0.0.1:3000",
            "http://localhost:3000",
            "file://",
            "*",
            f"{ORIGIN}, https://evil.example",
            f"{ORIGIN} https://evil.example",
        )
    },
    "two origins": Bad(encode(("Origin", ORIGIN), repeated=[("Origin", "https://evil.example")]), 400),
    "preflight of another origin": Bad(
        encode(
            ("Origin", "https://evil.example"),
            ("Access-Control-Request-Method", "POST"),
            line="OPTIONS /mcp HTTP/1.1",
            body=b"",
        ),
        400,
    ),
}

PATHS: Mapping[str, Bad] = {
    **{
        f"path {path!r}": Bad(encode(line=f"POST {path} HTTP/1.1"), 404)
        for path in (
            "/",
            "/mcp/",
            "//mcp",
            "/MCP",
            "/mcp/..",
            "/mcp/../",
            "/mcp/../mcp",
            "/./mcp",
            "/mcp/.",
            "/mcp;x=1",
            "/mcp%00",
            "/mcp%20",
            "/mcp%0d%0a",
            "/mcp%2f",
            "/%2fmcp",
            "/mcp.json",
            "/x/../mcp",
            "/..%2fmcp",
            "/%252e%252e/mcp",
            "/mcp%c3%28",
            "/%ff",
            "/mcp\\",
            "/etc/passwd",
            "/../../../../etc/passwd",
            "/metrics/..",
            "/sse",
            "/messages",
            "/docs",
            "/openapi.json",
            "http://evil.example/mcp",
            "http://127.0.0.1/mcp",
            "https://127.0.0.1:443/mcp",
            "mcp",
            "*",
            "//evil.example/mcp",
            "/.well-known/oauth-authorization-server",
        )
    },
    "path of 15 kB": Bad(encode(line=f"POST /{'a' * 15_000} HTTP/1.1"), 404),
    "path of 1 MB": Bad(encode(line=f"POST /{'a' * 1_000_000} HTTP/1.1"), 400),
    "query of 20 kB": Bad(encode(line=f"POST /mcp?{'a' * 20_000} HTTP/1.1"), 431),
    "path with a blank": Bad(encode(line="POST /mcp /mcp HTTP/1.1"), 400),
    "path of bytes": Bad(encode().replace(b"/mcp", b"/\xff", 1), 400),
    "path with a null": Bad(encode().replace(b"/mcp", b"/mcp\0", 1), 400),
    "path with a line break": Bad(encode().replace(b"/mcp", b"/mcp\r\nX: y", 1), 400),
    **{
        f"method {method}": Bad(encode(line=f"{method} /mcp HTTP/1.1"), 405)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "post", "POSTS", "X")
    },
    "options that is no preflight": Bad(encode(line="OPTIONS /mcp HTTP/1.1"), 405),
    "post of health": Bad(encode(line="POST /health HTTP/1.1"), 405),
    "connect to elsewhere": Bad(encode(line="CONNECT evil.example:443 HTTP/1.1"), 404),
    "method of bytes": Bad(encode().replace(b"POST", b"PO\xffT", 1), 400),
    "method that is empty": Bad(encode(line=" /mcp HTTP/1.1"), 400),
    "method of 20 kB": Bad(encode(line=f"{'A' * 20_000} /mcp HTTP/1.1"), 405),
    **{
        f"version {version}": Bad(encode(line=f"POST /mcp {version}"), 400)
        for version in ("HTTP/3", "http/1.1", "HTTP/1.10", "HTTP/11", "ICY", "")
    },
    **{f"version {version}": Bad(encode(line=f"POST /mcp {version}"), 505) for version in ("HTTP/0.9", "HTTP/2.0")},
    "http 1.0 without a host": Bad(encode(("Host", None), line="POST /mcp HTTP/1.0"), 421),
    "http 1.0 with chunks": Bad(encode(*CHUNKED, line="POST /mcp HTTP/1.0", body=CHUNKS), 400),
    "http 2 preface": Bad(b"PRI * HTTP/2.0\r\nConnection: close\r\n\r\nSM\r\n\r\n", 404),
    "http 2 upgrade without a host": Bad(
        encode(("Host", "evil.example"), ("Connection", "close, Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")), 421
    ),
    "tls": Bad(bytes.fromhex("16030100c8010000c40303") + bytes(200) + b"\r\n\r\n", 400),
    "websocket": Bad(
        encode(
            ("Connection", "close, Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            line="GET /mcp HTTP/1.1",
            body=b"",
        ),
        405,
    ),
}

FRAMES: Mapping[str, Bad] = {
    "length and chunks": Bad(
        encode(("Transfer-Encoding", "chunked"), ("Connection", "keep-alive"), body=CHUNKS) + NEXT_REQUEST, 400
    ),
    "chunks and length": Bad(encode(*CHUNKED, body=CHUNKS, repeated=[("Content-Length", "5")]) + NEXT_REQUEST, 400),
    "two lengths": Bad(encode(repeated=[("Content-Length", "5")]) + NEXT_REQUEST, 400),
    "two lengths in one": Bad(encode(length=f"{len(BODY)}, 5") + NEXT_REQUEST, 400),
    **{
        f"length {length!r}": Bad(encode(length=length), 400)
        for length in ("-1", "+5", "0x10", "1e3", "five", "", " ", "5 5", "5;", "1" * 30, "5.0", "1_000")
    },
    **{
        f"transfer encoding {encoding!r}": Bad(
            encode(("Content-Length", None), ("Transfer-Encoding", encoding), body=CHUNKS) + NEXT_REQUEST, 400
        )
        for encoding in (
            "xchunked",
            "gzip",
            "chunked, gzip",
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "chunked;",
            "\x0bchunked",
            "chunked, identity",
        )
    },
    "two transfer encodings": Bad(encode(*CHUNKED, body=CHUNKS, repeated=[("Transfer-Encoding", "x")]), 400),
    "transfer encoding before a colon": Bad(
        encode(*CHUNKED, body=CHUNKS).replace(b"Transfer-Encoding:", b"Transfer-Encoding :") + NEXT_REQUEST, 400
    ),
    "folded first header": Bad(encode().replace(b"Host: ", b" X: y\r\nHost: "), 400),
    "bare carriage return": Bad(encode().replace(b"Host: ", b"X: y\rHost: evil.example\r\nHost: "), 400),
    "null in a header": Bad(_replace("X-Note", b"a\0b"), 400),
    "header without a colon": Bad(encode().replace(b"Host: ", b"Nothing\r\nHost: "), 400),
    "header without a name": Bad(encode().replace(b"Host: ", b": x\r\nHost: "), 400),
    "header with a blank in its name": Bad(encode().replace(b"Host: ", b"X Y: z\r\nHost: "), 400),
    "header of bytes": Bad(encode().replace(b"Host: ", b"\xff: z\r\nHost: "), 400),
    "header of 20 kB": Bad(encode(("X-Note", "a" * 20_000)), 431),
    "header of 1 MB": Bad(encode(("X-Note", "a" * 1_000_000)), 400),
    "10,000 headers": Bad(encode(repeated=[(f"X-{number}", "y") for number in range(10_000)]), 431),
    "101 headers": Bad(encode(repeated=[(f"X-{number}", "y") for number in range(101)]), 431),
    "headers that never end": Bad(b"POST /mcp HTTP/1.1\r\n" + b"X: y\r\n" * 200_000, 400),
    "line that never ends": Bad(b"A" * 1_000_000, 400),
    "line breaks only": Bad(b"\r\n" * 20_000, 400),
    "nulls only": Bad(bytes(20_000), 400),
    "bare line feeds": Bad(b"GARBAGE\n\n", 400),
    "json only": Bad(BODY + b"\r\n\r\n", 400),
    "chunk with a negative size": Bad(encode(*CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk with a size of words": Bad(encode(*CHUNKED, body=b"five\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk with a size beyond numbers": Bad(encode(*CHUNKED, body=b"f" * 21 + b"\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk with a size of 1 GB": Bad(encode(*CHUNKED, body=b"40000000\r\n" + b"a" * 2_000_000), 413),
    "chunk longer than its size": Bad(encode(*CHUNKED, body=b"2\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk with an endless extension": Bad(encode(*CHUNKED, body=b"5;" + b"a" * 1_000_000), 400),
    "chunks with endless trailers": Bad(encode(*CHUNKED, body=b"0\r\n" + b"X: y\r\n" * 100_000), 400),
    "trailers that are headers": Bad(encode(*CHUNKED, body=b"0\r\nHost: evil.example\r\n\r\n"), 400),
    "body of 2 MB": Bad(encode(body={**CALL, "x": "a" * 2_000_000}), 413),
    "body of 2 MB in chunks": Bad(encode(*CHUNKED, body=b"1e8480\r\n" + b"a" * 2_000_000 + b"\r\n0\r\n\r\n"), 413),
    "body that says it has 1 TB": Bad(encode(length=str(1 << 40)), 413),
    "body longer than its length": Bad(encode(length="10") + NEXT_REQUEST, 400),
    "length of nothing": Bad(encode(length="0"), 400),
    "no length": Bad(encode(("Content-Length", None)), 400),
    "expectation": Bad(encode(("Expect", "a-miracle"), ("Host", "evil.example")), 421),
}
