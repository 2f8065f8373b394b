"""Bodies of responses: read within a bound, so that no response takes all of the memory."""

import re
import zlib
from collections import Counter
from itertools import islice
from typing import Any

import httpx
from pydantic_core import from_json

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Bytes of the largest body, decoded."""
MAX_VALUES = 750_000
"""Values in the largest body, of which each takes 50 bytes or more; the account has 30 for each project."""
MAX_OBJECTS = 60_000
"""Objects in the largest body, of which each takes 1,800 bytes or less as a model, and as the texts to cache."""
ACCEPT_ENCODING = {"Accept-Encoding": "gzip"}
"""The header for the one encoding that is decoded here: httpx's decoders have no bound."""
MAX_MARKS = 3 * MAX_VALUES
"""Marks and texts in the largest body: each value has a mark before it, and is two texts at most, its own and a key."""
MAX_ESCAPES = 20_000
"""Escaped characters that are searched for half of one: where there are more, it is more than a row that is odd."""
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_REPLACEMENT = rb"\ufffd"
_TEXT_OR_MARK = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.DOTALL)


class OversizedBody(httpx.DecodingError):
    """A body is larger than what this process takes: it is as large the next time."""


async def read_bounded(response: httpx.Response) -> httpx.Response:
    """Return a streamed response with its body read and decoded, and close the stream.

    Raises:
        OversizedBody: The body is beyond the bounds.
        DecodingError: The body is damaged, or in another encoding.
    """
    headers = httpx.Headers(response.headers)
    encoding = headers.pop("Content-Encoding", "identity").strip().lower()
    headers.pop("Content-Type", None)  # The charset of a page may be any codec of Python's; each body is read as UTF-8.
    try:
        body = await _read_body(response, encoding)
    except (ValueError, zlib.error) as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
    finally:
        await response.aclose()
    if len(body) > MAX_BODY_BYTES or _has_more_values(body):
        message = "the body is beyond the bounds"
        raise OversizedBody(message, request=response.request)
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - the JSON edge
    """Return the value of a body, in which U+FFFD replaces each half of a character (an unpaired surrogate).

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return from_json(body)
    except ValueError:
        half_starts = [match.start() for match in islice(_ESCAPE.finditer(body), MAX_ESCAPES) if match[1]]
        if not half_starts:
            raise
        mended_body = bytearray(body)
        for start in half_starts:
            mended_body[start : start + len(_REPLACEMENT)] = _REPLACEMENT
        return from_json(mended_body)


async def _read_body(response: httpx.Response, encoding: str) -> bytes:
    """Return the decoded body, or its beginning, one byte longer than the bound or more.

    Raises:
        ValueError: It is cut, or in another encoding than gzip.
    """
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    body = bytearray()
    if encoding in ("identity", "gzip"):
        async for chunk in response.aiter_raw():
            body += decoder.decompress(chunk, MAX_BODY_BYTES + 1 - len(body)) if decoder else chunk
            if len(body) > MAX_BODY_BYTES or (decoder and decoder.eof):  # What follows would be kept by the decoder.
                return bytes(body)
        if decoder is None or decoder.eof or not body:
            return bytes(body)
    message = "the body is cut, or in another encoding than gzip"
    raise ValueError(message)


def _has_more_values(body: bytes) -> bool:
    """Tell whether a body has more values or objects than the bounds; what people write in its texts counts as none."""
    if sum(map(body.count, b",[{")) <= MAX_VALUES and body.count(b"{") <= MAX_OBJECTS:
        return False
    matches = islice(_TEXT_OR_MARK.finditer(body), MAX_MARKS + 1)
    counts = Counter(body[match.start()] for match in matches)
    values = counts.total() - counts[ord('"')]  # Each is the first of a list or an object, or follows a comma.
    return counts.total() > MAX_MARKS or values > MAX_VALUES or counts[ord("{")] > MAX_OBJECTS
