"""Bodies of responses: read within a bound, so that no response takes all of the memory."""

import zlib

import httpx

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Bytes of the largest body, decoded."""
MAX_VALUES = 1_500_000
"""Values in the largest body, of which each takes 50 bytes or more; a hundred thousand clients have a million."""
ACCEPT_ENCODING = {"Accept-Encoding": "gzip"}
"""The header for the one encoding that is decoded here: httpx's decoders have no bound."""


async def read_bounded(response: httpx.Response) -> httpx.Response:
    """Return a streamed response with its body read and decoded, and close the stream.

    Raises:
        DecodingError: The body is longer than the bounds, damaged, or in another encoding.
    """
    headers = httpx.Headers(response.headers)
    encoding = headers.pop("Content-Encoding", "identity").strip().lower()
    try:
        body = await _read_body(response, encoding)
    except (ValueError, zlib.error) as error:
        raise httpx.DecodingError(str(error), request=response.request) from error
    finally:
        await response.aclose()
    return httpx.Response(response.status_code, headers=headers, content=body, request=response.request)


async def _read_body(response: httpx.Response, encoding: str) -> bytes:
    """Return the decoded body.

    Raises:
        ValueError: It is longer than the bounds, cut, or in another encoding than gzip.
    """
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    body = bytearray()
    if encoding in ("identity", "gzip"):
        async for chunk in response.aiter_raw():
            body += decoder.decompress(chunk, MAX_BODY_BYTES + 1 - len(body)) if decoder else chunk
            if len(body) > MAX_BODY_BYTES:
                break
        else:
            if (decoder is None or decoder.eof or not body) and _count_values(body) <= MAX_VALUES:
                return bytes(body)
    message = "the body is too long, cut, or in another encoding than gzip"
    raise ValueError(message)


def _count_values(body: bytearray) -> int:
    """Return a bound on the values in JSON: each is the first of a list or an object, or follows a comma."""
    return sum(body.count(mark) for mark in b",[{")
