"""Bodies of responses: read within a bound, so that no response takes all of the memory."""

import zlib

import httpx

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Bytes of the largest body, decoded."""
ACCEPT_ENCODING = {"Accept-Encoding": "gzip"}
"""The header for the one encoding that is decoded here: httpx's decoders have no bound."""


async def read_bounded(response: httpx.Response) -> httpx.Response:
    """Return a streamed response with its body read and decoded, and close the stream.

    Raises:
        DecodingError: The body is longer than the bound, damaged, or in another encoding.
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
        ValueError: It is longer than the bound, cut, or in another encoding than gzip.
    """
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
    body = bytearray()
    if encoding in ("identity", "gzip"):
        async for chunk in response.aiter_raw():
            body += decoder.decompress(chunk, MAX_BODY_BYTES + 1 - len(body)) if decoder else chunk
            if len(body) > MAX_BODY_BYTES:
                break
        else:
            if decoder is None or decoder.eof or not body:
                return bytes(body)
    message = "the body is too long, cut, or in another encoding than gzip"
    raise ValueError(message)
