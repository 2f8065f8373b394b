"""What is measured while the server runs, by OpenTelemetry; without its SDK in the process, nothing is kept.

No label has a name or an id of anybody: a bucket is told by its kind, a path by its template.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from opentelemetry.metrics import CallbackOptions, Histogram, Observation
    from opentelemetry.metrics import _Gauge as Gauge  # Its public name is this one.

BOUNDARIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60, 120)
"""Seconds that part the buckets of durations: from a cached read to the longest call."""


class _Reads:
    """How many collections were read, by source: counted here, as OpenTelemetry takes longer than a cached read."""

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._lock = Lock()

    def add(self, source: str) -> None:
        """Count a read, in any thread."""
        with self._lock:
            self._counts[source] += 1

    def observe(self, _: "CallbackOptions") -> "Iterable[Observation]":
        """Return the counts."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415 - start-up

        with self._lock:
            return [Observation(count, {"toggl_mcp.source": source}) for source, count in self._counts.items()]


class _Instruments(NamedTuple):
    """One instrument for each thing that is measured."""

    tool_calls: "Histogram"
    requests: "Histogram"
    reads: _Reads
    quota: "Gauge"
    waits: "Histogram"


@cache
def _open_instruments() -> _Instruments:
    from opentelemetry.metrics import get_meter  # noqa: PLC0415 - start-up

    meter, reads = get_meter("toggl_mcp"), _Reads()
    meter.create_observable_counter(
        "toggl_mcp.reads", [reads.observe], "{read}", "Collections that were read, by source."
    )

    def create_histogram(name: str, description: str) -> "Histogram":
        return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=BOUNDARIES)

    return _Instruments(
        create_histogram("toggl_mcp.tool.duration", "Calls of tools, by tool and error.type."),
        create_histogram("toggl_mcp.request.duration", "Requests to Toggl, by method, path and outcome."),
        reads,
        meter.create_gauge("toggl_mcp.quota.remaining", "{request}", "What Toggl last said remains, by bucket."),
        create_histogram("toggl_mcp.queue.duration", "Waits of requests for their slot."),
    )


def record_tool_call(tool: str, error_code: str | None, seconds: float) -> None:
    """Record the call of a tool, and the code of its error, if it failed."""
    labels = {"gen_ai.tool.name": tool} | ({} if error_code is None else {"error.type": error_code})
    _open_instruments().tool_calls.record(seconds, labels)


def record_request(method: str, template: str, outcome: str, seconds: float) -> None:
    """Record a request to Toggl: its outcome is the status, or `lost`, or `not_sent`."""
    status = {"http.response.status_code": int(outcome)} if outcome.isdecimal() else {"error.type": outcome}
    labels = {"http.request.method": method, "url.template": template, **status}
    _open_instruments().requests.record(seconds, labels)


def record_read(source: str) -> None:
    """Record that a collection was read: from the cache, from Toggl, or stale."""
    _open_instruments().reads.add(source)


def record_quota(bucket_name: str, remaining: int) -> None:
    """Record what remains of a bucket, by its kind: user, workspace or organization."""
    _open_instruments().quota.set(remaining, {"toggl_mcp.bucket": bucket_name.partition(":")[0]})


def record_wait(seconds: float) -> None:
    """Record how long a request waited for its slot."""
    _open_instruments().waits.record(seconds)
