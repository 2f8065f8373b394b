"""Fetches a document of another server than Toggl, such as the keys of an issuer."""

from http import HTTPStatus

import anyio
import anyio.to_thread
import httpx

from toggl_mcp.api.connection import connect
from toggl_mcp.errors import Unreachable


async def fetch(url: str, *, max_bytes: int, seconds: float) -> bytes:
    """Return the content of an https address, or of one on this machine; a redirect is not followed.

    Raises:
        InvalidConnection: The address is no such, or the environment's proxy or certificates cannot be used.
        Unreachable: Within so many seconds no content came, or more than `max_bytes`.
    """
    try:
        with anyio.fail_after(seconds):
            # In a thread: a new client reads all certificates of the machine, and every caller would wait for that.
            async with (
                await anyio.to_thread.run_sync(connect, url) as client,
                client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
            ):
                if response.status_code != HTTPStatus.OK:
                    message = f"{url} was answered with status {response.status_code}. Correct the address."
                    raise Unreachable(message)
                content = bytearray()
                async for part in response.aiter_raw():
                    content += part
                    if len(content) > max_bytes:
                        message = f"{url} has more than {max_bytes} bytes. Correct the address."
                        raise Unreachable(message)
                return bytes(content)
    except (TimeoutError, httpx.HTTPError) as error:
        message = f"{url} did not answer ({type(error).__name__}). Try again later."
        raise Unreachable(message) from error
