"""What bad requests are sent to, and what is required of it each time."""

import os
from pathlib import Path

from tests.http.raw import HttpServer, Response
from toggl_mcp.sandbox import TOKEN, Sandbox

MAX_GROWTH_BYTES = 32 << 20
"""Bytes by which the memory of a server may grow over all bad requests."""


class Target:
    """A server that has answered once, the Toggl that it calls, and a good request, which reaches Toggl."""

    def __init__(self, server: HttpServer, sandbox: Sandbox, request: bytes) -> None:
        self.server = server
        self.sandbox = sandbox
        self._request = request
        self.require_answer()
        self._resident_bytes = server.resident_bytes

    def require_answer(self) -> None:
        """Require that the good request is answered."""
        calls = len(self.sandbox.calls)
        assert self.server.send(self._request).status == 200
        assert len(self.sandbox.calls) > calls

    def require_silence(self, response: Response, *secrets: str) -> None:
        """Require that neither the response nor the log has a secret, a stack trace or a path of the machine."""
        for text in (response.content.decode("latin-1"), self.server.log):
            for word in (TOKEN, "Traceback", os.fspath(Path.cwd()), "site-packages", *secrets):
                assert word not in text

    def require_bounded_memory(self) -> None:
        """Require that the server has hardly more memory than after its first answer."""
        assert self.server.resident_bytes < self._resident_bytes + MAX_GROWTH_BYTES
