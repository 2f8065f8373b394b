"""The clients of the first workspace, in memory."""

from tests.endpoints.conftest import connection, in_memory, memory, uncached

__all__ = ["connection", "in_memory", "memory", "uncached"]
