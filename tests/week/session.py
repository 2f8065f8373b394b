"""A host that does what a person asks, with the calls counted, and what Toggl has to compare the results with."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from tests.process.server import Process, serve_sandbox
from tests.sandbox.clock import Clock
from tests.sandbox.diary import AUCKLAND, at
from toggl_mcp.sandbox import Sandbox

Row = dict[str, Any]
NOW = at("2025-10-15T16:00")
"""A Wednesday afternoon."""
SECONDS_BETWEEN_CALLS = 10
"""By which Toggl's clock goes on, so that it takes the next requests; the server's stands still."""


class Task(NamedTuple):
    """What a person asks for, the calls that an ideal server needs, and how it is done; the result says if right."""

    request: str
    ideal_calls: int
    perform: Callable[["Session"], bool]


class Session:
    """A connection to a server process, and the rows of its Toggl."""

    def __init__(self, server: Process, sandbox: Sandbox, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self.state = sandbox.state
        self.calls = 0
        self.result_bytes = 0

    def call(self, tool: str, **arguments: object) -> Row:
        """Return the structured content of a tool's result.

        Raises:
            AssertionError: It is an error.
        """
        self.calls += 1
        self._clock.now += SECONDS_BETWEEN_CALLS
        answer = self._server.request("tools/call", {"name": tool, "arguments": arguments})["result"]
        (part,) = answer["content"]
        self.result_bytes += len(part["text"].encode())
        assert not answer["isError"], part["text"]
        return answer["structuredContent"]

    def list_entries(self, first: str, last: str | None = None, **fields: object) -> list[Row]:
        """Return the user's entries that overlap with the days and have these values in their rows."""
        return [
            row
            for row in self.state.entries.values()
            if row["user_id"] == self.state.me["id"]
            and not row["server_deleted_at"]
            and all(row[name] == value for name, value in fields.items())
            and count_seconds(row, first, last or first)
        ]

    def sum_seconds(self, first: str, last: str | None = None, **fields: object) -> int:
        """Return the seconds of those entries within the days."""
        return sum(count_seconds(row, first, last or first) for row in self.list_entries(first, last, **fields))

    def get_project_ids(self, client: str) -> set[int]:
        """Return the ids of the projects of all clients of a name."""
        client_ids = {row["id"] for row in self.state.clients.values() if row["name"] == client}
        return {row["id"] for row in self.state.projects.values() if row["client_id"] in client_ids}

    def get_id(self, kind: str, name: str) -> int:
        """Return the id of the first row of a name."""
        return next(row["id"] for row in getattr(self.state, kind).values() if row["name"] == name)


def count_seconds(row: Row, first: str, last: str) -> int:
    """Return the seconds of an entry within days in Auckland; a timer runs until now."""
    start = datetime.fromisoformat(row["start"]).timestamp()
    end = NOW if row["duration"] < 0 else start + row["duration"]
    opens = at(f"{first}T00:00")
    closes = at(f"{date.fromisoformat(last) + timedelta(days=1)}T00:00")
    return max(0, round(min(end, closes) - max(start, opens)))


def to_local(stamp: str) -> str:
    """Return the time on a clock in Auckland, to the minute."""
    return datetime.fromisoformat(stamp).astimezone(AUCKLAND).strftime("%Y-%m-%dT%H:%M")


def list_days(first: str, last: str) -> Iterator[str]:
    """Yield the days from the first to the last."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day.isoformat()
        day += timedelta(days=1)


@contextmanager
def open_session() -> Generator[Session]:
    """Yield a session with a fresh Toggl, at `NOW`."""
    clock = Clock()
    clock.now = NOW
    sandbox = Sandbox(clock=clock)
    with (
        serve_sandbox(sandbox) as address,
        Process(address, str(NOW), module="tests.week.server") as server,
    ):
        server.initialize()
        yield Session(server, sandbox, clock)
