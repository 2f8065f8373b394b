"""Bad requests with a body or MCP headers that no client sends: each is refused before a tool is called."""

import json
from collections.abc import Mapping
from typing import Any

from tests.http.bad_requests import Bad
from tests.http.raw import CALL, encode
from tests.http.support import META

VERSION = "io.modelcontextprotocol/protocolVersion"


def _call(**params: object) -> dict[str, Any]:
    """Return the call with these parameters in place of its own."""
    return {**CALL, "params": {**CALL["params"], **params}}


def _message(method: str, **fields: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"_meta": META}, **fields}


TEXTS: Mapping[str, bytes] = {
    "nothing": b"",
    "blank": b" ",
    "words": b"hello",
    "half an object": json.dumps(CALL).encode()[:-5],
    "two objects": json.dumps(CALL).encode() * 2,
    "a string": b'"tools/call"',
    "a number": b"7",
    "a number of 5,000 digits": b"7" * 5000,
    "null": b"null",
    "true": b"true",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a batch": json.dumps([CALL, CALL]).encode(),
    "a batch of 1,000": json.dumps([CALL] * 1000).encode(),
    "invalid UTF-8": json.dumps(CALL).encode().replace(b"list_clients", b"list_\xff\xfe"),
    "an overlong byte": json.dumps(CALL).encode().replace(b"list_clients", b"list_\xc0\xaf"),
    "a null byte": json.dumps(CALL).encode() + b"\0",
    "100,000 lists": b"[" * 100_000,
    "100,000 closed lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "100,000 lists in a call": json.dumps(_call(arguments={"x": 0}))
    .encode()
    .replace(b'"x": 0', b'"x": ' + b"[" * 100_000 + b"]" * 100_000),
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "a form": b"method=tools/call&name=list_clients",
    "comments": b"/* */" + json.dumps(CALL).encode(),
    "single quotes": json.dumps(CALL).replace('"', "'").encode(),
}

BODIES: Mapping[str, object] = {
    "no version of JSON-RPC": {name: value for name, value in CALL.items() if name != "jsonrpc"},
    "JSON-RPC 1.0": {**CALL, "jsonrpc": "1.0"},
    "JSON-RPC 2": {**CALL, "jsonrpc": 2},
    "no method": {name: value for name, value in CALL.items() if name != "method"},
    "a method that is a number": {**CALL, "method": 7},
    "a method that is null": {**CALL, "method": None},
    "an id that is null": {**CALL, "id": None},
    "an id that is a list": {**CALL, "id": [1]},
    "an id that is an object": {**CALL, "id": {}},
    "parameters that are a list": {**CALL, "params": ["list_clients"]},
    "parameters that are a text": {**CALL, "params": "list_clients"},
    "no parameters": {name: value for name, value in CALL.items() if name != "params"},
    "no name": {**CALL, "params": {"arguments": {}, "_meta": META}},
    "a name that is a number": _call(name=7),
    "a name that is a list": _call(name=["list_clients"]),
    "a name that is null": _call(name=None),
    "arguments that are a list": _call(arguments=["refresh"]),
    "arguments that are a number": _call(arguments=7),
    "a meta that is a list": _call(_meta=[META]),
    "another version in its meta": _call(_meta={**META, VERSION: "2025-11-25"}),
    "a version that is a number": _call(_meta={**META, VERSION: 20260728}),
    "capabilities that are a list": _call(_meta={**META, "io.modelcontextprotocol/clientCapabilities": []}),
}

MESSAGES: Mapping[str, Bad] = {
    **{f"body of {name}": Bad(encode(body=text), 400) for name, text in TEXTS.items()},
    **{f"body with {name}": Bad(encode(body=body), 400) for name, body in BODIES.items()},
    **{
        f"content type {kind!r}": Bad(encode(("Content-Type", kind)), 400)
        for kind in (
            None,
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
            "application/xml",
            "application/octet-stream",
            "application",
            "json",
        )
    },
    "two content types": Bad(encode(repeated=[("Content-Type", "text/plain")]), 400),
    **{
        f"content encoding {encoding}": Bad(encode(("Content-Encoding", encoding), body=b"\x1f\x8b\x08\0"), 400)
        for encoding in ("gzip", "br", "deflate")
    },
    **{
        f"accept {accept!r}": Bad(encode(("Accept", accept)), 406)
        for accept in ("text/html", "image/*", "text/event-stream;q=0", "application/jsonp", "nothing")
    },
    **{
        f"protocol version {version!r}": Bad(encode(("MCP-Protocol-Version", version)), 400)
        for version in ("2099-01-01", "1", "latest", "2026-07-28, 2025-11-25", "2026-07-28'", "a" * 1000)
    },
    **{
        f"method header {method!r}": Bad(encode(("Mcp-Method", method)), 400)
        for method in (None, "", "tools/list", "TOOLS/CALL", "tools/call, tools/list", "initialize", "=?base64?dG9v?=")
    },
    **{
        f"name header {name!r}": Bad(encode(("Mcp-Name", name)), 400)
        for name in (
            None,
            "",
            "list_tags",
            "LIST_CLIENTS",
            "list_clients, list_tags",
            "delete_client",
            "../x",
            "%6cist",
        )
    },
    "two method headers": Bad(encode(repeated=[("Mcp-Method", "tools/list")]), 400),
    "two name headers": Bad(encode(repeated=[("Mcp-Name", "list_tags")]), 400),
    "two protocol versions": Bad(encode(repeated=[("MCP-Protocol-Version", "2025-11-25")]), 400),
    **{
        f"method {method!r}": Bad(encode(("Mcp-Method", method), ("Mcp-Name", None), body=_message(method)), 404)
        for method in ("tools/destroy", "rpc.discover", "__init__", "tools", "x" * 1000, "sampling/createMessage")
    },
    **{
        f"restriction {name} of {value!r}": Bad(encode((f"X-Toggl-MCP-{name}", value)), 400)
        for name, values in {
            "Read-Only": ("", "perhaps", "true, false", "TRUE;", "\x1b[31m", "2", "null"),
            "Toolsets": ("everything", "clients;tags", "*", "clients,../tags", "x" * 5000),
            "Workspace": ("0", "-1", "1.0", "1e3", "4102001, 4102002", "9" * 40, "\u00b2", "../", "null", ""),
        }.items()
        for value in values
    },
    **{
        f"two restrictions {name}": Bad(
            encode((f"X-Toggl-MCP-{name}", first), repeated=[(f"x-toggl-mcp-{name}", second)]), 400
        )
        for name, first, second in (
            ("Read-Only", "false", "true"),
            ("Toolsets", "clients", "tags"),
            ("Workspace", "4102001", "4102002"),
        )
    },
}
